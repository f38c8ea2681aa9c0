"""Tables of Aruba AOS-CX.

Interfaces, routes in both forms, the BGP summary and OSPF neighbors as recordings of switches show them; VXLAN and EVPN as the
AOS-CX 10.06 VXLAN EVPN Guide prints them; DHCP relay as documented for OpenSwitch and AOS-CX 10.01. Nothing was read from a switch
by labgen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_interface, ip_network

from labgen.devices.hardware import MAC, listed
from labgen.devices.observed import (
    DaemonState,
    EvpnMac,
    EvpnSession,
    HardwareAddress,
    InterfaceAddress,
    OspfNeighbor,
    Raw,
    RelayCounter,
    Route,
    Vni,
)
from labgen.devices.tables import lines, rows
from labgen.ground.labplan import NodePlan
from labgen.ground.vocabulary import DEFAULT_VRF

_PORT = re.compile(r"^Interface (\S+) is (?:up|down)\b", re.MULTILINE)
_HARDWARE = re.compile(rf"\s*Hardware: .*MAC Address: ({MAC})\b")
_NEIGHBORS = re.compile(r"Total Number of Neighbors|Neighbor ID|^No OSPF", re.MULTILINE)
_NEIGHBOR = re.compile(
    r"\s*(?P<id>\d+\.\d+\.\d+\.\d+)\s+(?:\d+|n/a)\s+(?P<state>[\w-]+)\S*\s+\d[\d.]+\s+(?P<port>\S+)\s*$"
)
_SUMMARY = re.compile(r"BGP Summary|Address-family")
_FAMILY = re.compile(r"\s*Address-family\s*:\s*(.+?)\s*$")
_PEER = re.compile(r"\s*(?P<peer>\d+\.\d+\.\d+\.\d+)\s+\d+\s+\d+\s+\d+\s+\S+\s+(?P<state>\w+)\s+\w+\s*$")
_ROUTES = re.compile(r"ipv4 routes")
_VRF = re.compile(r"VRF\s*:\s*(\S+)")
_PREFIX = re.compile(r"(\d[\d.]+/\d+),\s+vrf\s+(\S+)")
_VIA = re.compile(r"\s+via\s+([^,\s]+),\s+\[\d+/\d+\],\s+(\w+)")
_ROW = re.compile(r"(\d[\d.]+/\d+)\s+\S+\s+(\S+)\s+\S+\s+([A-Z])(?:/\S+)?\s+\[\d+/\d+\]")
_VNIS = re.compile(r"^VNI\s+Routing", re.MULTILINE)
_VNI = re.compile(r"(?P<vni>\d+)\s+(?P<routing>\w+)\s+(?P<vlan>\S+)\s+(?P<vrf>\S+)\s+(?P<vtep>\S+)\s+\w+\s*$")
_MACS = re.compile(r"^EVI\s+MAC", re.MULTILINE)
_MAC = re.compile(
    r"(?P<vni>\d+)\s+(?P<mac>[0-9a-f:]{17})\s+(?:\d[\d.]+\s+|[0-9a-f]*:\S+\s+)?(?:vxlan\d*\((?P<vtep>[\d.]+)\)\s+)?\d+\s+[LR]",
    re.IGNORECASE,
)
_AGENT = re.compile(r"\s*DHCP Relay Agent\s*:\s*(\w+)", re.MULTILINE)
_STATISTICS = re.compile(r"\s*DHCP Relay (Option 82 )?Statistics\s*:")
_NUMBERS = re.compile(r"\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*$")
_COUNTED = ("valid requests", "dropped requests", "valid responses", "dropped responses")


@dataclass(frozen=True, slots=True)
class RouteEntry:
    """A line of the routing tables. `kind` is how the route came, as its first letter: `C` connected, `L` local."""

    vrf: str
    prefix: str
    interface: str
    kind: str


def hardware(node: NodePlan, raw: Raw) -> Iterator[HardwareAddress]:
    """`show interface`: routed ports and VLAN interfaces have the switch's one address, switched ports their own."""
    return listed(node, raw, head=_PORT, port=_PORT, mac=_HARDWARE)


def neighbors(node: NodePlan, raw: Raw) -> Iterator[OspfNeighbor]:
    """`show ip ospf neighbors`."""
    for row in rows(raw, _NEIGHBORS, _NEIGHBOR):
        yield OspfNeighbor(node.name, row["id"], row["port"], row["state"].lower(), raw.file)


def sessions(node: NodePlan, raw: Raw) -> Iterator[EvpnSession]:
    """`show bgp l2vpn evpn summary`; peers of other address families are left out."""
    family = "L2VPN EVPN"
    for line in lines(raw, _SUMMARY):
        heading, peer = _FAMILY.match(line), _PEER.match(line)
        if heading:
            family = heading[1].upper()
        elif peer and family == "L2VPN EVPN":
            yield EvpnSession(node.name, peer["peer"], peer["state"].lower(), raw.file)


def entries(node: NodePlan, raw: Raw) -> Iterator[RouteEntry]:
    """`show ip route all-vrfs`, as a table (since 10.07 or so) and as a list."""
    prefix, vrf = "", DEFAULT_VRF
    for line in lines(raw, _ROUTES):
        if found := _VRF.match(line):
            vrf = found[1]
        elif found := _PREFIX.match(line):
            prefix, vrf = found[1], found[2]
        elif found := _VIA.match(line):
            yield RouteEntry(vrf, prefix, found[1], found[2][:1].upper())
        elif found := _ROW.match(line):
            yield RouteEntry(vrf, found[1], found[2], found[3])


def routes(node: NodePlan, table: Sequence[RouteEntry], file: str) -> Iterator[Route]:
    """Every prefix once."""
    for vrf, prefix in dict.fromkeys((entry.vrf, entry.prefix) for entry in table):
        yield Route(node.name, vrf, prefix, file)


def addresses(node: NodePlan, table: Sequence[RouteEntry], file: str) -> Iterator[InterfaceAddress]:
    """Addresses of interfaces: local routes, with the length of the connected one they are in."""
    for own in table:
        if own.kind == "L":
            address = ip_interface(own.prefix).ip
            around = [
                ip_network(entry.prefix, strict=False)
                for entry in table
                if (entry.kind, entry.vrf, entry.interface) == ("C", own.vrf, own.interface)
            ]
            length = next((network.prefixlen for network in around if address in network), 32)
            yield InterfaceAddress(node.name, own.interface, own.vrf, f"{address}/{length}", file)


def vnis(node: NodePlan, raw: Raw, known: Sequence[InterfaceAddress]) -> Iterator[Vni]:
    """`show interface vxlan1`: one row per VNI and remote end. The VRF of a VLAN is its interface's."""
    vrfs = {address.interface: address.vrf for address in known}
    ends: dict[int, list[str]] = {}
    first: dict[int, re.Match[str]] = {}
    for row in rows(raw, _VNIS, _VNI):
        number = int(row["vni"])
        first.setdefault(number, row)
        ends.setdefault(number, []).extend([] if row["vtep"] == "--" else [row["vtep"]])
    for number, row in first.items():
        routed = row["routing"] == "enabled"
        svi = None if row["vlan"] == "--" else f"vlan{row['vlan']}"
        vrf = row["vrf"] if row["vrf"] != "--" else vrfs.get(svi or "", DEFAULT_VRF)
        kind = "l3" if routed else "l2"
        yield Vni(node.name, number, kind, vrf, svi, tuple(ends[number]), raw.file)


def macs(node: NodePlan, raw: Raw) -> Iterator[EvpnMac]:
    """`show evpn mac-ip`: a MAC has a row for itself and one per address."""
    seen: dict[tuple[int, str], str | None] = {}
    for row in rows(raw, _MACS, _MAC):
        seen.setdefault((int(row["vni"]), row["mac"].lower()), row["vtep"])
    for (vni, mac), vtep in seen.items():
        yield EvpnMac(node.name, vni, mac, vtep, raw.file)


def agent(node: NodePlan, raw: Raw) -> Iterator[DaemonState]:
    """`show dhcp-relay`: whether the relay agent is enabled."""
    for line in filter(None, map(_AGENT.match, lines(raw, _AGENT))):
        yield DaemonState(node.name, "relay", line[1].lower() == "enabled", raw.file)


def counters(node: NodePlan, raw: Raw) -> Iterator[RelayCounter]:
    """`show dhcp-relay`: all packets, and those with option 82 on their own."""
    suffix = ""
    for line in lines(raw, _AGENT):
        heading, numbers = _STATISTICS.match(line), _NUMBERS.match(line)
        if heading:
            suffix = " with option 82" if heading[1] else ""
        elif numbers:
            for name, value in zip(_COUNTED, numbers.groups(), strict=True):
                yield RelayCounter(node.name, f"{name}{suffix}", int(value), raw.file)
