"""Waiting for a lab of containers: until every node is ready, and the routed core has converged."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from ipaddress import ip_network

from labgen.devices import registry
from labgen.errors import LabStartError
from labgen.lab.containers.engine import Engine, State
from labgen.lab.deadline import Deadline
from labgen.plan.model import LabPlan, NodePlan

PAUSE = 0.25


def healthy(engine: Engine, containers: Mapping[str, str], deadline: Deadline) -> Mapping[str, State]:
    """Wait until each container runs and its health check, where it has one, passes. States by node.

    LabStartError names the nodes that are not ready in time, or ended.
    """
    while True:
        found = engine.states(list(containers.values()))
        states = {node: found.get(name, State(0, False, "")) for node, name in containers.items()}
        late = [
            node for node, state in states.items() if not state.running or state.health not in ("", "healthy")
        ]
        if not late:
            return states
        failed = [node for node in late if states[node].health == "unhealthy"]
        if failed or deadline.over:
            raise LabStartError(_why(engine, containers, failed or late, states, deadline))
        time.sleep(PAUSE)


def _why(
    engine: Engine,
    containers: Mapping[str, str],
    late: Sequence[str],
    states: Mapping[str, State],
    deadline: Deadline,
) -> str:
    name = containers[late[0]]
    logs = engine.run("logs", "--tail", "5", name)
    words = (logs.stdout + logs.stderr).decode("utf-8", "replace").strip()
    told = ", ".join(f"{node} ({states[node].health or 'not running'})" for node in late)
    return f"not ready after {deadline.seconds:.0f} s: {told}; the last words of {name}:\n{words}"


def converged(plan: LabPlan, engine: Engine, containers: Mapping[str, str], deadline: Deadline) -> None:
    """Wait until open nodes that speak OSPF have a route to every other's loopback. LabStartError where they do not."""
    for node in plan.nodes:
        if not (node.ospf and registry.get(node.device).facts.embedded):
            continue
        wanted = {
            other.loopback.network
            for other in plan.nodes
            if other.ospf and other.loopback and other is not node
        }
        while missing := wanted - _routes(engine, containers[node.name]):
            if deadline.over:
                shown = ", ".join(str(prefix) for prefix in sorted(missing, key=str)[:3])
                raise LabStartError(f"{node.name} has no route to {shown} after {deadline.seconds:.0f} s")
            time.sleep(PAUSE)


def _routes(engine: Engine, container: str) -> set[object]:
    text = engine.exec(container, ("ip", "-j", "-4", "route")).stdout or b"[]"
    found = (str(entry["dst"]) for entry in json.loads(text))
    return {ip_network(text) for text in found if text != "default"}


def limit(nodes: Sequence[NodePlan]) -> float:
    """Seconds a lab may take: virtual machines in containers boot for minutes, one after the other on a small host."""
    machines = sum(not registry.get(node.device).facts.embedded for node in nodes)
    return 120.0 + 240.0 * machines
