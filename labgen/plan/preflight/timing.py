"""Preflight: T1 < T2 < lease (RFC 2131 section 4.4.5)."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.ground.errors import Problem
from labgen.plan import pools
from labgen.plan.preflight.case import PreflightCase

UNITS = ((86400, "d"), (3600, "h"), (60, "m"))


def words(seconds: int) -> str:
    """Seconds in the largest unit that is whole."""
    return next((f"{seconds // size}{unit}" for size, unit in UNITS if seconds % size == 0), f"{seconds}s")


def timers(case: PreflightCase) -> Iterator[Problem]:
    """T1 comes before T2, and T2 before the end of the lease (RFC 2131 section 4.4.5)."""
    for name, segment in case.spec.segments.items():
        pool = segment.pool
        renew, rebind = pools.timers(pool.lease, pool.renew, pool.rebind)
        if renew < rebind < pool.lease:
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
            f"write `renew: {words(pool.lease // 2)}`, or a longer lease",
        )


CHECKS = (timers,)
