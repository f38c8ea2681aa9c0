"""`show ... | json` of NX-OS: tables of rows, where one row alone is no list.

Names of tables and columns are those SuzieQ reads (suzieq/config/*.yml, recorded on 9.3(4)); columns of `show
l2route evpn mac all` are those published NX-API scripts read, which differ by release. `eth_hw_addr` and `svi_mac`
of `show interface` are those Ansible's facts and recorded answers have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labgen.devices import answers
from labgen.devices.hardware import octets
from labgen.devices.observed import (
    DaemonState,
    EvpnMac,
    EvpnSession,
    HardwareAddress,
    InterfaceAddress,
    OspfNeighbor,
    Raw,
    Route,
    Vni,
)
from labgen.ground.labplan import NodePlan
from labgen.ground.vocabulary import DEFAULT_VRF

_TYPE = re.compile(r"(L[23]) \[(\S+)\]")
_SERVICE = re.compile(r"^\s*DHCP relay service is (enabled|disabled)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class VtepPeer:
    """A remote VTEP and the VNIs that BGP gave it."""

    address: str
    vnis: frozenset[int]


def rows(data: Any, name: str) -> Iterator[dict[str, Any]]:
    """Rows of a table; none where there is no table. KeyError for what is no answer to this command."""
    table = data.get(f"TABLE_{name}")
    if table is None:
        if data and not any(str(key).startswith("TABLE_") for key in data):
            raise KeyError(f"TABLE_{name}")
        return
    found = table[f"ROW_{name}"]
    yield from found if isinstance(found, list) else [found]


def text(row: Mapping[str, Any], column: str) -> str:
    """A cell; KeyError where there is none, TypeError for a table."""
    value = row[column]
    if isinstance(value, dict | list):
        raise TypeError(f"{column} is a table")
    return str(value)


def _below(row: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """Rows of a table inside a row."""
    return rows({key: value for key, value in row.items() if key.startswith("TABLE_")}, name)


def addresses(node: NodePlan, raw: Raw, data: Any) -> Iterator[InterfaceAddress]:
    """`show ip interface vrf all | json`."""
    for row in rows(data, "intf"):
        if row.get("prefix"):
            name = answers.spelled(node, text(row, "intf-name"))
            address = f"{text(row, 'prefix')}/{text(row, 'masklen')}"
            yield InterfaceAddress(node.name, name, text(row, "vrf-name-out"), address, raw.file)


def hardware(node: NodePlan, raw: Raw, data: Any) -> Iterator[HardwareAddress]:
    """`show interface | json`: ports and SVIs have columns of their own, loopbacks and tunnels neither."""
    for row in rows(data, "interface"):
        for column in ("eth_hw_addr", "svi_mac"):
            if row.get(column):
                name = answers.spelled(node, text(row, "interface"))
                yield HardwareAddress(node.name, name, octets(text(row, column)), raw.file)


def routes(node: NodePlan, raw: Raw, data: Any) -> Iterator[Route]:
    """`show ip route vrf all | json`."""
    for vrf in rows(data, "vrf"):
        for family in _below(vrf, "addrf"):
            for row in _below(family, "prefix"):
                yield Route(
                    node.name, text(vrf, "vrf-name-out"), answers.network(text(row, "ipprefix")), raw.file
                )


def neighbors(node: NodePlan, raw: Raw, data: Any) -> Iterator[OspfNeighbor]:
    """`show ip ospf neighbors detail vrf all | json`."""
    for context in rows(data, "ctx"):
        for row in _below(context, "nbr"):
            port = answers.spelled(node, text(row, "intf"))
            yield OspfNeighbor(node.name, text(row, "rid"), port, text(row, "state").lower(), raw.file)


def sessions(node: NodePlan, raw: Raw, data: Any) -> Iterator[EvpnSession]:
    """`show bgp l2vpn evpn summary | json`."""
    for vrf in rows(data, "vrf"):
        for family in _below(vrf, "af"):
            for sub in _below(family, "saf"):
                for row in _below(sub, "neighbor"):
                    yield EvpnSession(
                        node.name, text(row, "neighborid"), text(row, "state").lower(), raw.file
                    )


def peers(node: NodePlan, raw: Raw, data: Any) -> Iterator[VtepPeer]:
    """`show nve peers detail | json`."""
    for row in rows(data, "nve_peers"):
        numbers = re.findall(r"\d+", str(row.get("cp-vni", "")))
        if row.get("peer-state", "Up") == "Up":
            yield VtepPeer(text(row, "peer-ip"), frozenset(map(int, numbers)))


def vnis(
    node: NodePlan,
    raw: Raw,
    data: Any,
    peers: tuple[VtepPeer, ...],
    svis: tuple[InterfaceAddress, ...],
) -> Iterator[Vni]:
    """`show nve vni | json`: a layer 2 VNI names its VLAN, whose SVI is in the VRF; a layer 3 one names its VRF."""
    for row in rows(data, "nve_vni"):
        found = _TYPE.match(text(row, "type"))
        if found is None:
            raise ValueError(f"VNI {row['vni']} of type {row['type']}")
        vni = int(text(row, "vni"))
        if found[1] == "L3":
            yield Vni(node.name, vni, "l3", found[2], None, (), raw.file)
            continue
        svi = answers.spelled(node, f"Vlan{found[2]}")
        vrf = next((a.vrf for a in svis if a.interface == svi), DEFAULT_VRF)
        vteps = tuple(peer.address for peer in peers if vni in peer.vnis)
        yield Vni(node.name, vni, "l2", vrf, svi, vteps, raw.file)


def macs(node: NodePlan, raw: Raw, data: Any) -> Iterator[EvpnMac]:
    """`show l2route evpn mac all | json`; a topology is a VLAN."""
    by_vlan = {str(vlan.id): vlan.vni for vlan in node.vlans if vlan.vni}
    for row in rows(data, "l2route_mac_all"):
        vni = by_vlan.get(text(row, "topo-id"))
        if vni is None or "Rmac" in str(row.get("flags", "")):
            continue
        local = text(row, "prod-type").lower() == "local"
        yield EvpnMac(
            node.name, vni, octets(text(row, "mac-addr")), None if local else _next_hop(row), raw.file
        )


def _next_hop(row: Mapping[str, Any]) -> str:
    """The first next hop, which may have a label behind it; KeyError where there is none."""
    column = min((key for key in row if key.startswith("next-hop")), default="next-hop")
    return text(row, column).split()[0]


def relays(node: NodePlan, raw: Raw) -> Iterator[DaemonState]:
    """`show ip dhcp relay`."""
    for found in _SERVICE.finditer(raw.text):
        yield DaemonState(node.name, "relay", found[1].lower() == "enabled", raw.file)
