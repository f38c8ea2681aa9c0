"""Lease times of Kea: by subnet, by class, and by reservation through a class of its own (Kea ARM, "Lease Lifetimes")."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.devices.kea.ha import Json
from labgen.ground.labplan import ReservationPlan, ScopePlan
from labgen.ground.planned_serving import INFINITE


def of(scope: ScopePlan) -> Json:
    """A lease time, and the bounds of what clients may ask for."""
    bounds = {
        "min-valid-lifetime": min(scope.shortest or scope.lease, scope.lease),
        "max-valid-lifetime": max(scope.longest or scope.lease, scope.lease),
    }
    return {"valid-lifetime": scope.lease, **(bounds if scope.shortest or scope.longest else {})}


def of_class(scope: ScopePlan, lease: int | None) -> Json:
    """A lease time that goes before the subnet's; nothing where there is none."""
    return of(scope.lasting(lease)) if lease is not None else {}


def timers(scope: ScopePlan) -> Json:
    """T1 and T2: in seconds, or as shares where lease times differ from client to client; none of a lease without an end."""
    if scope.rebind >= INFINITE:
        return {}
    several = scope.shortest or scope.longest or any(scope.lease_times)
    if not several or scope.lease == INFINITE:
        return {"renew-timer": scope.renew, "rebind-timer": scope.rebind}
    return {
        "calculate-tee-times": True,
        "t1-percent": scope.renew / scope.lease,
        "t2-percent": scope.rebind / scope.lease,
    }


def kept(scope: ScopePlan) -> Iterator[Json]:
    """Classes of those whose reservation has a lease time."""
    for each in scope.reservations:
        if each.lease is not None:
            yield {"name": _name(scope, each), **of_class(scope, each.lease)}


def membership(scope: ScopePlan, each: ReservationPlan) -> Json:
    """The key that puts a reservation's client into its class."""
    return {"client-classes": [_name(scope, each)]} if each.lease is not None else {}


def _name(scope: ScopePlan, each: ReservationPlan) -> str:
    """No class of a spec has a colon in its name."""
    return f"{scope.segment}:kept-{scope.reservations.index(each) + 1}"
