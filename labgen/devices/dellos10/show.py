"""Tables of Dell SmartFabric OS10.

BGP summary, routes, remote VTEPs and MAC addresses as recordings of switches show them (10.5); OSPF neighbors from the user guide's
columns, unverified. `show interface` as recordings show it for ports; that it lists virtual networks in the same form, with their
address, is unverified. Nothing was read from a switch by labgen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from labgen.devices.hardware import MAC, listed
from labgen.devices.observed import (
    EvpnMac,
    EvpnSession,
    HardwareAddress,
    InterfaceAddress,
    OspfNeighbor,
    Raw,
    Route,
    Vni,
)
from labgen.devices.tables import lines, rows
from labgen.ground.labplan import NodePlan
from labgen.ground.vocabulary import DEFAULT_VRF

_PORT = re.compile(r"^([A-Za-z-]+ ?[\d/:]+) is .*line protocol is ", re.MULTILINE)
_HARDWARE = re.compile(rf".*\baddress is ({MAC})\b", re.IGNORECASE)
_NEIGHBORS = re.compile(r"Neighbor ID")
_NEIGHBOR = re.compile(
    r"\s*(?P<id>\d+\.\d+\.\d+\.\d+)\s+\d+\s+(?P<state>[A-Za-z0-9-]+)\b.*?\s(?P<port>[a-z-]+ ?\d+(?:/\d+)*)(?:\s|$)",
    re.IGNORECASE,
)
_SUMMARY = re.compile(r"BGP router identifier|Neighbor\s+AS\s")
_PEER = re.compile(r"\s*(?P<peer>\d+\.\d+\.\d+\.\d+)\s+\d+\s+\d+\s+\d+\s+\S+\s+(?P<state>\w+)\s*$")
_ROUTES = re.compile(r"Codes:|Destination")
_ROUTE = re.compile(
    r"\s*(?P<kind>[A-Z])[^\d]*?(?P<prefix>\d+\.\d+\.\d+\.\d+/\d+)"
    r"(?:\s+via\s+(?P<via>[\d.]+))?(?:\s+(?P<port>[a-z-]+\d+(?:[/:.]\d+)*))?\s+\d+/\d+"
)
_VTEPS = re.compile(r"^IP Address:", re.MULTILINE)
_VTEP = re.compile(r"IP Address:\s*(?P<end>[\d.]+),\s+State:\s*(?P<state>\w+)")
_LIST = re.compile(r"\s*(?P<l3>L3)?VNI list:\s*(?P<vnis>[\d, ]*)")
_MACS = re.compile(r"Virtual-Network")
_MAC = re.compile(
    r"\s*\d+\s+(?P<vni>\d+)\s+(?P<mac>[0-9a-f:]{17})\s+\S+\s+(?:VxLAN\((?P<vtep>[\d.]+)\)|\S+)", re.IGNORECASE
)


def hardware(node: NodePlan, raw: Raw) -> Iterator[HardwareAddress]:
    """`show interface`: the address of the hardware, then the current one."""
    return listed(node, raw, head=_PORT, port=_PORT, mac=_HARDWARE)


def neighbors(node: NodePlan, raw: Raw) -> Iterator[OspfNeighbor]:
    """`show ip ospf neighbor`."""
    for row in rows(raw, _NEIGHBORS, _NEIGHBOR):
        port = row["port"].replace(" ", "").lower()
        yield OspfNeighbor(node.name, row["id"], port, row["state"].lower(), raw.file)


def sessions(node: NodePlan, raw: Raw) -> Iterator[EvpnSession]:
    """`show ip bgp l2vpn evpn summary`: a number of prefixes stands where the session is up."""
    for row in rows(raw, _SUMMARY, _PEER):
        state = "established" if row["state"].isdecimal() else row["state"].lower()
        yield EvpnSession(node.name, row["peer"], state, raw.file)


def routes(node: NodePlan, raw: Raw, vrf: str) -> Iterator[Route]:
    """`show ip route [vrf NAME]`."""
    for row in rows(raw, _ROUTES, _ROUTE):
        yield Route(node.name, vrf, row["prefix"], raw.file)


def addresses(node: NodePlan, raw: Raw, vrf: str) -> Iterator[InterfaceAddress]:
    """Addresses of interfaces: OS10 shows them as the gateways of connected routes."""
    for row in rows(raw, _ROUTES, _ROUTE):
        if row["kind"] == "C" and row["via"] and row["port"]:
            length = row["prefix"].partition("/")[2]
            yield InterfaceAddress(node.name, row["port"], vrf, f"{row['via']}/{length}", raw.file)


def vnis(node: NodePlan, raw: Raw, known: Sequence[InterfaceAddress]) -> Iterator[Vni]:
    """`show nve remote-vtep`: VNIs shared with remote ends that are up. The VRF of a virtual network is its interface's."""
    ends: dict[tuple[int, str], list[str]] = {}
    end = ""
    for line in lines(raw, _VTEPS):
        head, listed = _VTEP.match(line), _LIST.match(line)
        if head:
            end = head["end"] if head["state"] == "up" else ""
        elif listed and end:
            kind = "l3" if listed["l3"] else "l2"
            for number in re.findall(r"\d+", listed["vnis"]):
                ends.setdefault((int(number), kind), []).append(end)
    for (number, kind), vteps in ends.items():
        svi = _svi(node, number)
        yield Vni(node.name, number, kind, _vrf(node, number, svi, known), svi, tuple(vteps), raw.file)


def macs(node: NodePlan, raw: Raw) -> Iterator[EvpnMac]:
    """`show mac address-table nve vxlan-vni N`: MAC addresses behind remote ends."""
    for row in rows(raw, _MACS, _MAC):
        yield EvpnMac(node.name, int(row["vni"]), row["mac"].lower(), row["vtep"], raw.file)


def _svi(node: NodePlan, number: int) -> str | None:
    """The routed interface of a VNI's VLAN."""
    vlan = next((vlan for vlan in node.vlans if vlan.vni == number), None)
    ports = (port for port in node.interfaces if vlan and port.kind == "svi" and port.vlan == vlan.id)
    return next((port.name for port in ports), None)


def _vrf(node: NodePlan, number: int, svi: str | None, known: Sequence[InterfaceAddress]) -> str:
    transit = (vrf.name for vrf in node.vrfs if vrf.transit_vni == number)
    found = (address.vrf for address in known if address.interface == svi)
    return next(transit, next(found, DEFAULT_VRF))
