"""Checks that a plan that was read back is whole: what its parts name is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from labgen.ground.labplan import LabPlan, NodePlan, SegmentPlan


def whole(plan: LabPlan) -> LabPlan:
    """The plan itself. ValueError, in a sentence, where a part of it names something that is not there, or that is there twice."""
    for fault in faults(plan):
        raise ValueError(fault)
    return plan


def faults(plan: LabPlan) -> Iterator[str]:
    """Faults of a plan as a whole; a plan that `labgen build` wrote has none."""
    if not plan.nodes:
        yield "it has no nodes"
    yield from (f"node `{name}` is there twice" for name in _twice(node.name for node in plan.nodes))
    yield from (f"segment `{name}` is there twice" for name in _twice(each.name for each in plan.segments))
    ports = {node.name: {port.linux for port in node.interfaces} for node in plan.nodes}
    segments = {segment.name for segment in plan.segments}
    for node in plan.nodes:
        yield from _of_node(node, ports, segments)
    for link in plan.links:
        for end in link.endpoints:
            if end.linux not in ports.get(end.node, ()):
                yield f"link {link.index} ends at `{end.node}` {end.linux}, which is not there"
    for segment in plan.segments:
        yield from (
            f"segment `{segment.name}` names `{name}`, which is no node"
            for name in _named(segment)
            if name not in ports
        )


def _of_node(node: NodePlan, ports: dict[str, set[str]], segments: set[str]) -> Iterator[str]:
    for port in node.interfaces:
        for other in port.neighbors:
            if other.node not in ports:
                yield f"`{node.name}` has a neighbor `{other.node}`, which is no node"
        if port.segment is not None and port.segment not in segments:
            yield f"`{node.name}` {port.linux} is on a segment `{port.segment}`, which is not there"
    if node.client is not None:
        if node.client.segment not in segments:
            yield f"client `{node.name}` is on a segment `{node.client.segment}`, which is not there"
        if node.client.linux not in ports[node.name]:
            yield f"client `{node.name}` asks on {node.client.linux}, which is not there"
    for relay in node.relays:
        if relay.segment not in segments:
            yield f"`{node.name}` relays for a segment `{relay.segment}`, which is not there"


def _named(segment: SegmentPlan) -> tuple[str, ...]:
    return (*segment.switches, *segment.clients, *segment.routers, *segment.servers)


def _twice(names: Iterable[str]) -> Iterator[str]:
    return (name for name, count in Counter(names).items() if count > 1)
