"""Preflight: T1 < T2 < lease (RFC 2131 section 4.4.5)."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.ground.errors import Problem
from labgen.ground.planned_serving import INFINITE
from labgen.ground.vocabulary import Role
from labgen.plan import pools
from labgen.plan.preflight.case import PreflightCase

UNITS = ((86400, "d"), (3600, "h"), (60, "m"))


def words(seconds: int) -> str:
    """Seconds in the largest unit that is whole."""
    if seconds == INFINITE:
        return "infinite"
    return next((f"{seconds // size}{unit}" for size, unit in UNITS if seconds % size == 0), f"{seconds}s")


def timers(case: PreflightCase) -> Iterator[Problem]:
    """T1 comes before T2, and T2 before the end of the lease (RFC 2131 section 4.4.5)."""
    for name, segment in case.spec.segments.items():
        pool = segment.pool
        renew, rebind = pools.timers(pool.lease, pool.renew, pool.rebind)
        if renew < rebind < pool.lease or (pool.lease == INFINITE and renew == rebind == INFINITE):
            continue
        place = ("segments", name, "pool")
        if pool.renew is None and pool.rebind is None:
            reason = f"a lease of {words(pool.lease)} leaves no room for T1 and T2 before its end"
            yield case.problem((*place, "lease"), reason, "write 3s or longer")
            continue
        key = "rebind" if pool.rebind is not None and rebind >= pool.lease else "renew"
        said = getattr(pool, key) is not None
        yield case.problem(
            (*place, key if said else "rebind"),
            f"renew (T1, {words(renew)}) must come before rebind (T2, {words(rebind)}), "
            f"and that before the end of the lease ({words(pool.lease)})",
            "leave renew and rebind out"
            if pool.lease == INFINITE
            else f"write `renew: {words(pool.lease // 2)}`, or a longer lease",
        )


def bounds(case: PreflightCase) -> Iterator[Problem]:
    """The bounds of what clients may ask for lie around the lease time."""
    for name, segment in case.spec.segments.items():
        pool, place = segment.pool, ("segments", name, "pool")
        if pool.shortest is not None and pool.shortest > pool.lease:
            reason = (
                f"the shortest lease ({words(pool.shortest)}) is longer than the lease ({words(pool.lease)})"
            )
            yield case.problem((*place, "shortest"), reason, "write a shorter one, or a longer `lease`")
        if pool.longest is not None and pool.longest < pool.lease:
            reason = (
                f"the longest lease ({words(pool.longest)}) is shorter than the lease ({words(pool.lease)})"
            )
            yield case.problem((*place, "longest"), reason, "write a longer one, or a shorter `lease`")


def asking(case: PreflightCase) -> Iterator[Problem]:
    """Only a client asks for a lease time, and it gets its lease time from one place."""
    for name, node in case.spec.nodes.items():
        if node.asks_lease is not None and case.ledger.roles.get(name) is not Role.CLIENT:
            reason = f"`{name}` is no client, so it asks for no lease"
            yield case.problem(("nodes", name, "asks_lease"), reason, "leave it out")
    for name, segment in case.spec.segments.items():
        for each in segment.reservations:
            own = next(
                (c for c, spec in segment.classes.items() if each.value in spec.clients and spec.lease), ""
            )
            if each.lease is not None and own:
                reason = f"`{each.value}` has a lease time of its own and one of class `{own}`"
                yield case.problem(
                    ("segments", name, "reservations", each.value, "lease"), reason, "keep one of them"
                )


def once_for_all(case: PreflightCase) -> Iterator[Problem]:
    """A server has one time for declined addresses, and looks for users of addresses everywhere or nowhere."""
    first: dict[str, str] = {}
    for name, segment in case.spec.segments.items():
        for server in case.ledger.servers_of(name):
            other = first.setdefault(server, name)
            theirs = case.spec.segments[other].pool
            for key in ("quarantine", "ping_check"):
                if getattr(segment.pool, key) != getattr(theirs, key):
                    reason = f"segments `{other}` and `{name}` of server `{server}` differ in `{key}`, which is one for a server"
                    yield case.problem(
                        ("segments", name, "pool"),
                        reason,
                        "say the same in both, or use servers of their own",
                    )


CHECKS = (timers, bounds, asking, once_for_all)
