"""Questions every switch template asks of a plan, answered once."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.devices import registry
from labgen.ground.labplan import InterfacePlan, LabPlan, NodePlan, RelayPlan, VrfPlan, VrrpPlan
from labgen.ground.vocabulary import DEFAULT_VRF, RelayOption, Role


def fast(plan: LabPlan) -> bool:
    """True if protocol timers are tuned; both ends of an OSPF link must agree, whatever devices they are."""
    return plan.timers.profile == "fast"


def names_vrf(switch: NodePlan, relay: RelayPlan, *, typed: bool = True) -> bool:
    """True if a relay tells the client's VRF by sub-option 151; `typed`: in the form that every server understands, with its type
    octet (RFC 6607 section 3.5)."""
    can = registry.get(switch.device).facts.relay
    return (
        can is not None and (can.typed_vss or not typed) and RelayOption.VSS in relay.sent and relay.inter_vrf
    )


def moving(port: InterfacePlan, protocol: str) -> VrrpPlan | None:
    """An interface's part in a gateway that moves by this protocol."""
    return port.vrrp if port.vrrp and port.vrrp.protocol == protocol else None


DESCRIPTION_LENGTH = 200
"""Characters that EOS and every IOS take in the description of an interface."""


def description(port: InterfacePlan) -> str:
    """A port's description, cut to the length that devices take."""
    text = port.description
    return text if len(text) <= DESCRIPTION_LENGTH else f"{text[: DESCRIPTION_LENGTH - 3]}..."


def beyond(node: NodePlan) -> dict[str, object]:
    """Sessions with external routers by VRF, the AS number of who has no others, and VRFs with static routes to what is behind some."""
    vrfs = (DEFAULT_VRF, *(vrf.name for vrf in node.vrfs))
    peers = {vrf: [each for each in node.handovers if each.vrf == vrf and each.asn] for vrf in vrfs}
    alone = next((each.local_asn for each in node.handovers if each.asn), None) if node.bgp is None else None
    return {
        "peers": peers,
        "border_asn": alone,
        "static_vrfs": {each.vrf for each in node.handovers if each.asn is None},
    }


def evpn(plan: LabPlan) -> bool:
    return plan.overlay is not None and plan.overlay.control == "evpn"


def ospf_vrfs(plan: LabPlan, node: NodePlan) -> tuple[VrfPlan, ...]:
    """VRFs with an OSPF instance: those in which another switch shares a segment.

    Where no other router is in the VRF the instance would have nobody to speak to; netlab leaves it out, too.
    """
    if plan.underlay != "ospf":
        return ()
    return tuple(
        vrf for vrf in node.vrfs if any(_shared(plan, node, port) for port in _ports(node, vrf.name))
    )


def ospf_instance(plan: LabPlan, node: NodePlan, port: InterfacePlan) -> int | None:
    """OSPF process of a port: 1 in the default VRF, the VRF's table number elsewhere, None without OSPF."""
    if not (port.ospf and node.ospf):
        return None
    if port.vrf == DEFAULT_VRF:
        return 1
    return next((vrf.table for vrf in ospf_vrfs(plan, node) if vrf.name == port.vrf), None)


def passive(plan: LabPlan, node: NodePlan, vrf: str) -> tuple[InterfacePlan, ...]:
    """Ports of a VRF that OSPF advertises without speaking on them."""
    return tuple(
        port
        for port in node.interfaces
        if port.vrf == vrf and port.passive and ospf_instance(plan, node, port)
    )


def upstream(node: NodePlan, vrf: str = "") -> tuple[InterfacePlan, ...]:
    """Ports of a VRF towards servers: core links, and segments that hold one."""
    servers = {target.server for side in (*node.relays, *node.forwards) for target in side.targets}
    below = {side.interface for side in node.forwards}
    return tuple(
        port
        for port in node.interfaces
        if port.vrf == (vrf or DEFAULT_VRF)
        and port.name not in below
        and (port.kind == "p2p" or (port.kind in ("lan", "svi") and servers & set(_members(node, port))))
    )


def _members(node: NodePlan, port: InterfacePlan) -> Iterator[str]:
    """Nodes that are on a segment of a switch."""
    for other in node.interfaces:
        if other.segment == port.segment:
            yield from (neighbor.node for neighbor in other.neighbors)


def _ports(node: NodePlan, vrf: str) -> tuple[InterfacePlan, ...]:
    return tuple(port for port in node.interfaces if port.vrf == vrf and port.segment and port.address)


def _shared(plan: LabPlan, node: NodePlan, port: InterfacePlan) -> bool:
    segment = plan.segment(port.segment or "")
    return any(plan.node(name).role is Role.SWITCH for name in segment.switches if name != node.name)
