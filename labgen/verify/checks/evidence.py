"""Checks that everything was collected that was to be, and whole: what nobody read is not nothing."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.devices import readers, registry
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.vocabulary import Role
from labgen.verify.check import Catalogue, Subject
from labgen.verify.facts import Facts
from labgen.verify.judgement import (
    Judgement,
    Outcome,
    Proof,
    Witness,
    blocked,
    failed,
    passed,
    skipped,
)
from labgen.verify.polling import polled_nodes

check = Catalogue()
AGAIN = "run it again; if it happens again, see `labgen logs` and `labgen status`"


def subject_of(node: NodePlan) -> Subject:
    """A subject that is about one node."""
    by_role = {Role.CLIENT: "client", Role.SERVER: "server", Role.SWITCH: "switch"}
    return Subject(**{by_role[node.role]: node.name})


def answering_nodes(plan: LabPlan) -> Iterator[Subject]:
    """Nodes that are asked for anything."""
    for node in polled_nodes(plan):
        if readers.of(node).probes(node):
            yield subject_of(node)


@check("evidence.read", "everything that {node} was asked for was read, and understood", answering_nodes)
def read(subject: Subject, facts: Facts) -> Judgement:
    node = facts.plan.node(subject.node)
    expected = "an answer to every probe"
    missing = {probe: why for probe, why in facts.unread.items() if probe.partition("/")[0] == node.name}
    garbled = [
        text
        for text in facts.observed.problems
        if text.startswith(f"raw/{node.name}/") and "not understood (" in text
    ]
    if missing or garbled:
        reasons = [f"{probe.partition('/')[2]}: {why}" for probe, why in missing.items()]
        return Judgement(Outcome.ERROR, expected, "; ".join((*reasons, *garbled)), AGAIN)
    proofs = _proofs(facts, node.name)
    if not proofs:
        return Judgement(Outcome.ERROR, expected, f"{node.name} said nothing at all", AGAIN)
    return passed(expected, "all answered", proofs)


def _proofs(facts: Facts, node: str) -> tuple[Proof, ...]:
    witness = _witness(facts.plan.node(node))
    return tuple(Proof(witness, node, file) for file in facts.answered.get(node, ())[:1])


def _witness(node: NodePlan) -> Witness:
    return {Role.CLIENT: Witness.CLIENT, Role.SERVER: Witness.SERVER, Role.SWITCH: Witness.CONTROL_PLANE}[
        node.role
    ]


def captured_nodes(plan: LabPlan) -> Iterator[Subject]:
    """Nodes that DHCP goes through: clients that get leases, their relays and servers."""
    involved: dict[str, None] = {}
    for segment in plan.segments:
        if segment.servers:
            involved |= dict.fromkeys(segment.clients)
            involved |= {node.name: None for node, _ in plan.relays(segment.name)}
            involved |= dict.fromkeys(segment.servers)
    yield from (subject_of(plan.node(name)) for name in involved)


@check("evidence.captures", "the captures of {node} are whole", captured_nodes)
def captures(subject: Subject, facts: Facts) -> Judgement:
    node = subject.node
    expected = "a readable capture of every port, without a frame lost"
    if node in facts.blind:
        return Judgement(Outcome.ERROR, expected, facts.blind[node], AGAIN)
    if node in facts.captured:
        own = [Proof(Witness.WIRE, node, f"captures/{name}") for name in facts.files(node)]
        return passed(expected, f"{len(own)} captures", own)
    said = _witness(facts.plan.node(node))
    reasons = [Proof(said, node, clock.file) for clock in facts.observed.clocks if clock.node == node]
    if reasons:
        return passed("a capture, or a log of DHCP", "not captured; its log stands for the wire", reasons)
    if subject.switch:
        return skipped("a capture, or a log of DHCP", f"nobody watched {node}")
    return blocked(
        "a capture, or a log of DHCP", f"nobody watched {node}", "capture there, or turn on its DHCP debugs"
    )


def daemon_nodes(plan: LabPlan) -> Iterator[Subject]:
    """Nodes whose device says which processes it needs."""
    for node in plan.nodes:
        if node.foreign is not None:
            continue  # which ones it needs is its own business
        device = registry.get(node.device)
        if any(daemon.autostart and daemon.ready.kind != "exit" for daemon in device.daemons(plan, node)):
            yield subject_of(node)


@check("node.daemons", "every daemon that {node} needs runs", daemon_nodes)
def daemons(subject: Subject, facts: Facts) -> Judgement:
    node = facts.plan.node(subject.node)
    device = registry.get(node.device)
    wanted = [d.name for d in device.daemons(facts.plan, node) if d.autostart and d.ready.kind != "exit"]
    expected = f"{', '.join(wanted)} on {node.name}"
    own = {p.name: p for p in facts.observed.processes if p.node == node.name}
    proofs = {Proof(Witness.CONTROL_PLANE, node.name, p.file) for p in own.values()}
    dead = [name for name in wanted if name in own and not own[name].running]
    if dead:
        hint = f"see why it ended: `labgen logs {node.name} {dead[0]}`"
        return failed(expected, f"{', '.join(dead)} does not run", hint, proofs)
    frozen = [name for name in wanted if name in own and own[name].frozen]
    if frozen:
        hint = f"wake it: `labgen exec {node.name} -- sh -c 'kill -CONT $(cat /run/labgen/{frozen[0]}.pid)'`"
        return failed(expected, f"{', '.join(frozen)} is frozen (SIGSTOP)", hint, proofs)
    if not own:
        return blocked(expected, f"{node.name} did not say which processes run")
    return passed(expected, f"{', '.join(name for name in wanted if name in own)} run", proofs)
