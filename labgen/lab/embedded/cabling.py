"""Wires, bonds, bridges and tunnels of a plan, as the supervisor makes them."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.devices.linux import dataplane
from labgen.ground.labplan import Endpoint, LabPlan, LinkPlan, NodePlan
from labgen.ground.vocabulary import Interface
from labgen.lab.embedded import blueprint as bp
from labgen.lab.embedded import internal_links, planned_impairments


def _address(address: Interface | None) -> tuple[str, ...]:
    return (str(address),) if address else ()


def _all(bridge: dataplane.Bridge) -> tuple[str, ...]:
    return (*_address(bridge.address), *map(str, bridge.further))


def _port(plan: LabPlan, end: Endpoint) -> bp.VethEnd:
    node = plan.node(end.node)
    interface = node.interface(end.linux)
    if interface.kind == "access":
        vlan = next(vlan for vlan in node.vlans if vlan.id == interface.vlan)
        snooped = any(each.port == end.linux for each in dataplane.snooped(node))
        bridge = None if snooped else dataplane.bridge_name(vlan)
        return bp.VethEnd(node.name, end.linux, vlan.vrf, interface.mac, bridge=bridge)
    return bp.VethEnd(
        node.name,
        end.linux,
        interface.vrf,
        interface.mac,
        (*_address(dataplane.port_address(interface)), *map(str, interface.secondary)),
    )


def _segment_bridge(link: LinkPlan) -> str:
    return f"lan{link.index}"


def veths(plan: LabPlan) -> Iterator[bp.VethPair]:
    yield from internal_links.veths(plan)
    for link in plan.links:
        if link.kind == "trunk":
            yield from _tagged_veths(plan, link)
            continue
        if _of_bond(plan, link):
            continue
        ports = [_port(plan, end) for end in link.endpoints]
        if len(ports) == 2:
            yield _veth(plan, link, ports[0], ports[1])
            continue
        for number, port in enumerate(ports):
            far = bp.VethEnd(bp.LAB, f"l{link.index}p{number}", bridge=_segment_bridge(link))
            yield _veth(plan, link, port, far)


def _of_bond(plan: LabPlan, link: LinkPlan) -> bool:
    """True if a link is a member of a bond."""
    return any(plan.node(end.node).interface(end.linux).kind == "member" for end in link.endpoints)


def bonds(plan: LabPlan) -> Iterator[bp.NodeBond]:
    links = {(end.node, end.linux): link for link in plan.links for end in link.endpoints}
    for node in plan.nodes:
        for port in node.interfaces:
            if port.lag is not None and port.lag.members:
                end = _port(plan, Endpoint(node=node.name, interface=port.name, linux=port.linux))
                own = (links[node.name, name] for name in port.lag.members)
                yield bp.NodeBond(end, tuple(_bond_member(plan, node, link) for link in own))


def _bond_member(plan: LabPlan, node: NodePlan, link: LinkPlan) -> bp.BondMember:
    far = next(end for end in link.endpoints if end.node != node.name)
    return bp.BondMember(_port(plan, far), planned_impairments.of_link(plan, link, (node.name, far.node)))


def _veth(plan: LabPlan, link: LinkPlan, one: bp.VethEnd, other: bp.VethEnd) -> bp.VethPair:
    return bp.VethPair(one, other, planned_impairments.of_link(plan, link, (one.node, other.node)))


def _tagged_veths(plan: LabPlan, link: LinkPlan) -> Iterator[bp.VethPair]:
    """A trunk is a wire for each of its VLANs: the kernel need not know 802.1Q, and what is sent untagged goes nowhere."""
    for vlan in link.vlans:
        one, other = (_tagged_port(plan, end, vlan) for end in link.endpoints)
        yield _veth(plan, link, one, other)


def _tagged_port(plan: LabPlan, end: Endpoint, vlan: int) -> bp.VethEnd:
    found = next(
        each for each in dataplane.tagged(plan.node(end.node)) if each.port == end.linux and each.vlan == vlan
    )
    return bp.VethEnd(end.node, found.name, found.vrf, bridge=found.bridge)


def bridges(plan: LabPlan) -> Iterator[bp.LabBridge]:
    for link in plan.links:
        if len(link.endpoints) != 2:
            yield bp.LabBridge(bp.LAB, _segment_bridge(link))
    for node in plan.nodes:
        for bridge in dataplane.bridges(node):
            yield bp.LabBridge(node.name, bridge.name, bridge.vrf, bridge.mac, _all(bridge))


def vxlans(plan: LabPlan) -> Iterator[bp.Vxlan]:
    for node in plan.nodes:
        for each in dataplane.tunnels(plan, node):
            flood = tuple(str(remote) for remote in each.flood)
            yield bp.Vxlan(
                node.name, each.name, each.vni, each.local, each.bridge, each.vrf, each.learning, flood
            )


def source_checks(plan: LabPlan) -> Iterator[bp.SourceCheck]:
    for node in plan.nodes:
        yield from planned_impairments.source_checks(plan, node)


def anycasts(plan: LabPlan) -> Iterator[bp.Anycast]:
    for node in plan.nodes:
        for each in dataplane.gateways(plan, node):
            yield bp.Anycast(
                node.name,
                each.name,
                each.bridge,
                each.mac,
                str(each.address),
                each.vrf,
                each.anycast,
                tuple(map(str, each.further)),
            )
