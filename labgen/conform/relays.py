"""The relays that vectors are run against: how each is started, and what it lacks by design."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from labgen import __version__
from labgen.conform.stage import LOOPBACK, SERVERS, Stage
from labgen.conform.vector import Feature, Setup

ServerNames = tuple(SERVERS.values())


@dataclass(frozen=True, slots=True)
class Relay:
    """One relay program.

    `command` gives its command line for a set-up, with files of its own in a folder; None where it knows no such set-up. `lacks` is
    what its documentation does not offer. `version` gives the words of its version.
    """

    name: str
    program: str
    package: str
    command: Callable[[Setup, Path, Stage], list[str] | None]
    version: Callable[[], str]
    lacks: frozenset[Feature] = frozenset()
    option: str = ""
    """An option of the command line that a version has to know."""

    def missing(self) -> str | None:
        """Why it cannot be run here, and what would help; None when it can."""
        if self.name == "labgen-relay":
            return None
        if shutil.which(self.program) is None:
            return f"{self.program} is not installed: apt-get install {self.package}"
        if self.option and self.option not in _said([self.program, "--help"]):
            return f"this {self.program} does not know {self.option}: {self.version()}"
        return None


def _said(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


_VLANS = ("vlan1", "vlan2")


def _labgen(setup: Setup, folder: Path, stage: Stage) -> list[str]:
    servers = ", ".join(f"{{address: {address}}}" for address in ServerNames)
    giaddr = f"giaddr: {LOOPBACK}, " if setup is not Setup.INTERFACE else ""
    lines = ["name: relay", f"log: {folder}/relay.log", "interfaces:"]
    lines += [f"  - {{name: {vlan}, {giaddr}servers: [{servers}]}}" for vlan in _VLANS]
    if setup is Setup.TENANTS:
        lines.insert(2, f"vrfs: {{blue: {{netns: {stage.path('blue')}}}}}")
        lines.append(f"  - {{name: vlan1, vrf: blue, {giaddr}servers: [{servers}]}}")
    path = folder / "relay.yml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [sys.executable, "-c", "from labgen.relay.main import main; main()", "run", "-c", str(path)]


def _dhcrelay(setup: Setup, folder: Path, stage: Stage) -> list[str] | None:
    if setup is not Setup.INTERFACE:
        return None
    down = [word for vlan in _VLANS for word in ("-id", vlan)]
    # 17: it drops what reaches the limit, RFC 1542 what exceeds it. forward: option 82 of another relay stays.
    modes = ["-4", "-d", "-a", "-c", "17", "-m", "forward", "-pf", str(folder / "pid")]
    return ["dhcrelay", *modes, *down, "-iu", "u0", *ServerNames]


def _dnsmasq(setup: Setup, folder: Path, stage: Stage, *more: str) -> list[str] | None:
    if setup is not Setup.INTERFACE:
        return None
    files = ["--conf-file=/dev/null", f"--pid-file={folder}/pid", f"--dhcp-leasefile={folder}/leases"]
    relays = [
        f"--dhcp-relay={local},{server}" for local in ("172.16.1.1", "172.16.2.1") for server in ServerNames
    ]
    return ["dnsmasq", "-k", "-p0", "--user=root", *files, *relays, *more]


def _dnsmasq_split(setup: Setup, folder: Path, stage: Stage) -> list[str] | None:
    if setup is not Setup.LOOPBACK:
        return _dnsmasq(setup, folder, stage)
    files = ["--conf-file=/dev/null", f"--pid-file={folder}/pid", f"--dhcp-leasefile={folder}/leases"]
    relays = [
        f"--dhcp-split-relay={local},{server},u0"
        for local in ("172.16.1.1", "172.16.2.1")
        for server in ServerNames
    ]
    return ["dnsmasq", "-k", "-p0", "--user=root", *files, *relays]


def _dhcp_helper(setup: Setup, folder: Path, stage: Stage) -> list[str] | None:
    if setup is not Setup.INTERFACE:
        return None
    interfaces = [word for vlan in _VLANS for word in ("-i", vlan)]
    servers = [word for address in ServerNames for word in ("-s", address)]
    return ["dhcp-helper", "-n", "-u", "root", "-r", str(folder / "pid"), *interfaces, *servers]


def _labgen_version() -> str:
    return f"labgen-relay {__version__}"


def _debian_version(package: str) -> str:
    text = _said(["dpkg-query", "-W", "-f", "${Version}", package])
    return f"{package} {text.strip()}"


_PLAIN = frozenset(
    {Feature.LOOPBACK_GIADDR, Feature.LINK_SELECTION, Feature.FLAGS, Feature.VRF, Feature.TRUST}
)

_ALL = (
    Relay("labgen-relay", "labgen-relay", "", _labgen, _labgen_version),
    Relay(
        "dhcrelay",
        "dhcrelay",
        "isc-dhcp-relay",
        _dhcrelay,
        lambda: _said(["dhcrelay", "--version"]).strip(),
        _PLAIN | {Feature.REPLY_SOURCE},
    ),
    Relay(
        "dnsmasq",
        "dnsmasq",
        "dnsmasq-base",
        _dnsmasq,
        lambda: _said(["dnsmasq", "--version"]).splitlines()[0].split("  ")[0],
        _PLAIN | {Feature.OPTION82, Feature.REPLY_SOURCE},
    ),
    Relay(
        "dnsmasq-split",
        "dnsmasq",
        "dnsmasq-base",
        _dnsmasq_split,
        lambda: _said(["dnsmasq", "--version"]).splitlines()[0].split("  ")[0],
        frozenset({Feature.FLAGS, Feature.VRF, Feature.TRUST, Feature.REPLY_SOURCE}),
        "--dhcp-split-relay",
    ),
    Relay(
        "dhcp-helper",
        "dhcp-helper",
        "dhcp-helper",
        _dhcp_helper,
        lambda: _debian_version("dhcp-helper"),
        _PLAIN | {Feature.OPTION82, Feature.REPLY_SOURCE},
    ),
)

RELAYS: Mapping[str, Relay] = MappingProxyType({relay.name: relay for relay in _ALL})
"""Every relay by its name on the command line."""
