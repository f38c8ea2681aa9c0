"""Models of redundancy as values: how many servers answer, who holds a binding, what becomes of the address when one fails."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from labgen.devices import registry
from labgen.devices.base import ServerCapability
from labgen.dhcp.model import Message, MessageType
from labgen.ground.labplan import LabPlan, ScopePlan, SegmentPlan
from labgen.ground.vocabulary import Address

BALANCING_SECONDS = 3
"""Seconds a client has been without an answer (`secs`) from which on both partners serve it (RFC 3074 section 4, ISC's `load balance max
seconds`): the one in charge may be deaf to it."""


class Answering(StrEnum):
    """The servers that answer a DISCOVER that every server gets: each of them, the partner in charge of the client, or only the active
    one."""

    EACH = "each"
    ONE = "one"
    ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class RedundancyModel:
    """The way in which the servers of a segment share the work.

    `partners` hold the same binding after an ACK. `alike`: each gives a client the same address, as partners do, and servers that keep
    one for it; either may extend its lease, and when the server that gave it fails, the client keeps its address. `first_lease` is the
    longest lease a client gets before partners have told each other (MCLT, draft-ietf-dhc-failover-12 section 5.2), in seconds.
    """

    servers: tuple[str, ...]
    answering: Answering = Answering.EACH
    partners: bool = False
    alike: bool = False
    first_lease: int | None = None

    def must_answer(self, server: str) -> bool:
        """True if this server has to offer something to every client that it hears."""
        if self.answering is Answering.EACH:
            return True
        return self.answering is Answering.ACTIVE and server == self.servers[0]

    def may_answer(self, server: str) -> bool:
        """True if it is right for this server to offer something."""
        return self.answering is not Answering.ACTIVE or server == self.servers[0]

    def both_may_answer(self, waited: int) -> bool:
        """True if both partners may offer to a client that says it has waited so many seconds."""
        return self.answering is Answering.ONE and waited > BALANCING_SECONDS

    def against(self, granted: str | None, answers: Iterable[Message]) -> tuple[Message, ...]:
        """Of what other servers answered to a REQUEST, what speaks against the lease of `granted`. A partner that has heard of the lease
        extends it too (draft-ietf-dhc-failover-12 section 5.3.2), and so does a server that keeps the same address for the client: an ACK
        for the same address is the same lease.
        """
        return tuple(
            m
            for m in answers
            if not (self.alike and m.type is MessageType.ACK and m.yiaddr is not None and m.yiaddr == granted)
        )


def of_segment(segment: SegmentPlan) -> RedundancyModel:
    """The model of a segment's servers. A single server is its own model."""
    servers = segment.servers
    if len(servers) < 2 or segment.mode == "independent":
        return RedundancyModel(servers)
    if segment.mode == "hot-standby":
        return RedundancyModel(servers, Answering.ACTIVE, True, True, segment.mclt)
    return RedundancyModel(servers, Answering.ONE, True, True, segment.mclt)


def partners(plan: LabPlan) -> tuple[tuple[str, ...], ...]:
    """Groups of servers that hold the same bindings."""
    models = (of_segment(segment) for segment in plan.segments)
    return tuple(dict.fromkeys(model.servers for model in models if model.partners))


def of_client(plan: LabPlan, client: str) -> RedundancyModel:
    """The model of the servers a client's segment has; where every one of them keeps the same address for it, they are alike to it."""
    node = plan.node(client)
    assert node.client is not None
    segment = plan.segment(node.client.segment)
    scopes = (scope(plan, server, segment.name) for server in segment.servers)
    kept = {reserved(plan, each, client) if each else None for each in scopes}
    apart = tuple(capability(plan, server) for server in segment.servers)
    model = of_segment(segment)
    if not any(can is not None and can.lead_time for can in apart):
        model = replace(model, first_lease=None)
    if len(kept) != 1 or None in kept:
        return model
    if model.partners and all(can is not None and can.reserves_apart for can in apart):
        return RedundancyModel(segment.servers, alike=True)
    return replace(model, alike=True)


def scope(plan: LabPlan, server: str, segment: str) -> ScopePlan | None:
    """The scope of a server on a segment; None where it serves it not."""
    node = plan.by_name.get(server)
    scopes = node.server.scopes if node and node.server else ()
    return next((each for each in scopes if each.segment == segment), None)


def left(plan: LabPlan, server: str, scope: ScopePlan) -> int:
    """The least that a server may grant of a lease time: a client whose lease is young may get what is left of it, where the scope
    says so, or where the server is not labgen's and that is its program's habit."""
    can = capability(plan, server)
    habit = can.caches if can and plan.node(server).foreign is not None else 0.0
    return scope.lease - int(scope.lease * max(habit, scope.cache or 0.0))


def capability(plan: LabPlan, server: str) -> ServerCapability | None:
    """The abilities and habits of a server's software."""
    return registry.get(plan.node(server).device).facts.server


def scope_for(plan: LabPlan, scope: ScopePlan, client: str) -> ScopePlan:
    """A scope as it is for a client: with what is its class' and its own."""
    return scope.of(client, plan.node(client).client_mac)


def reserved(plan: LabPlan, scope: ScopePlan, client: str) -> Address | None:
    """The address a scope keeps for a client alone, by its name, its MAC address or its circuit-id; None where it keeps none."""
    mac = plan.node(client).client_mac
    return next((each.address for each in scope.reservations if each.for_client(client, mac)), None)


def _possible(plan: LabPlan, scope: ScopePlan, client: str) -> tuple[Address, ...]:
    """Reserved addresses that a client may have, those that it shares with others behind its circuit-id included."""
    mac = plan.node(client).client_mac
    return tuple(each.address for each in scope.reservations if each.may_serve(client, mac))


def allowed(plan: LabPlan, scope: ScopePlan, client: str) -> str:
    """Describes the addresses that a scope may give a client."""
    kept = reserved(plan, scope, client)
    if kept is not None:
        return f"{kept}, which is reserved"
    shared = _possible(plan, scope, client)
    return ", ".join(str(part) for part in (*shared, *scope_for(plan, scope, client).every_range))


def allows(plan: LabPlan, scope: ScopePlan, client: str, address: Address) -> bool:
    """True if a scope may give a client this address: the one reserved for it, else one of its ranges, in the prefix or in a secondary
    subnet, that nobody else has reserved. Of several clients behind one circuit-id, any may have what is kept for it.
    """
    kept = reserved(plan, scope, client)
    if kept is not None:
        return address == kept
    if address in _possible(plan, scope, client):
        return True
    others = {each.address for each in scope.reservations}
    return (
        any(address in part for part in scope_for(plan, scope, client).every_range) and address not in others
    )
