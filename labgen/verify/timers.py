"""Leases short enough to see T1, T2 and expiry (RFC 2131 section 4.4.5) while somebody waits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from labgen.devices import readers
from labgen.ground.errors import UsageError
from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import Role
from labgen.spec.load import Setting
from labgen.spec.model import Spec
from labgen.verify.playbook_spec import PlaybookSpec


@dataclass(frozen=True, slots=True)
class Times:
    """Lease time, T1 and T2 in seconds; None where nobody asks for one."""

    lease: int | None = None
    renew: int | None = None
    rebind: int | None = None

    def __str__(self) -> str:
        named = (("lease", self.lease), ("T1", self.renew), ("T2", self.rebind))
        return ", ".join(f"{name} {value} s" for name, value in named if value is not None)


def asked(specs: Iterable[PlaybookSpec]) -> Times:
    """The shortest times that any of the playbooks asks for."""
    known = list(specs)

    def least(values: Iterator[int | None]) -> int | None:
        return min((value for value in values if value is not None), default=None)

    return Times(
        least(spec.lease for spec in known),
        least(spec.renew for spec in known),
        least(spec.rebind for spec in known),
    )


def settings(spec: Spec, playbooks: Iterable[PlaybookSpec]) -> tuple[Setting, ...]:
    """Settings (`segments.<name>.pool.lease=12`) that shorten a spec's timers to what playbooks ask for, and what is taken out of it;
    none where they are short enough.
    """
    times = asked(playbooks)
    found: list[Setting] = []
    for name, segment in spec.segments.items():
        pool = segment.pool
        if times.lease is None:
            continue
        found += [path for path, lease in _apart(spec, name) if lease > times.lease]
        if pool.lease <= times.lease:
            continue
        found += [("segments", name, "pool", key) for key in ("shortest", "longest") if getattr(pool, key)]
        values = (("lease", times.lease), ("renew", times.renew), ("rebind", times.rebind))
        found += [f"segments.{name}.pool.{key}={value}" for key, value in values if value is not None]
    return tuple(found)


def _apart(spec: Spec, name: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Lease times of classes and single clients of a segment, and those that clients ask for, with where the spec says so."""
    segment = spec.segments[name]
    for each, own in segment.classes.items():
        if own.lease is not None:
            yield ("segments", name, "classes", each, "lease"), own.lease
    for kept in segment.reservations:
        if kept.lease is not None:
            yield ("segments", name, "reservations", kept.key, "lease"), kept.lease
    for members in segment.attach.values():
        for client in members:
            asks = spec.nodes[client].asks_lease if client in spec.nodes else None
            if asks is not None:
                yield ("nodes", client, "asks_lease"), asks


def needs_no_timer(spec: PlaybookSpec, plan: LabPlan) -> bool:
    """True if a playbook waits for no timer: it tells clients to do what their timers would have them do, and every client
    of the lab can be told.
    """
    clients = plan.role(Role.CLIENT)
    trigger = spec.trigger or spec.told
    return bool(trigger) and all(trigger in readers.actions(n) for n in clients)


def require(spec: PlaybookSpec, plan: LabPlan) -> None:
    """UsageError where the lab's leases are too long for a playbook to see its timers run; T1 and T2 follow the lease."""
    if needs_no_timer(spec, plan):
        return
    for scope in (scope for node in plan.nodes if node.server for scope in node.server.scopes):
        longest = max((scope.lease, *scope.lease_times))
        if spec.lease is not None and longest > spec.lease:
            limits = Times(spec.lease, spec.renew, spec.rebind)
            has = Times(scope.lease, scope.renew, scope.rebind)
            pairs = (("lease", spec.lease), ("renew", spec.renew), ("rebind", spec.rebind))
            settings = [
                f"--set segments.{scope.segment}.pool.{key}={value}s" for key, value in pairs if value
            ]
            raise UsageError(
                f"playbook `{spec.name}` waits for timers ({limits}), and this lab's are too long on segment "
                f"{scope.segment} ({has}); start the lab from its spec with `labgen up SPEC --playbook {spec.name}`, "
                f"which shortens them, or build it with `{' '.join(settings)}`"
            )
