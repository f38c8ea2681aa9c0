"""Tables of SR OS, as its MD-CLI prints them in releases 20 to 25.

Layouts: ntc-templates' samples of `show router interface` and `show router bgp summary family`; Nokia's Layer 2
Services and EVPN configuration guide (`vxlan destinations`, `fdb detail`); the Triple Play guide and published
sessions for DHCP; a published session of `show router interface detail`, without an R-VPLS: that its interface shows
its MAC address in the same place is unverified.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from labgen.devices.answers import network
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
from labgen.dhcp.model import Binding, MessageRole
from labgen.ground.labplan import NodePlan

_IP = r"\d+\.\d+\.\d+\.\d+"
_MAC = r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}"
_INTERFACE = re.compile(r"(\S.*?)\s+(?:Up|Down)\s+(?:Up|Down)/(?:Up|Down)\s")
_ADDRESS = re.compile(rf"\s+({_IP}/\d+)\s")
_HEAD = re.compile(r"^Interface Table", re.MULTILINE)
_NAME = re.compile(r"If Name\s+: (\S.*?)\s*$")
_HARDWARE = re.compile(rf"MAC Address\s+: ({MAC})\b")
_ROUTE = re.compile(rf"({_IP}/\d+)(?:\s*\[\S*\])?\s+(?:Remote|Local|Blackhole|Aggr)\b")
_NEIGHBOR = re.compile(rf"(\S+)\s+({_IP})\s+(\w+)\s+\d+\s+\d+\s+\d+\s*$")
_PEER = re.compile(rf"({_IP})\s*$")
_SESSION = re.compile(r"\s+\d+\*?\s+\d+\*?\s+\d+\*?\s+\d+\*?\s+\d+\*?\s+\S+\s+(\S+)\s*$")
_VTEP = re.compile(rf"({_IP})\s+(\d+)\s+(Up|Down)\s")
_FDB = re.compile(rf"\d+\s+({_MAC})\s+(\S+)\s+(\S+)")
_TUNNEL = re.compile(rf"\s*(?:vxlan(?:-\d+)?:)?({_IP}):(\d+)\b")
_LEASE = re.compile(rf"({_IP})\s+(\w[\w-]*)\s+({_MAC})\s")
_COUNTER = re.compile(r"\s*([A-Z][\w ]*?)\s*:\s*(\d+)\s*$")
_SERVER = re.compile(r"(?:Router|Service): \S+\s+(\S+)\s+(inService|outOfService)")
_SUMMARY = re.compile(r"(\S+)\s+(?:Yes|No)\s.*\s(Up|Down)\s*$")


def addresses(node: NodePlan, raw: Raw, vrf: str) -> Iterator[InterfaceAddress]:
    """`show router interface`: addresses stand under their interface."""
    port = ""
    for line in raw.text.splitlines():
        if start := _INTERFACE.match(line):
            port = start[1]
        elif (found := _ADDRESS.match(line)) and port:
            yield InterfaceAddress(node.name, port, vrf, found[1], raw.file)


def hardware(node: NodePlan, raw: Raw) -> Iterator[HardwareAddress]:
    """`show router interface detail`: interfaces of routers. Ports that only bridge have none there, and send nothing."""
    return listed(node, raw, head=_HEAD, port=_NAME, mac=_HARDWARE)


def routes(node: NodePlan, raw: Raw, vrf: str) -> Iterator[Route]:
    """`show router route-table`."""
    for match in filter(None, map(_ROUTE.match, raw.text.splitlines())):
        yield Route(node.name, vrf, network(match[1]), raw.file)


def neighbors(node: NodePlan, raw: Raw) -> Iterator[OspfNeighbor]:
    """`show router ospf neighbor`."""
    for match in filter(None, map(_NEIGHBOR.match, raw.text.splitlines())):
        yield OspfNeighbor(node.name, match[2], match[1], match[3].lower(), raw.file)


def sessions(node: NodePlan, raw: Raw) -> Iterator[EvpnSession]:
    """`show router bgp summary family evpn`: numbers of routes stand where a state does until it is up."""
    peer = ""
    for line in raw.text.splitlines():
        if start := _PEER.match(line):
            peer = start[1]
        elif (found := _SESSION.match(line)) and peer:
            up = found[1][0].isdecimal()
            yield EvpnSession(node.name, peer, "established" if up else found[1].lower(), raw.file)
            peer = ""


def vnis(node: NodePlan, raw: Raw, svi: str, vrf: str) -> Iterator[Vni]:
    """`show service id X vxlan destinations`: the VNI shows only where there is a remote VTEP."""
    found: dict[int, list[str]] = {}
    for match in filter(None, map(_VTEP.match, raw.text.splitlines())):
        found.setdefault(int(match[2]), []).extend([match[1]] if match[3] == "Up" else [])
    for vni, vteps in found.items():
        yield Vni(node.name, vni, "l2", vrf, svi, tuple(vteps), raw.file)


def macs(node: NodePlan, raw: Raw) -> Iterator[EvpnMac]:
    """`show service id X fdb detail`: a VXLAN tunnel's end is on the line after its MAC, or behind it."""
    waiting = ""
    for line in raw.text.splitlines():
        if row := _FDB.match(line):
            waiting = row[1] if row[2].startswith("vxlan") else ""
            tunnel = _TUNNEL.match(row[2])
        else:
            tunnel = _TUNNEL.match(line)
        if tunnel and waiting:
            yield EvpnMac(node.name, int(tunnel[2]), waiting, tunnel[1], raw.file)
            waiting = ""


def leases(node: NodePlan, raw: Raw) -> Iterator[Binding]:
    """`show router dhcp local-dhcp-server X leases`. A lease in use is `stable` there."""
    for number, line in enumerate(raw.text.splitlines(), 1):
        if found := _LEASE.match(line):
            state = found[2].lower()
            yield Binding(
                address=found[1],
                node=node.name,
                mac=found[3],
                state="active" if state == "stable" else state,
                file=raw.file,
                line=number,
                text=line,
            )


def lease(node: NodePlan, raw: Raw) -> Iterator[Binding]:
    """A client's address, from `show router interface`; unverified that one from DHCP is listed there."""
    assert node.client is not None
    port = node.client.interface
    for found in addresses(node, raw, ""):
        if found.interface == port:
            yield Binding(
                address=found.address.partition("/")[0],
                node=node.name,
                mac=node.interface(port).mac,
                state="bound",
                interface=port,
                role=MessageRole.CLIENT,
                file=raw.file,
            )


def servers(node: NodePlan, raw: Raw, name: str) -> Iterator[DaemonState]:
    """`show router dhcp servers`."""
    for found in _SERVER.finditer(raw.text):
        if found[1] == name:
            yield DaemonState(node.name, "server", found[2] == "inService", raw.file)


def relays(node: NodePlan, raw: Raw) -> Iterator[DaemonState]:
    """`show router dhcp summary`: the relay's administrative state on each interface."""
    own = {relay.interface for relay in node.relays}
    for found in filter(None, map(_SUMMARY.match, raw.text.splitlines())):
        if found[1] in own:
            yield DaemonState(node.name, "relay", found[2] == "Up", raw.file)


def counters(node: NodePlan, raw: Raw, vrf: str) -> Iterator[RelayCounter]:
    """`show router dhcp statistics`."""
    for found in filter(None, map(_COUNTER.match, raw.text.splitlines())):
        yield RelayCounter(node.name, f"{vrf} {found[1]}", int(found[2]), raw.file)
