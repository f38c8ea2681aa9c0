"""Wires whose two ends are in one node: of access ports that are snooped on, and between VRFs whose routes leak."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.devices.linux import dataplane
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.lab.embedded import blueprint as bp


def veths(plan: LabPlan) -> Iterator[bp.VethPair]:
    for node in plan.nodes:
        for each in dataplane.snooped(node):
            inner = bp.VethEnd(node.name, each.inner, each.vrf)
            yield bp.VethPair(inner, bp.VethEnd(node.name, each.bridged, each.vrf, bridge=each.bridge))
        for leak in node.leaks:
            ends = [
                bp.VethEnd(node.name, end.linux, end.vrf, addresses=(str(end.address),)) for end in leak.ends
            ]
            yield bp.VethPair(ends[0], ends[1])


def leaked(plan: LabPlan, node: NodePlan, vrf: str) -> Iterator[bp.Reach]:
    """Prefixes of other VRFs that a switch learns in one of its own, since others leak them into it."""
    own = {str(route.prefix) for route in node.routes if route.vrf == vrf}
    for other in plan.nodes:
        if other is node:
            continue
        for leak in other.leaks:
            for end in leak.ends:
                if end.vrf == vrf:
                    found = (str(r.prefix) for r in other.routes if r.interface == end.linux and r.vrf == vrf)
                    yield from (bp.Reach(prefix, vrf) for prefix in found if prefix not in own)
