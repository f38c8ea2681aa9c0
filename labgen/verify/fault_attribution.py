"""The fault of the spec that stands in the way of what a check was about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labgen.ground.labplan import LabPlan
from labgen.ground.planned_faults import FaultPlan
from labgen.verify.subject import Subject


def explaining(plan: LabPlan, subjects: Sequence[Subject]) -> tuple[FaultPlan, ...]:
    """The planned faults that explain failures about these subjects, which a short delay does not: what lets nothing through before what
    now and then loses a frame, then those nearest to one, and to earlier subjects before later."""
    paths = {
        subject: set(map(frozenset, _shortest_paths(plan, subject))) for subject in dict.fromkeys(subjects)
    }
    ranked = [
        (not fault.whole, distance, n, fault)
        for n, (subject, links) in enumerate(paths.items())
        for fault in plan.faults
        if fault.harms and (distance := _distance(plan, fault, subject, links)) is not None
    ]
    ordered = sorted(ranked, key=lambda each: each[:3])
    return tuple(dict.fromkeys(fault for *_, fault in ordered))


def follows_from(plan: LabPlan, name: str, subject: Subject) -> bool:
    """True if what a check was about has to do with the planned fault of this name; False where no fault is called so."""
    fault = next((each for each in plan.faults if each.on == name), None)
    if fault is None:
        return False
    return _distance(plan, fault, subject, set(map(frozenset, _shortest_paths(plan, subject)))) is not None


def _distance(plan: LabPlan, fault: FaultPlan, subject: Subject, links: set[frozenset[str]]) -> int | None:
    """The distance of a fault from what a check was about: at a node it names, on a link between two of them or on the way, at somebody
    else who takes part; None where it has nothing to do with it."""
    named = {subject.client, subject.switch, subject.server, subject.peer}
    if fault.whole_node:
        return 0 if fault.on in named else 2 if fault.on in set(_partners(plan, subject)) else None
    return 1 if set(fault.nodes) <= named or frozenset(fault.nodes) in links else None


def _partners(plan: LabPlan, subject: Subject) -> Iterator[str]:
    """The nodes that take part in the exchanges of the subject's client or segment."""
    if subject.switch and subject.server:
        return  # between these two, and nobody else
    segment = _segment(plan, subject)
    if segment is not None:
        found = plan.segment(segment)
        yield from found.servers
        yield from (switch.name for switch, _ in plan.relays(segment))
    if subject.client or subject.segment:
        return
    for node in (subject.switch, subject.server):
        for other in plan.segments:
            if node and (node in other.servers or node in other.routers):
                yield from other.servers


def _segment(plan: LabPlan, subject: Subject) -> str | None:
    node = plan.by_name.get(subject.client)
    if node is not None and node.client is not None:
        return node.client.segment
    return subject.segment or None


def _shortest_paths(plan: LabPlan, subject: Subject) -> Iterator[tuple[str, ...]]:
    """Links, as their two ends, on shortest ways between those that take part."""
    near = _near(plan)
    ends = [name for name in (subject.client, subject.peer, subject.switch, subject.server) if name in near]
    ends = list(dict.fromkeys([*ends, *(name for name in _partners(plan, subject) if name in near)]))
    for n, start in enumerate(ends):
        for goal in ends[n + 1 :]:
            yield from _links_between(near, start, goal)


def _near(plan: LabPlan) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {node.name: set() for node in plan.nodes}
    for link in plan.links:
        nodes = {end.node for end in link.endpoints}
        for node in nodes:
            found[node] |= nodes - {node}
    return found


def _distances(near: dict[str, set[str]], start: str) -> dict[str, int]:
    found, waiting = {start: 0}, [start]
    for name in waiting:
        for other in sorted(near[name]):
            if other not in found:
                found[other] = found[name] + 1
                waiting.append(other)
    return found


def _links_between(near: dict[str, set[str]], start: str, goal: str) -> Iterator[tuple[str, str]]:
    """Every link that some shortest way between two nodes takes."""
    there, back = _distances(near, start), _distances(near, goal)
    if goal not in there:
        return
    for one, others in near.items():
        for other in others:
            if one in there and other in back and there[one] + 1 + back[other] == there[goal]:
                yield one, other
