"""Bonds in netlab's words: its `bonding` plugin where members take turns, its `lag` module and `evpn.multihoming` plugin where they
are an Ethernet segment, its `lag` module alone where two switches are an MLAG pair.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from labgen.ground.labplan import InterfacePlan, LabPlan, LagPlan, LinkPlan, MlagPlan, NodePlan
from labgen.render.flow import Value

Pairs = Iterator[tuple[str, Value]]


def plugins(plan: LabPlan) -> list[str]:
    """Plugins that the topology has to load."""
    lags = [port.lag for node in plan.nodes for port in node.interfaces if port.lag]
    found = ["evpn.multihoming"] if any(lag.esi for lag in lags) else []
    return [*found, *(["bonding"] if any(not lag.lacp for lag in lags) else [])]


def modules(node: NodePlan) -> list[str]:
    """The module that LACP takes."""
    return ["lag"] if node.mlag or any(port.lag and port.lag.lacp for port in node.interfaces) else []


def segments(plan: LabPlan) -> dict[str, Value]:
    """Identifiers of the Ethernet segments, by name."""
    lags = [port.lag for node in plan.nodes for port in node.interfaces if port.lag and port.lag.esi]
    return {_segment(lag): {"id": lag.esi} for lag in lags}


def _segment(lag: LagPlan) -> str:
    return f"es_{lag.number}"


def bonds(plan: LabPlan) -> dict[int, LagPlan]:
    """The bonds that links are members of, as the nodes below have them, by the links' numbers."""
    lags = {
        (node.name, member): port.lag
        for node in plan.nodes
        for port in node.interfaces
        if port.lag
        for member in port.lag.members
    }
    found = {
        link.index: next((lags[at] for end in link.endpoints if (at := (end.node, end.linux)) in lags), None)
        for link in (plan.links if lags else ())
    }
    return {index: lag for index, lag in found.items() if lag}


def aggregated(plan: LabPlan, lag: LagPlan, segment: str, bonds: Mapping[int, LagPlan]) -> Pairs:
    """The link that is all members of a bond together."""
    members = [link for link in plan.links if bonds.get(link.index) is lag]
    yield (
        "lag",
        {
            "ifindex": lag.number,
            "members": [{end.node: _end(plan, end.node, lag) for end in link.endpoints} for link in members],
        },
    )
    yield "vlan.access", segment


def peer_link(plan: LabPlan, link: LinkPlan) -> MlagPlan | None:
    """The MLAG pair that a link joins."""
    if link.kind != "trunk":
        return None
    one, other = (plan.node(end.node) for end in link.endpoints)
    return one.mlag if one.mlag and one.mlag.peer == other.name else None


def joining(link: LinkPlan, pair: MlagPlan) -> Pairs:
    """The link between the switches of an MLAG pair."""
    yield "lag", {"members": [{end.node: {} for end in link.endpoints}], "mlag.peergroup": pair.domain}


def _end(plan: LabPlan, node: str, lag: LagPlan) -> dict[str, Value]:
    for port in plan.node(node).interfaces:
        if port.lag is lag:
            return _address(port)
    if lag.mlag:
        return {}
    return {"evpn.es": _segment(lag), "lag.lacp_system_id": lag.system_mac}


def _address(bond: InterfacePlan) -> dict[str, Value]:
    """netlab takes a bond's address from its members."""
    return {"ipv4": str(bond.address)} if bond.address else {}


def member(node: NodePlan, lag: LagPlan, port: str) -> dict[str, Value]:
    """The attributes of a bond's member at the node below, of a bond that uses one member at a time."""
    primary: dict[str, Value] = {"bonding.primary": True} if lag.members[:1] == (port,) else {}
    return {**_address(node.interface(lag.name)), "bonding.ifindex": lag.number, **primary}
