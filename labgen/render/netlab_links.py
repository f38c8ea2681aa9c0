"""Links of a netlab topology.

A port of a switch whose VLANs labgen writes itself has neither address nor VLAN there.
"""

from __future__ import annotations

from collections.abc import Iterator

from labgen.devices import registry
from labgen.ground.labplan import Endpoint, InterfacePlan, LabPlan, LagPlan, LinkPlan, NodePlan, RelayPlan
from labgen.ground.vocabulary import DEFAULT_VRF, Role
from labgen.render import netlab_bonds
from labgen.render.flow import Value

Pairs = Iterator[tuple[str, Value]]


def links(plan: LabPlan) -> Iterator[dict[str, Value]]:
    """Every link; the members of a bond whose switches speak LACP as one are one."""
    seen: set[int] = set()
    bonds = netlab_bonds.bonds(plan)
    for link in plan.links:
        lag = bonds.get(link.index)
        if pair := netlab_bonds.peer_link(plan, link):
            yield {**dict(netlab_bonds.joining(link, pair)), "vlan.trunk": _trunk(plan, link)}
        elif lag is None or not lag.lacp:
            yield dict(_link(plan, link, lag))
        elif lag.number not in seen:
            seen.add(lag.number)
            yield dict(netlab_bonds.aggregated(plan, lag, link.segment or "", bonds))


def _link(plan: LabPlan, link: LinkPlan, lag: LagPlan | None) -> Pairs:
    for end in link.endpoints:
        node = plan.node(end.node)
        port = node.interface(end.linux)
        said: dict[str, Value] = dict(_end(node, port))
        if _bare(plan, end):
            said = {"ipv4": False}
        elif link.vlans and any(_bare(plan, other) for other in link.endpoints):
            said["vlan.trunk"] = _trunk(plan, link)
        if lag and port.kind == "member":
            said |= netlab_bonds.member(node, lag, port.linux)
        yield end.node, said
    segment = plan.segment(link.segment) if link.segment else None
    bare = any(_bare(plan, end) for end in link.endpoints)
    if link.kind == "trunk" and (bare or not link.vlans):
        yield "prefix", False
    elif link.vlans:
        yield "vlan.trunk", _trunk(plan, link)
    elif segment is None:
        yield "type", "p2p"
        if link.prefix:
            yield "prefix.ipv4", str(link.prefix)
        else:
            yield "prefix", {"ipv4": True, "ipv6": True}  # no addresses: eBGP speaks over link-local ones
    elif segment.vlan and not bare:
        yield "vlan.access", segment.name
    else:
        yield "type", "lan"
        yield "prefix.ipv4", str(segment.prefix)
        yield "labgen", {"segment": segment.name}


def makes_vlans(node: NodePlan) -> bool:
    """True if netlab makes this node's VLANs, with all that is on them; else labgen does."""
    return registry.get(node.device).facts.fabric.netlab_vlan


def _bare(plan: LabPlan, end: Endpoint) -> bool:
    """True if a port carries VLANs of which netlab is told nothing."""
    node = plan.node(end.node)
    return not makes_vlans(node) and node.interface(end.linux).kind in ("access", "trunk")


def _trunk(plan: LabPlan, link: LinkPlan) -> list[Value]:
    return [each.name for each in plan.segments if each.vlan in link.vlans]


def _local_as(node: NodePlan, port: InterfacePlan) -> Pairs:
    """The AS number that a switch speaks with over a link, where that is not its own."""
    for peer in node.bgp.underlay_peers if node.bgp else ():
        if peer.interface == port.linux and peer.local_asn:
            yield "bgp.local_as", peer.local_asn
            yield "bgp.replace_global_as", True


def _end(node: NodePlan, port: InterfacePlan) -> Pairs:
    if port.kind == "access":
        return
    if port.address:
        yield "ipv4", str(port.address)
    yield from _local_as(node, port)
    if port.vrf != DEFAULT_VRF and registry.get(node.device).facts.fabric.netlab_vrf:
        yield "vrf", port.vrf
    if port.kind == "lan" and port.ospf and port.passive and node.role is Role.SWITCH:
        yield "ospf.passive", True
    if port.segment:
        yield from relay_of(node, port.segment)


def relay_of(node: NodePlan, segment: str) -> Pairs:
    """Relaying of a switch for a segment, for readers and plugins."""
    for relay in node.relays:
        if relay.segment == segment:
            yield "labgen", dict(_relay(relay))


def _relay(relay: RelayPlan) -> Pairs:
    yield "relay", [str(target.address) for target in relay.targets]
    yield "server_vrf", relay.targets[0].vrf
    yield "giaddr", str(relay.giaddr)
    yield "options", [option.value for option in relay.options]
