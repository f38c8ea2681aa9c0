"""Preflight: classes of clients are told apart, and what is for one is for nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from labgen.ground.errors import Problem
from labgen.ground.labplan import AddressRange
from labgen.ground.vocabulary import Redundancy
from labgen.plan import pools
from labgen.plan.preflight.case import PreflightCase
from labgen.plan.preflight.names import define
from labgen.plan.preflight.ranges import range_problems
from labgen.plan.preflight.serving import clients_of


def members(case: PreflightCase) -> Iterator[Problem]:
    """Clients of a class are clients of the segment, and of one class."""
    for name, segment in case.spec.segments.items():
        known, seen = clients_of(case.spec, segment), dict[str, str]()
        for class_name, each in segment.classes.items():
            for n, client in enumerate(each.clients):
                place = ("segments", name, "classes", class_name, "clients", n)
                if client not in known:
                    reason = f"`{client}` is no client of segment `{name}`"
                    yield case.problem(place, reason, define(client, known))
                elif client in seen:
                    reason = f"`{client}` is in class `{seen[client]}` already"
                    yield case.problem(place, reason, "a client sends one vendor class: name it once")
                seen[client] = class_name
        if segment.classes and not case.ledger.servers_of(name):
            reason = f"nothing serves segment `{name}`, so nobody tells classes apart"
            yield case.problem(("segments", name, "classes"), reason, "add a relay, or leave them out")


def distinct_classes(case: PreflightCase) -> Iterator[Problem]:
    """No class begins as another of its kind does: its clients would be in both."""
    for name, segment in case.spec.segments.items():
        for one, other in combinations(segment.classes, 2):
            first, second = segment.classes[one].sent, segment.classes[other].sent
            key = "vendor_class" if segment.classes[other].vendor_class else "user_class"
            alike = bool(segment.classes[one].vendor_class) == bool(segment.classes[other].vendor_class)
            if alike and (first.startswith(second) or second.startswith(first)):
                yield case.problem(
                    ("segments", name, "classes", other, key),
                    f"`{second}` and `{first}` of class `{one}` begin alike: a client would be in both",
                    "write more of each",
                )


def ranges(case: PreflightCase) -> Iterator[Problem]:
    """Ranges of classes lie in the segment and hold no address twice."""
    for name, segment in case.spec.segments.items():
        seen: list[tuple[str, AddressRange]] = []
        for class_name, each in segment.classes.items():
            place = ("segments", name, "classes", class_name, "range")
            for text in each.range:
                problems = list(range_problems(case, place, name, text, case.ledger.subnets(name)))
                yield from problems
                if problems:
                    continue
                found = pools.parse(text)
                other = next((who for who, theirs in seen if pools.overlap([found], [theirs])), None)
                if other is not None:
                    reason = f"{found} meets a range of class `{other}`"
                    yield case.problem(place, reason, "make the ranges disjoint")
                seen.append((class_name, found))
            if each.range and segment.pool.redundancy is Redundancy.LOAD_BALANCE:
                reason = "servers that balance load divide the pool by client, and not by class as well"
                yield case.problem(place, reason, "leave the range out, or write `mode: hot-standby`")


CHECKS = (members, distinct_classes, ranges)
