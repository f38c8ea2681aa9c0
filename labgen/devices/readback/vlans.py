"""VLANs that labgen wrote for a switch, read back and compared with the plan: ports, routed interfaces, and routing of them."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.devices import fabric, registry, vlans
from labgen.devices.relay_config import ConfiguredVlan, RelayReading, plain_name
from labgen.devices.vlans import OspfSection, RoutedVlan, VlanSection
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.vocabulary import DEFAULT_VRF


def differences(config: RelayReading, plan: LabPlan, node: NodePlan) -> Iterator[str]:
    """Differences of a switch's VLANs from the plan, in words."""
    yield from _placed(config, plan, node)
    section = vlans.section(plan, node)
    if section is None:
        return
    configured = {vlan.number: vlan for vlan in config.vlans}
    for vlan in section.vlans:
        have = configured.get(vlan.plan.id)
        if have is None:
            yield f"VLAN {vlan.plan.id} is not made"
            continue
        yield from _ports(vlan, have)
        if vlan.routed:
            yield from _routed(config, node, vlan.routed)
    for process in section.ospf:
        yield from _unadvertised(config, node, process)
    silent = {name for name, _ in config.advertised}
    for port in section.isis if section.isis else _of(section.networks, node):
        if port not in silent:
            yield f"no routing protocol is told of {port}"


def _placed(config: RelayReading, plan: LabPlan, node: NodePlan) -> Iterator[str]:
    """Relaying ports that a device relays for on a VLAN of their own: the VLAN has the port, and takes its place in routing."""
    made = {plain_name(vlan.routed): vlan for vlan in config.vlans if vlan.routed}
    for relay in node.relays:
        port = node.interface(relay.interface)
        vrf = registry.get(node.device).facts.naming.vrf_name(port.vrf)
        interfaces = [
            each
            for each in config.interfaces
            if port.address in each.addresses and each.vrf == vrf and plain_name(each.name) in made
        ]
        for each in interfaces if port.kind == "lan" else ():
            if made[plain_name(each.name)].untagged != {port.name} or port.name not in config.stripped:
                yield f"{each.name} does not take the place of {port.name}"
            default = port.vrf == DEFAULT_VRF and fabric.ospf_instance(plan, node, port) is not None
            if default and (each.name, each.vrf) not in config.advertised:
                yield f"no routing protocol is told of {each.name}"


def _of(networks: tuple[object, ...], node: NodePlan) -> Iterator[str]:
    """Interfaces of networks that BGP tells of."""
    for port in node.interfaces:
        if port.kind == "svi" and port.address and port.address.network in networks:
            yield port.name


def _ports(vlan: VlanSection, have: ConfiguredVlan) -> Iterator[str]:
    number = vlan.plan.id
    for words, given, planned in (
        ("without tags", have.untagged, vlan.untagged),
        ("with tags", have.tagged, vlan.tagged),
    ):
        if {plain_name(port) for port in given} != {plain_name(port) for port in planned}:
            yield f"VLAN {number} {words} on {sorted(given)}, planned {sorted(planned)}"
    if (have.vni or None) != vlan.plan.vni:
        yield f"VLAN {number} has VNI {have.vni or 'none'}, planned {vlan.plan.vni or 'none'}"
    wanted = vlan.routed.name if vlan.routed else ""
    if plain_name(have.routed) != plain_name(wanted):
        yield f"VLAN {number} is routed by {have.routed or 'nothing'}, planned {wanted or 'nothing'}"


def _routed(config: RelayReading, node: NodePlan, planned: RoutedVlan) -> Iterator[str]:
    own = config.interface(planned.name)
    if own is None or planned.address not in own.addresses:
        yield f"{planned.name} has no address {planned.address}"
        return
    vrf = registry.get(node.device).facts.naming.vrf_name(planned.vrf or DEFAULT_VRF)
    if own.vrf != vrf:
        yield f"{planned.name} is in VRF {own.vrf}, planned {vrf}"
    if set(own.anycast) != {each for each in (planned.anycast,) if each}:
        shared = ", ".join(map(str, own.anycast)) or "no address"
        yield f"{planned.name} shares {shared}, planned {planned.anycast or 'none'}"
    virtual = {
        f"{address} of priority {priority}"
        for name, address, priority in config.moving
        if plain_name(name) == plain_name(planned.name)
    }
    wanted = {f"{planned.vrrp.address.ip} of priority {planned.vrrp.priority}"} if planned.vrrp else set()
    if virtual != wanted:
        yield f"{planned.name} has virtual addresses {sorted(virtual)}, planned {sorted(wanted)}"


def _unadvertised(config: RelayReading, node: NodePlan, process: OspfSection) -> Iterator[str]:
    vrf = registry.get(node.device).facts.naming.vrf_name(process.vrf or DEFAULT_VRF)
    for port in process.ports:
        if (port, vrf) not in config.advertised:
            yield f"no routing protocol of VRF {vrf} is told of {port}"
