"""Checks that what a step asks for happened in time, and that the faults it made are there."""

from __future__ import annotations

from labgen.ground.vocabulary import Role
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks import subjects
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, Proof, Witness, blocked, failed, passed, wire

check = Catalogue()


@check("step.in-time", "{client} did in time what the step waits for", subjects.clients)
def in_time(subject: Subject, facts: Facts) -> Judgement:
    expected = "done before the deadline"
    remark = facts.remarks.get(subject.client)
    seen = [m for m in facts.messages if m.node == subject.client]
    if remark is not None:
        hint = f"see what {subject.client} did meanwhile: `labgen logs {subject.client}`, and the ladder"
        return failed(expected, str(remark), hint, wire(seen[-3:]))
    own = [
        Proof(Witness.CLIENT, a.node, a.file) for a in facts.observed.addresses if a.node == subject.client
    ]
    return passed(expected, f"{len(seen)} messages at {subject.client}, none late", wire(seen[:1]) or own[:1])


@check("fault.selected-server", "the server that gave {client} its lease is down", subjects.focus)
def selected_server(subject: Subject, facts: Facts) -> Judgement:
    return _down("selected-server", facts)


@check("fault.other-servers", "the other servers are down", subjects.focus)
def other_servers(subject: Subject, facts: Facts) -> Judgement:
    return _down("other-servers", facts)


@check("fault.renewal-relay", "the relay {client} renews through is down", subjects.focus)
def renewal_relay(subject: Subject, facts: Facts) -> Judgement:
    return _down("renewal-relay", facts)


@check("fault.servers", "the DHCP server on {server} is down", subjects.servers)
def servers(subject: Subject, facts: Facts) -> Judgement:
    return _stopped([subject.server], facts)


def _down(group: str, facts: Facts) -> Judgement:
    names = facts.roles.get(group, ())
    if not names:
        return blocked(f"the {group} is known", "the client has no lease that tells", "see `acquire`")
    return _stopped(names, facts)


def _stopped(names: tuple[str, ...] | list[str], facts: Facts) -> Judgement:
    """The positive control of a fault: without it, silence says nothing."""
    expected = f"no DHCP daemon on {', '.join(names)}"
    server = {name: facts.plan.node(name).role is Role.SERVER for name in names}
    proofs = [
        Proof(Witness.SERVER if server[d.node] else Witness.RELAY, d.node, d.file)
        for d in facts.observed.daemons
        if d.node in names
    ]
    up = [name for name in names if facts.running(name) is not False]
    if up:
        hint = "the fault could not be made, so nothing that follows is about it"
        return failed(expected, f"it runs on {', '.join(up)}", hint, proofs)
    return passed(expected, f"stopped on {', '.join(names)}", proofs)
