"""Checks that nobody reaches who is in another VRF, and where packets get from the one into the other."""

from __future__ import annotations

from labgen.ground.vocabulary import Role
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks.reachability import answer_of, asked, seen_at, unasked
from labgen.verify.echoes import EchoSighting
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, blocked, failed, passed
from labgen.verify.reach_targets import strangers

check = Catalogue()


@check(
    "reach.isolation",
    "{client} does not reach {peer}, which is in another VRF",
    strangers,
    "RFC 4364",
)
def isolation(subject: Subject, facts: Facts) -> Judgement:
    expected = f"no answer from {subject.peer}"
    address = facts.observed.held(subject.peer)
    found = asked(facts, subject.client, address)
    if found is None or address is None:
        return unasked(expected, facts, subject.client)
    if found.answered:
        hint = "routes leak between the VRFs: compare route targets and static routes"
        path = _crossed(facts, subject, address)
        if not path:
            return failed(expected, f"{address} answered", hint, [answer_of(found)])
        last, through = path[-1], tuple(dict.fromkeys(each.node for each in path))
        observed = f"{address} answered; the echo request went through {', '.join(through)} into its VRF"
        if len(through) == 1:
            hint = f"{hint} on {last.node}, which has them both"
        proofs = [answer_of(found), seen_at(last)]
        return failed(expected, observed, hint, proofs, through if len(through) == 1 else ())
    control = [r for r in facts.observed.reached if r.node == subject.client and r.answered]
    theirs = [r for r in facts.observed.reached if r.target == address and r.answered]
    if not control and not theirs:
        return blocked(expected, f"{subject.client} reached nobody at all, so silence says nothing")
    return passed(expected, f"{address} is silent", [answer_of(found), *map(answer_of, control[:1])])


def _crossed(facts: Facts, subject: Subject, address: str) -> tuple[EchoSighting, ...]:
    """The sightings of a client's echo request up to a port of a segment of the other VRF; none where no switch saw it there."""
    theirs = next(segment.vrf for segment in facts.plan.segments if subject.peer in segment.clients)
    found: list[EchoSighting] = []
    for each in facts.echoes.path_to(subject.client, address):
        node = facts.plan.node(each.node)
        if node.role is not Role.SWITCH:
            continue
        found.append(each)
        port = next((p for p in node.interfaces if each.interface in (p.linux, p.name)), None)
        if port is not None and port.segment and facts.plan.segment(port.segment).vrf == theirs:
            return tuple(found)
    return ()
