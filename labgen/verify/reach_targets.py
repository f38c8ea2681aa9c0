"""The addresses that clients should reach, and those they should not, by the plan: the subjects of the checks, and the addresses that are
asked."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.devices import readers
from labgen.ground.labplan import LabPlan, SegmentPlan
from labgen.ground.vocabulary import DEFAULT_VRF, Address
from labgen.verify import groups
from labgen.verify.subject import Subject


def _served(plan: LabPlan) -> Iterator[tuple[SegmentPlan, str]]:
    """Clients that get leases and whose device can be asked whom it reaches."""
    for segment in plan.segments:
        for client in segment.clients if segment.servers else ():
            if readers.of(plan.node(client)).reach is not None:
                yield segment, client


def gateways(plan: LabPlan) -> Iterator[Subject]:
    for segment, client in _served(plan):
        if segment.gateway is not None:
            yield Subject(client=client, segment=segment.name)


def neighbors(plan: LabPlan) -> Iterator[Subject]:
    """Each client with another of its segment: with one behind another switch, and with one beside it, where there are."""
    served = tuple(_served(plan))
    for segment, client in served:
        home = groups.home_switch(plan, client)
        others = [other for own, other in served if own is segment and other != client]
        near = [other for other in others if groups.home_switch(plan, other) == home]
        far = [other for other in others if other not in near] if segment.stretched else []
        for peer in (*far[:1], *near[:1]):
            yield Subject(client=client, peer=peer)


def other_segments(plan: LabPlan) -> Iterator[Subject]:
    """Each client with one of another segment of its VRF, where both have a gateway."""
    served = tuple(_served(plan))
    for segment, client in served:
        routed = [
            other
            for own, other in served
            if own is not segment and own.vrf == segment.vrf and own.gateway and segment.gateway
        ]
        for peer in routed[:1]:
            yield Subject(client=client, peer=peer)


def servers(plan: LabPlan) -> Iterator[Subject]:
    """Each client with every server that it renews at by itself: one in its own VRF, beyond its gateway, whose identifier is its own. Where
    a subnet is in several places that are not joined, nobody promises a way back.
    """
    joined = ((s, client) for s, client in _served(plan) if s.stretched or len(s.switches) == 1)
    for segment, client in joined:
        targets = [target for _, relay in plan.relays_for(client) for target in relay.targets]
        for server in segment.servers if segment.gateway else ():
            near = any(target.server == server and target.vrf == segment.vrf for target in targets)
            if near and server not in segment.direct and not groups.override_expected(plan, client, server):
                yield Subject(client=client, server=server)


def strangers(plan: LabPlan) -> Iterator[Subject]:
    """Each client with one of another VRF, whose address means nobody else in its own, and which nothing joins to its own."""
    served = tuple(_served(plan))
    for segment, client in served:
        own = [s.prefix for s in plan.segments if s.vrf == segment.vrf]
        foreign = [
            other
            for theirs, other in served
            if theirs.vrf != segment.vrf
            and groups.apart(plan, segment.vrf, theirs.vrf)
            and not any(theirs.prefix.overlaps(p) for p in own)
        ]
        for peer in foreign[:1]:
            yield Subject(client=client, peer=peer)


def leaked(plan: LabPlan) -> Iterator[Subject]:
    """Each client with one of another VRF that its own exchanges routes with, where both have a gateway."""
    served = tuple(_served(plan))
    for segment, client in served:
        routed = [
            other
            for theirs, other in served
            if plan.leak(segment.vrf, theirs.vrf) and theirs.gateway and segment.gateway
        ]
        for peer in routed[:1]:
            yield Subject(client=client, peer=peer)


def beyond(plan: LabPlan) -> Iterator[Subject]:
    """Each client with every external router that its VRF is handed over to, and that reaches something."""
    for segment, client in _served(plan):
        routers = dict.fromkeys(
            each.external
            for node in plan.nodes
            for each in node.handovers
            if each.vrf == segment.vrf
            and each.reaches
            and (node.name in segment.routers or _routed(plan, segment))
        )
        for router in routers if segment.gateway else ():
            yield Subject(client=client, peer=router)


def _routed(plan: LabPlan, segment: SegmentPlan) -> bool:
    """True if routes of the segment's VRF get from switch to switch."""
    if segment.vrf == DEFAULT_VRF:
        return plan.underlay != "none"
    return any(vrf.transit_vni for node in plan.nodes for vrf in node.vrfs if vrf.name == segment.vrf)


def behind(plan: LabPlan, subject: Subject) -> tuple[Address, ...]:
    """An address in each prefix behind an external router."""
    external = plan.node(subject.peer).external
    return tuple(each.ip for each in external.addresses) if external else ()


def targets(plan: LabPlan, client: str, held: dict[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Addresses a client has to ask: those that should answer, those that should not. `held` are leases by client."""
    node = plan.node(client)
    assert node.client is not None
    gateway = plan.segment(node.client.segment).gateway_for(held.get(client))
    asked = [str(gateway)] if gateway is not None else []
    asked += [
        held[s.peer]
        for s in (*neighbors(plan), *other_segments(plan), *leaked(plan))
        if s.client == client and s.peer in held
    ]
    asked += [str(address_of(plan, s.server)) for s in servers(plan) if s.client == client]
    asked += [str(address) for s in beyond(plan) if s.client == client for address in behind(plan, s)]
    other = [held[s.peer] for s in strangers(plan) if s.client == client and s.peer in held]
    return tuple(dict.fromkeys(asked)), tuple(dict.fromkeys(other))


def address_of(plan: LabPlan, server: str) -> Address:
    own = plan.node(server).server
    assert own is not None
    return own.address
