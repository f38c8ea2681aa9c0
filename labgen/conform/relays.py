"""The relays that vectors are run against: what each is, what it lacks by design, and whether it can be run here."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from labgen import __version__
from labgen.conform import commands
from labgen.conform.stage import LOOPBACK, SERVERS, UPLINK, RelayStage
from labgen.conform.vector import Feature, Setup
from labgen.ground import processes


@dataclass(frozen=True, slots=True)
class TriedRelay:
    """One relay program.

    `command` gives its command line for a set-up, with files of its own in a folder; None where it knows no such set-up. `lacks` is
    what its documentation does not offer. `version` gives the words of its version. `shared` is the giaddr that several interfaces
    share where it has such a thing, `servers` are those that it can be told of.
    """

    name: str
    program: str
    package: str
    command: Callable[[Setup, Path, RelayStage], list[str] | None]
    version: Callable[[], str]
    lacks: frozenset[Feature] = frozenset()
    lacks_at: Mapping[Setup, frozenset[Feature]] = field(default_factory=dict)
    """What it lacks further in some set-ups."""
    option: str = ""
    """An option of the command line that a version has to know."""
    shared: str = LOOPBACK
    servers: tuple[str, ...] = tuple(SERVERS)

    def missing(self) -> str | None:
        """The reason why it cannot be run here, and what would help; None when it can."""
        if not self.package:
            return None
        if processes.program(self.program) is None:
            return f"{self.program} is not installed: apt-get install {self.package}"
        if self.option and self.option not in _said([self.program, "--help"]):
            return f"this {self.program} does not know {self.option}: {self.version()}"
        return None


def environment() -> dict[str, str]:
    """For commands that run relays."""
    return {**os.environ, "PATH": processes.search_path()}


def _said(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    return done.stdout + done.stderr


def _first_line(command: list[str]) -> str:
    return (_said(command).splitlines() or [""])[0].split("  ")[0]


def _debian_version(package: str) -> str:
    text = _said(["dpkg-query", "-W", "-f", "${Version}", package])
    return f"{package} {text.strip()}"


_RARE = frozenset(
    {
        Feature.FLAGS,
        Feature.VRF,
        Feature.TRUST,
        Feature.RELAY_PORT,
        Feature.OVERRIDE,
        Feature.IDENTITY,
        Feature.DSCP,
        Feature.REPLY_SOURCE,
    }
)
"""What most relays do not offer."""
_SHARING = frozenset({Feature.LOOPBACK_GIADDR, Feature.LINK_SELECTION})
_NO_OPTION82 = frozenset({Feature.OPTION82, Feature.RELAYED_MODES})

_ALL = (
    TriedRelay(
        "labgen-relay", "labgen-relay", "", commands.labgen_relay, lambda: f"labgen-relay {__version__}"
    ),
    TriedRelay(
        "dhcrelay",
        "dhcrelay",
        "isc-dhcp-relay",
        commands.dhcrelay,
        lambda: _said(["dhcrelay", "--version"]).strip(),
        _RARE,
        shared=UPLINK,
    ),
    TriedRelay(
        "dnsmasq",
        "dnsmasq",
        "dnsmasq-base",
        commands.dnsmasq,
        lambda: _first_line(["dnsmasq", "--version"]),
        _RARE | _SHARING | _NO_OPTION82,
    ),
    TriedRelay(
        "dnsmasq-split",
        "dnsmasq",
        "dnsmasq-base",
        commands.dnsmasq_split,
        lambda: _first_line(["dnsmasq", "--version"]),
        _RARE | {Feature.RELAYED_MODES},
        MappingProxyType({Setup.INTERFACE: frozenset({Feature.OPTION82})}),
        "--dhcp-split-relay",
        UPLINK,
    ),
    TriedRelay(
        "dhcp-helper",
        "dhcp-helper",
        "dhcp-helper",
        commands.dhcp_helper,
        lambda: _debian_version("dhcp-helper"),
        _RARE | _SHARING | _NO_OPTION82,
    ),
    TriedRelay(
        "networkd",
        commands.NETWORKD,
        "systemd",
        commands.networkd,
        lambda: " ".join(_first_line([commands.NETWORKD, "--version"]).split()[:2]),
        _RARE | _SHARING | {Feature.RELAYED_MODES, Feature.SEVERAL_SERVERS},
        servers=("server",),
    ),
)

RELAYS: Mapping[str, TriedRelay] = MappingProxyType({relay.name: relay for relay in _ALL})
"""Every relay by its name on the command line."""
