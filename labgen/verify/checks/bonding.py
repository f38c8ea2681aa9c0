"""A client with a bond to several switches: when the member it uses fails, the next takes over and the lease lives on."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.dhcp.model import Direction, Kind, MessageRole, MessageType
from labgen.ground.labplan import InterfacePlan, LabPlan
from labgen.verify import groups
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks.renewal import extended
from labgen.verify.checks.witnesses import agreement
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, Proof, Witness, blocked, failed, passed, wire

check = Catalogue()

REQUEST = MessageType.REQUEST


def _bonded(plan: LabPlan) -> Iterator[Subject]:
    """The client whose member fails."""
    yield from (Subject(client=node.name) for node in groups.candidates("bonded", plan))


def _switches(plan: LabPlan) -> Iterator[Subject]:
    """The client as each switch of its segment sees it; only EVPN tells."""
    evpn = plan.overlay is not None and plan.overlay.control == "evpn"
    for subject in _bonded(plan) if evpn else ():
        own = plan.node(subject.client).client
        assert own is not None
        yield from (
            Subject(client=subject.client, switch=switch) for switch in plan.segment(own.segment).switches
        )


def _member_port(plan: LabPlan, client: str, switch: str) -> InterfacePlan:
    """The switch's port of a client's bond."""
    ports = plan.node(switch).interfaces
    return next(p for p in ports if p.lag and any(n.node == client for n in p.neighbors))


@check("bond.mac", "{switch} knows {client} behind the member that is left", _switches, "RFC 7432 section 15")
def mac(subject: Subject, facts: Facts) -> Judgement:
    _, *others = groups.bond_switches(facts.plan, subject.client)
    target = facts.plan.node(others[0])
    vtep = str(target.loopback.ip) if target.loopback else "?"
    address = facts.mac(subject.client)
    here = subject.switch == target.name
    expected = f"{address} " + ("local" if here else f"behind {target.name} ({vtep})")
    own = [m for m in facts.observed.macs if m.node == subject.switch]
    proofs = {Proof(Witness.CONTROL_PLANE, m.node, m.file) for m in own}
    match = next((m for m in own if m.mac == address), None)
    if match is None:
        hint = f"no frame of the client came by {target.name}: {facts.asking(target.name, 'show evpn mac vni all')}"
        return failed(expected, f"{address} unknown", hint, proofs)
    observed = f"{address} {'local' if match.vtep is None else f'behind {match.vtep}'}"
    if match.vtep == (None if here else vtep):
        return passed(expected, observed, proofs)
    hint = "the switch that lost the member must withdraw the MAC address, and the mobility sequence number must grow"
    return failed(expected, observed, hint, proofs)


@check(
    "bond.other-way",
    "the renewal of {client} comes by the member that is left",
    _bonded,
    "RFC 7432 section 14.1.1",
)
def through_other(subject: Subject, facts: Facts) -> Judgement:
    _, *others = groups.bond_switches(facts.plan, subject.client)
    return _through(subject, facts, others[0])


@check(
    "bond.own-way",
    "the renewal of {client} comes by its first member again",
    _bonded,
    "RFC 7432 section 14.1.1",
)
def through_own(subject: Subject, facts: Facts) -> Judgement:
    return _through(subject, facts, groups.bond_switches(facts.plan, subject.client)[0])


def _through(subject: Subject, facts: Facts, wanted: str) -> Judgement:
    """Judge where the last unicast REQUEST came in: at the switch of the bond that saw it first. One that does not know where it goes to
    floods it, and the others send it out of their members, where the bond drops it."""
    plan = facts.plan
    switches = groups.bond_switches(plan, subject.client)
    ports = {name: _member_port(plan, subject.client, name) for name in switches}
    expected = f"the unicast REQUEST comes in at {wanted} {ports[wanted].name}"
    exchange = facts.exchange(subject.client, Kind.RENEW)
    asked = exchange.seen(REQUEST, role=MessageRole.CLIENT, direction=Direction.TX) if exchange else ()
    if exchange is None or not asked:
        return blocked(expected, f"{subject.client} sent no renewal")
    seen = [
        message
        for message in exchange.seen(REQUEST)
        if message.node in ports
        and message.interface in (ports[message.node].name, ports[message.node].linux)
        and (message.time or 0.0) >= (asked[-1].time or 0.0)
    ]
    unseen = [name for name in switches if name not in facts.captured]
    if not seen and unseen:
        return blocked(expected, f"nobody watched the wire at {' and '.join(unseen)}")
    first = min(seen, key=lambda message: message.time or 0.0, default=None)
    if first is not None and first.node == wanted:
        return passed(expected, f"it came in at {wanted} {ports[wanted].name}", wire([first]))
    observed = (
        f"it came in at {first.node} {ports[first.node or ''].name}"
        if first
        else "no switch of the bond saw it"
    )
    hint = f"which member does the bond use, and which have a carrier? `labgen exec {wanted} -- ip -br link`"
    return failed(expected, observed, hint, wire(seen), [wanted])


@check("bond.renewal", "{client} renews by the member that is left", _bonded, "RFC 2131 section 4.4.5")
def renewal(subject: Subject, facts: Facts) -> Judgement:
    return extended(subject, facts, Kind.RENEW)


@check(
    "bond.witnesses",
    "client, server and wire agree on the lease of {client} through the switches that are left",
    _bonded,
    "RFC 2131 section 4.4.1",
)
def witnesses(subject: Subject, facts: Facts) -> Judgement:
    return agreement(subject, facts, Kind.ACQUIRE)
