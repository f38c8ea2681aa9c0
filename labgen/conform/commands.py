"""The command line of each relay for each set-up, and the files that it reads."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from labgen.conform.stage import INTERFACES, LOOPBACK, SERVERS, RelayStage
from labgen.conform.vector import Setup

VLANS = ("vlan1", "vlan2")
NETWORKD = "/lib/systemd/systemd-networkd"
_SERVERS = tuple(SERVERS.values())
_LOCALS = (INTERFACES["client1"], INTERFACES["client2"])

_LABGEN_KEYS: Mapping[Setup, str] = MappingProxyType(
    {
        Setup.LOOPBACK: f"giaddr: {LOOPBACK}, ",
        Setup.TENANTS: f"giaddr: {LOOPBACK}, ",
        Setup.TRUSTED: "trusted: true, ",
        Setup.APPEND: "relayed: append, ",
        Setup.REPLACE: "relayed: replace, ",
        Setup.DISCARD: "relayed: discard, ",
        Setup.OVERRIDE: "options: [circuit-id, flags, server-id-override], ",
        Setup.IDENTITY: 'subscriber_id: customer-7, sub_options: {9: "0x0000118b0401020304", '
        '12: "0x0003000102000000aaaa", 13: "0x02"}, ',
    }
)
"""Keys of every client interface."""


def labgen_relay(setup: Setup, folder: Path, stage: RelayStage) -> list[str]:
    """The command line of labgen-relay for a setup; writes its configuration into the folder."""
    servers = ", ".join(f"{{address: {address}}}" for address in _SERVERS)
    keys = _LABGEN_KEYS.get(setup, "")
    lines = ["name: relay", f"log: {folder}/relay.log"]
    if setup is Setup.RELAY_PORT:
        lines.append("relay_port: 1067")
    if setup is Setup.TENANTS:
        lines.append(f"vrfs: {{blue: {{netns: {stage.path('blue')}}}}}")
    lines.append("interfaces:")
    lines += [f"  - {{name: {vlan}, {keys}servers: [{servers}]}}" for vlan in VLANS]
    if setup is Setup.TENANTS:
        lines.append(f"  - {{name: vlan1, vrf: blue, {keys}servers: [{servers}]}}")
    path = folder / "relay.yml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [sys.executable, "-c", "from labgen.relay.main import main; main()", "run", "-c", str(path)]


_DHCRELAY_MODES: Mapping[Setup, str] = MappingProxyType(
    {
        Setup.INTERFACE: "forward",
        Setup.LOOPBACK: "forward",
        Setup.APPEND: "append",
        Setup.REPLACE: "replace",
        Setup.DISCARD: "discard",
    }
)


def dhcrelay(setup: Setup, folder: Path, _: RelayStage) -> list[str] | None:
    """Its best options for these vectors.

    17: it drops what reaches the limit, RFC 1542 what exceeds it. forward: option 82 of another relay stays. -U takes the uplink's
    address as giaddr of all.
    """
    mode = _DHCRELAY_MODES.get(setup)
    if mode is None:
        return None
    down = [word for vlan in VLANS for word in ("-id", vlan)]
    up = ["-iu", "u0", *(["-U", "u0"] if setup is Setup.LOOPBACK else [])]
    return [
        "dhcrelay", "-4", "-d", "-a", "-c", "17", "-m", mode, "-pf", str(folder / "pid"), *down, *up, *_SERVERS
    ]  # fmt: skip


def dnsmasq(setup: Setup, folder: Path, _: RelayStage) -> list[str] | None:
    """The command line of dnsmasq as a relay; None for a setup that it cannot be told."""
    return _dnsmasq(folder, "--dhcp-relay") if setup is Setup.INTERFACE else None


def dnsmasq_split(setup: Setup, folder: Path, _: RelayStage) -> list[str] | None:
    """--dhcp-split-relay takes the address of the uplink as giaddr of all."""
    if setup is Setup.LOOPBACK:
        return _dnsmasq(folder, "--dhcp-split-relay", ",u0")
    return _dnsmasq(folder, "--dhcp-relay") if setup is Setup.INTERFACE else None


def _dnsmasq(folder: Path, option: str, uplink: str = "") -> list[str]:
    files = ["--conf-file=/dev/null", f"--pid-file={folder}/pid", f"--dhcp-leasefile={folder}/leases"]
    relays = [f"{option}={local},{server}{uplink}" for local in _LOCALS for server in _SERVERS]
    return ["dnsmasq", "-k", "-p0", "--user=root", *files, *relays]


def dhcp_helper(setup: Setup, folder: Path, _: RelayStage) -> list[str] | None:
    """The command line of dhcp-helper; None for a setup that it cannot be told."""
    if setup is not Setup.INTERFACE:
        return None
    interfaces = [word for vlan in VLANS for word in ("-i", vlan)]
    servers = [word for address in _SERVERS for word in ("-s", address)]
    return ["dhcp-helper", "-n", "-u", "root", "-r", str(folder / "pid"), *interfaces, *servers]


_NETWORK = """\
[Match]
Name={vlan}
[Network]
Address={address}/24
DHCPServer=yes
LinkLocalAddressing=no
[DHCPServer]
RelayTarget={server}
RelayAgentCircuitId=string:{vlan}
"""
_NETWORKD_START = """\
mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/network /run/systemd/netif/links /run/systemd/netif/leases &&
chown -R systemd-network /run/systemd/netif && cp "$1"/*.network /run/systemd/network &&
mount -t tmpfs tmpfs /etc/systemd && mount -t sysfs -o ro sysfs /sys && exec "$2"
"""
"""In a mount namespace of its own: nothing of this machine's configuration, bus or udev is seen or touched."""


def networkd(setup: Setup, folder: Path, _: RelayStage) -> list[str] | None:
    """The command line of systemd-networkd as a relay; writes its network files; None for a setup that it cannot be told."""
    if setup is not Setup.INTERFACE:
        return None
    for vlan, address in zip(VLANS, _LOCALS, strict=True):
        text = _NETWORK.format(vlan=vlan, address=address, server=_SERVERS[0])
        (folder / f"{vlan}.network").write_text(text, encoding="utf-8")
    own = ["unshare", "--mount", "--propagation", "private"]
    return [*own, "sh", "-c", _NETWORKD_START, "sh", str(folder), NETWORKD]
