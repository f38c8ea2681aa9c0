"""Asking some nodes in between, for what they say now: it is no evidence, and nothing is kept."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from labgen.devices import readers
from labgen.devices.observed import Observed, Raw
from labgen.ground.labplan import LabPlan, NodePlan

if TYPE_CHECKING:
    from labgen.collect.session import Session


def polled_nodes(plan: LabPlan) -> tuple[NodePlan, ...]:
    """The nodes that have something to say: all but clients of segments without a server, which nobody starts."""
    return tuple(
        node for node in plan.nodes if node.client is None or plan.segment(node.client.segment).servers
    )


def poll(plan: LabPlan, session: Session, nodes: Collection[str]) -> Observed:
    """The answers of nodes to all their probes but the early ones; none of those that do not answer."""
    devices = {name: readers.of(plan.node(name)) for name in nodes}
    probes = {
        name: [probe for probe in device.probes(plan.node(name)) if not probe.early]
        for name, device in devices.items()
    }
    raw: dict[str, dict[str, Raw]] = {name: {} for name in nodes}
    for output in session.collect(probes):
        if not output.error:
            place = f"{output.node}/{output.probe.name}"
            raw[output.node][output.probe.name] = Raw(output.text, place, output.at)
    return Observed.total(device.observe(plan.node(name), raw[name]) for name, device in devices.items())
