"""Waiting for a lab of containers: until every node is ready, and the routed core has converged."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from ipaddress import ip_network

from labgen.devices import registry
from labgen.devices.linux import kernel
from labgen.devices.routing_suite import suite
from labgen.ground.errors import LabStartError
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.lab.containers.engine import State
from labgen.lab.containers.lab import ContainerLab
from labgen.lab.containers.site import Site
from labgen.lab.deadline import Deadline, rest

PAUSE = 0.25
WORKERS = 8
SAME_SECONDS = 0.5
GIVEN_UP = 20.0
"""Seconds after which nobody will start a dead daemon again: watchfrr tries within ten."""


def healthy(
    site: Site, containers: Mapping[str, str], deadline: Deadline, tests: Mapping[str, str] | None = None
) -> Mapping[str, State]:
    """Wait until each container runs and its health check, where it has one, passes. States by node.

    `tests` are shell commands by node, tried where the engine does no health check. LabStartError names the nodes that are
    not ready in time, or ended.
    """
    while True:
        looked = time.monotonic()
        states = _states(site, containers, tests or {})
        late = [
            node for node, state in states.items() if not state.running or state.health not in ("", "healthy")
        ]
        if not late:
            return states
        failed = [node for node in late if states[node].health == "unhealthy"]
        if failed or deadline.over:
            raise LabStartError(_why(site, containers, failed or late, states, deadline))
        rest(looked, PAUSE)


def _states(site: Site, containers: Mapping[str, str], tests: Mapping[str, str]) -> dict[str, State]:
    found = site.states(containers)

    def tested(node: str) -> State:
        state = found.get(node, State(0, False, ""))
        if not state.running or state.health or node not in tests:
            return state
        passed = site.engine(node).exec(containers[node], ("sh", "-c", tests[node])).exit_code == 0
        return replace(state, health="healthy" if passed else "starting")

    with ThreadPoolExecutor(WORKERS) as pool:
        return dict(zip(containers, pool.map(tested, containers), strict=True))


def _why(
    site: Site,
    containers: Mapping[str, str],
    late: Sequence[str],
    states: Mapping[str, State],
    deadline: Deadline,
) -> str:
    name = containers[late[0]]
    logs = site.engine(late[0]).run("logs", "--tail", "5", name)
    words = (logs.stdout + logs.stderr).decode("utf-8", "replace").strip()
    waiting = ", ".join(f"{node} ({states[node].health or 'not running'})" for node in late)
    return f"not ready after {deadline.seconds:.0f} s: {waiting}; the last words of {name}:\n{words}"


def serving(lab: ContainerLab, deadline: Deadline) -> None:
    """Wait until every daemon that should runs. LabStartError names those that do not: a healthy container may have dead ones."""
    looked = time.monotonic()
    while dead := _dead(lab):
        if deadline.over:
            raise LabStartError(_not_running(lab, dead, f"after {deadline.seconds:.0f} s"))
        rest(looked, PAUSE)
        looked = time.monotonic()


def _dead(lab: ContainerLab) -> dict[str, list[str]]:
    """Daemons that should run and do not, by node. One that came to its planned end has an exit code."""
    found = {
        node.name: [each.name for each in node.daemons if each.state == "exited" and each.exit_code is None]
        for node in lab.daemons()
    }
    return {node: names for node, names in found.items() if names}


def _not_running(lab: ContainerLab, dead: Mapping[str, Sequence[str]], when: str) -> str:
    stopped = "; ".join(f"{node}: {', '.join(names)}" for node, names in dead.items())
    node, (daemon, *_) = next(iter(dead.items()))
    words = b"\n".join(b"\n".join(file.read().splitlines()[-4:]) for file in lab.logs(node, daemon))
    last = words.decode("utf-8", "replace").strip() or "(its log is empty)"
    return f"daemons do not run {when}: {stopped}; the last words of {daemon} on {node}:\n{last}"


def converged(lab: ContainerLab, deadline: Deadline) -> None:
    """Wait until open nodes that speak OSPF have the routes they need, and none has changed for a moment.

    They need every other speaker's loopback, and servers every giaddr they answer to. LabStartError where one is missing, or
    daemons stay dead while it is waited for.
    """
    nodes = [node for node in lab.plan.nodes if node.ospf and registry.get(node.device).facts.embedded]
    before: list[frozenset[str]] = []
    mourning: Deadline | None = None
    while True:
        looked = time.monotonic()
        with ThreadPoolExecutor(WORKERS) as pool:
            looks = list(
                pool.map(lambda node: _look(lab.plan, node, lab.site, lab.container(node.name)), nodes)
            )
        tables = [table for table, _ in looks]
        missing = [text for _, lacks in looks for text in lacks]
        if not missing and tables == before:
            return
        if missing:
            mourning = _mourned(lab, mourning, deadline)
            if deadline.over:
                raise LabStartError(f"after {deadline.seconds:.0f} s: {'; '.join(missing[:3])}")
        before = tables
        rest(looked, SAME_SECONDS)


def _mourned(lab: ContainerLab, since: Deadline | None, deadline: Deadline) -> Deadline | None:
    """The deadline until which dead daemons may yet come back; None where none is dead. LabStartError when that is over."""
    dead = _dead(lab)
    if not dead:
        return None
    granted = since or Deadline.patient(GIVEN_UP)
    if granted.over or deadline.over:
        raise LabStartError(_not_running(lab, dead, "any more"))
    return granted


def _look(plan: LabPlan, node: NodePlan, site: Site, container: str) -> tuple[frozenset[str], list[str]]:
    """A node's routes, and what it lacks."""
    printed = site.engine(node.name).exec(container, ("sh", "-c", _LOOK)).stdout.decode("utf-8", "replace")
    routes, _, neighbors = printed.partition("\n")
    table = kernel.paths(routes)
    return table, _missing(plan, node, table) + _alone(node, neighbors)


_LOOK = f"{kernel.ROUTES.text}; {suite().asked(suite().ospf.command)}"
"""Both tables by one process in the container, the first one in a line."""


def _alone(node: NodePlan, text: str) -> list[str]:
    """Neighbors that OSPF still lacks. Routes may be there before, by longer ways."""
    wanted = sum(port.kind == "p2p" and port.ospf for port in node.interfaces)
    full = len(suite().ospf.up(text))
    return [f"{node.name} has {full} of {wanted} OSPF neighbors"] if full < wanted else []


def _missing(plan: LabPlan, node: NodePlan, table: frozenset[str]) -> list[str]:
    loopbacks = [
        other.loopback.ip for other in plan.nodes if other.ospf and other.loopback and other is not node
    ]
    giaddrs = [address for scope in node.server.scopes for address in scope.relays] if node.server else []
    known = [ip_network(line.split()[0]) for line in table]
    return [
        f"{node.name} has no route to {address}"
        for address in dict.fromkeys([*loopbacks, *giaddrs])
        if not any(address in prefix for prefix in known)
    ]


def limit(nodes: Sequence[NodePlan]) -> float:
    """Seconds a lab may take: virtual machines in containers boot for minutes, one after the other on a small host."""
    return 120.0 + 240.0 * _machines(nodes)


def starting(nodes: Sequence[NodePlan]) -> Deadline:
    """The time that a tool may take to start a lab: netlab waits for virtual machines, and configures every node by Ansible."""
    return Deadline.patient(600.0 + 30.0 * len(nodes) + 600.0 * _machines(nodes))


def ending(containers: Collection[str]) -> Deadline:
    """The time that a tool may take to end a lab."""
    return Deadline.patient(300.0 + 10.0 * len(containers))


def _machines(nodes: Sequence[NodePlan]) -> int:
    return sum(not registry.get(node.device).facts.embedded for node in nodes)
