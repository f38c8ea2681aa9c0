"""Checks of the use of a lease: the gateway, a neighbor, another segment, and nobody in another VRF."""

from __future__ import annotations

from dataclasses import replace

from labgen.devices.observed import Reached
from labgen.devices.routing_suite import suite
from labgen.ground.labplan import LabPlan, SegmentPlan
from labgen.ground.vocabulary import Address
from labgen.verify import arp, groups, reach_targets
from labgen.verify.captures import tap
from labgen.verify.check import Catalogue, Subject
from labgen.verify.echoes import EchoSighting
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, Proof, Witness, blocked, failed, passed

check = Catalogue()


SOMEBODY_ELSE = "somebody else answers ARP for the gateway, or a switch has another MAC address on it"


@check(
    "reach.gateway",
    "{client} resolves and reaches the gateway of {segment}",
    reach_targets.gateways,
    "RFC 826, RFC 1122 section 3.3.1.2",
)
def gateway(subject: Subject, facts: Facts) -> Judgement:
    segment = facts.plan.segment(subject.segment)
    address = segment.gateway_for(facts.observed.held(subject.client))
    macs = _gateway_macs(facts.plan, segment, address)
    expected = f"an answer from {address}" + (f" at {' or '.join(sorted(macs))}" if macs else "")
    found = asked(facts, subject.client, str(address))
    if found is None:
        return unasked(expected, facts, subject.client)
    proofs = [answer_of(found)]
    if not found.answered:
        shown = f"{found.target} is silent, " + (
            f"and known at {found.mac}" if found.mac else "and does not resolve"
        )
        owners = ", ".join(segment.routers)
        hint = f"is the gateway address up on {owners}? `labgen exec {segment.routers[0]} -- ip -4 address`"
        if found.mac in macs:
            look = f"`labgen exec {segment.switches[0]} -- ip neighbor`"
            hint = f"it answers ARP, and no more: does it drop ICMP, or not know the client's hardware address? {look}"
        elif macs and found.mac:
            hint = SOMEBODY_ELSE
        last = facts.echoes.last(subject.client, str(address))
        blamed = _silent(facts, subject.client, segment, found, macs)
        if not blamed and last is not None and last.node in segment.routers:
            blamed, proofs = (last.node,), [*proofs, seen_at(last)]
            hint = (
                f"{last.node} got the echo request: does it drop ICMP? `labgen exec {last.node} -- ip rule`"
            )
        return failed(expected, shown, hint, proofs, blamed)
    twice = arp.others(
        (each for each in facts.claims if each.node == subject.client),
        found.target,
        _own_macs(facts.plan, segment),
    )
    if twice:
        observed = f"{found.target} answered at {found.mac}; {twice[0].mac} says by ARP that it has it too"
        seen = [Proof(Witness.WIRE, each.node, each.file, frame=each.frame) for each in twice]
        return failed(
            expected, observed, SOMEBODY_ELSE, [*proofs, *seen], filter(None, [facts.owner(twice[0].mac)])
        )
    if macs and found.mac not in macs:
        return failed(
            expected,
            f"{found.target} answered at {found.mac}",
            SOMEBODY_ELSE,
            proofs,
            filter(None, [facts.owner(found.mac)]),
        )
    return passed(expected, f"{found.target} answered at {found.mac}", proofs)


def _silent(
    facts: Facts, client: str, segment: SegmentPlan, found: Reached, macs: set[str]
) -> tuple[str, ...]:
    """The nodes at fault for a silent gateway: the one that answered ARP in its place, else the switch that clients get to first."""
    if found.mac and found.mac not in macs:
        return tuple(filter(None, [facts.owner(found.mac)]))
    home = groups.home_switch(facts.plan, client)
    return (home,) if home in segment.routers else ()


def _gateway_macs(plan: LabPlan, segment: SegmentPlan, gateway: Address | None) -> set[str]:
    """Hardware addresses the gateway may have; none where the plan does not say."""
    if segment.anycast:
        return {plan.anycast_mac} if plan.anycast_mac else set()
    ports = (plan.node(switch).on_segment(segment.name) for switch in segment.switches)
    return {
        port.mac
        for port in ports
        if port and gateway in [each.ip for each in (port.address, *port.secondary) if each]
    }


def _own_macs(plan: LabPlan, segment: SegmentPlan) -> frozenset[str]:
    """Every hardware address of the switches that route a segment: none of them is a stranger's."""
    return frozenset(
        mac for name in segment.routers for mac in tap(plan.node(name), "", plan.anycast_mac).macs
    )


@check("reach.neighbor", "{client} reaches {peer} on its segment", reach_targets.neighbors, "RFC 826")
def neighbor(subject: Subject, facts: Facts) -> Judgement:
    return _reaches(
        subject,
        facts,
        "the segment does not carry unicast between their switches: compare VNI, VTEPs and MAC routes",
    )


@check(
    "reach.other-segment",
    "{client} reaches {peer} on another segment of its VRF",
    reach_targets.other_segments,
    "RFC 1812 section 5.2.1",
)
def other_segment(subject: Subject, facts: Facts) -> Judgement:
    return _reaches(
        subject, facts, "follow the route from the client's gateway to the other segment and back"
    )


@check(
    "reach.leaked",
    "{client} reaches {peer} in the VRF that its own exchanges routes with",
    reach_targets.leaked,
    "RFC 4364",
)
def leaking(subject: Subject, facts: Facts) -> Judgement:
    return _reaches(subject, facts, "look at the routes of both VRFs on the switch that leaks")


@check(
    "reach.server",
    "{client} reaches {server}, where it renews its lease by unicast",
    reach_targets.servers,
    "RFC 2131 section 4.4.5, RFC 1812 section 5.2.1",
)
def server(subject: Subject, facts: Facts) -> Judgement:
    address = str(reach_targets.address_of(facts.plan, subject.server))
    expected = f"an answer from {address}"
    found = asked(facts, subject.client, address)
    if found is None:
        return unasked(expected, facts, subject.client)
    if found.answered:
        return passed(expected, f"{address} answered", [answer_of(found)])
    if (lost := _lost(facts, found, expected)) is not None:
        return lost
    home = groups.home_switch(facts.plan, subject.client)
    node = facts.plan.node(subject.client).client
    routes = node is not None and home in facts.plan.segment(node.segment).routers
    hint = (
        f"renewals go there, and will get no answer; does {home} forward, and is there a way back to the client's subnet? "
        f"`labgen exec {home} -- ip route get {address}`"
    )
    return failed(expected, f"{address} is silent", hint, [answer_of(found)], [home] if routes else [])


@check(
    "reach.external",
    "{client} reaches what is behind {peer}",
    reach_targets.beyond,
    "RFC 4364 section 10",
)
def external(subject: Subject, facts: Facts) -> Judgement:
    wanted = [str(address) for address in reach_targets.behind(facts.plan, subject)]
    expected = f"an answer from {' and '.join(wanted)}"
    found = [asked(facts, subject.client, address) for address in wanted]
    answers = [each for each in found if each is not None]
    if len(answers) < len(wanted):
        return unasked(expected, facts, subject.client)
    silent = [each.target for each in answers if not each.answered]
    proofs = [answer_of(each) for each in answers]
    if silent:
        first = next(each for each in answers if not each.answered)
        if (lost := _lost(facts, first, expected)) is not None:
            asks = f"{lost.hint}; is it {subject.peer} that does not announce it any more?"
            return replace(lost, hint=asks)
        hint = (
            f"compare the routes of {subject.peer} with those of the border switch: "
            f"`labgen exec {subject.peer} -- {suite().asked('show ip route')}`"
        )
        return failed(expected, f"{' and '.join(silent)} silent", hint, proofs)
    return passed(expected, f"{' and '.join(wanted)} answered", proofs)


def _reaches(subject: Subject, facts: Facts, hint: str) -> Judgement:
    address = facts.observed.held(subject.peer)
    expected = f"an answer from {address or subject.peer}"
    if address is None:
        return blocked(expected, f"{subject.peer} has no lease")
    found = asked(facts, subject.client, address)
    if found is None:
        return unasked(expected, facts, subject.client)
    if not found.answered:
        if (lost := _lost(facts, found, expected)) is not None:
            return lost
        return failed(
            expected,
            f"{address} is silent",
            f"{hint}: `labgen exec {subject.client} -- ip neighbor`",
            [answer_of(found)],
        )
    return passed(expected, f"{address} answered", [answer_of(found)])


def _lost(facts: Facts, found: Reached, expected: str) -> Judgement | None:
    """Judge by the last place where a client's question, or the answer, was seen; None where nobody saw it but the client."""
    last = facts.echoes.last(found.node, found.target)
    if last is None or (last.node == found.node and not last.reply):
        return None
    what = "echo reply" if last.reply else "echo request"
    towards = facts.observed.held(found.node) if last.reply else found.target
    own = {str(address) for address in facts.plan.node(last.node).addresses} | {
        facts.observed.held(last.node)
    }
    observed = f"{found.target} is silent; its {what} was last seen at {last.node} ({last.interface})"
    hint = (
        f"{last.node} got it and did not answer: does it drop ICMP, or not know the way back? `labgen exec {last.node} -- ip route`"
        if not last.reply and found.target in own
        else f"{last.node} did not pass it on: `labgen exec {last.node} -- ip route get {towards}`, and `ip rule` there"
    )
    return failed(expected, observed, hint, [answer_of(found), seen_at(last)], [last.node])


def seen_at(last: EchoSighting) -> Proof:
    return Proof(Witness.WIRE, last.node, last.file, frame=last.frame)


def asked(facts: Facts, client: str, address: str | None) -> Reached | None:
    """The fate of a client's question to an address."""
    own = (r for r in facts.observed.reached if r.node == client and r.target == address)
    return next(own, None)


def unasked(expected: str, facts: Facts, client: str) -> Judgement:
    """Nobody can say whom a client reaches that was not asked."""
    held = facts.observed.held(client)
    why = f"{client} has no lease to use" if held is None else f"{client} was not asked whom it reaches"
    return blocked(expected, why)


def answer_of(found: Reached) -> Proof:
    return Proof(Witness.CLIENT, found.node, found.file)
