"""Lacks of clients and servers for the lease times and classes that a spec asks for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from labgen.devices.base import DeviceFacts
from labgen.ground.labplan import NodePlan, ScopePlan
from labgen.ground.planned_serving import INFINITE
from labgen.ground.vocabulary import LeasePolicy
from labgen.ground.yamldoc import Place
from labgen.plan import pools
from labgen.plan.capable_devices import others

_CANNOT: dict[LeasePolicy, str] = {
    "class": "gives all clients of a segment one lease time, as far as labgen can configure it",
    "own": "has no lease time for a single client that labgen could configure",
    "bounds": "has no bounds for lease times that clients ask for",
    "bounded-timers": "has T1 and T2 in seconds, which do not follow the lease time that a client asks for",
    "shorter": "grants whoever asks a shorter lease than `lease`",
    "infinite": "grants no lease without an end that labgen could configure",
    "quarantine": "leaves declined addresses alone as long as it is built to",
    "cache": "answers with a whole lease, or with what is left of it, as it is built to",
    "ping-check": "does not look for users of an address before it offers it, as far as labgen can configure it",
}


def lacks(node: NodePlan, facts: DeviceFacts) -> Iterator[tuple[Place, str, str]]:
    """Place in the spec, what the node's device cannot do, and what to do instead."""
    yield from _client(node, facts)
    can = facts.server.lease_policy if facts.server else frozenset()
    for scope in node.server.scopes if node.server else ():
        for policy, place in _asked(scope):
            able = policy in can
            if able == (policy == "shorter"):
                yield ("segments", scope.segment, *place), _CANNOT[policy], others(partial(_has, policy))


def _has(policy: LeasePolicy, other: DeviceFacts) -> bool:
    return other.server is not None and (policy in other.server.lease_policy) != (policy == "shorter")


def _asked(scope: ScopePlan) -> Iterator[tuple[LeasePolicy, Place]]:
    """Lease policies that a scope asks for, each with its place in the segment; `shorter` is what must not be."""
    for each in scope.classes:
        if each.lease is not None:
            yield "class", ("classes", each.name, "lease")
    if any(each.lease is not None for each in scope.reservations):
        yield "own", ("reservations",)
    if scope.shortest is not None:
        yield "bounds", ("pool", "shortest")
    if scope.longest is not None:
        yield "bounds", ("pool", "longest")
    bounded = scope.shortest is not None or scope.longest is not None
    if bounded and (scope.renew, scope.rebind) != pools.timers(scope.lease, None, None):
        yield "bounded-timers", ("pool", "renew")
    least = min(scope.asked.values(), default=scope.lease)
    if least < scope.lease and scope.shortest is None:
        yield "shorter", ("pool", "lease")
    if INFINITE in (scope.lease, *scope.lease_times):
        yield "infinite", ("pool", "lease")
    if scope.quarantine is not None:
        yield "quarantine", ("pool", "quarantine")
    if scope.cache is not None:
        yield "cache", ("pool", "cache")
    if scope.ping_check:
        yield "ping-check", ("pool", "ping_check")


def _client(node: NodePlan, facts: DeviceFacts) -> Iterator[tuple[Place, str, str]]:
    if node.client is None:
        return
    at: Place = ("segments", node.client.segment, "classes")
    can = facts.client
    if node.client.vendor_class and not (can and can.vendor_class):
        yield (
            at,
            "sends no vendor class that labgen could configure",
            others(lambda o: o.client is not None and o.client.vendor_class),
        )
    if node.client.user_class and not (can and can.user_class):
        yield (
            at,
            "sends no user class that labgen could configure",
            others(lambda o: o.client is not None and o.client.user_class),
        )
    if node.client.asks_lease is not None and not (can and can.asks_lease):
        yield (
            ("nodes", node.name, "asks_lease"),
            "asks for no lease time that labgen could configure",
            others(lambda o: o.client is not None and o.client.asks_lease),
        )
