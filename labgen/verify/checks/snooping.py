"""Checks of access switches that snoop: option 82 in, option 82 out, and nobody at an access port hears others or serves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from labgen.dhcp.model import Message, MessageType
from labgen.ground.labplan import LabPlan, NodePlan, SnoopedPortPlan, SnoopPlan
from labgen.verify import groups
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks import subjects
from labgen.verify.checks.option82 import access_faults, access_words, shown
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, blocked, failed, passed, wire

check = Catalogue(sightings=True)
TRUST = "RFC 3046 section 2.1"


def snooped_clients(plan: LabPlan) -> Iterator[Subject]:
    """Clients whose port a switch snoops on."""
    for subject in subjects.clients(plan):
        found = plan.snooped(subject.client)
        if found is not None:
            yield Subject(client=subject.client, switch=found[0].name)


def snooped_focus(plan: LabPlan) -> Iterator[Subject]:
    """The client that plays a server."""
    node = groups.focus(plan)
    if node is not None:
        yield from (each for each in snooped_clients(plan) if each.client == node.name)


def _place(facts: Facts, client: str) -> tuple[NodePlan, SnoopPlan, SnoopedPortPlan]:
    found = facts.plan.snooped(client)
    assert found is not None
    switch, port = found
    return switch, next(each for each in switch.snooping if port in each.ports), port


def _at(facts: Facts, switch: NodePlan, client: str) -> tuple[Message, ...]:
    """A client's DHCP messages as a switch saw them in this step, before a relay made copies of them."""
    mac = facts.mac(client)
    found = (m for m in facts.messages if m.node == switch.name and m.mac == mac and m.giaddr is None)
    return tuple(m for m in found if (m.time or 0.0) >= facts.since)


@check(
    "snooping.inserts",
    "{switch} puts the planned option 82 into what {client} sends",
    snooped_clients,
    TRUST,
)
def inserts(subject: Subject, facts: Facts) -> Judgement:
    switch, _, port = _place(facts, subject.client)
    expected = access_words(port)
    if switch.name not in facts.captured:
        return blocked(expected, f"nobody captured {switch.name}")
    sent = [m for m in _at(facts, switch, subject.client) if not m.type.is_reply]
    came = [m for m in sent if m.interface == port.linux]
    went = [m for m in sent if m.interface not in {each.linux for v in switch.snooping for each in v.ports}]
    if not came:
        return blocked(expected, f"nothing of {subject.client} came in at {port.interface}")
    if not went:
        hint = f"`labgen logs {switch.name}`: what is dropped has a reason there"
        return failed(
            expected, f"it came in at {port.interface} and went no further", hint, wire(came), [switch.name]
        )
    faults = dict.fromkeys(text for m in went for text, _ in access_faults(m, port))
    if faults:
        hint = f"is labgen-snoop running, and its configuration the plan's? `labgen logs {switch.name}`"
        return failed(expected, "; ".join(faults), hint, wire(went), [switch.name])
    return passed(expected, f"{len(went)} with {shown(went[0]) or 'none'}", wire((*came[:1], *went)))


@check(
    "snooping.strips",
    "{switch} takes option 82 out of the answers to {client}",
    snooped_clients,
    TRUST,
)
def strips(subject: Subject, facts: Facts) -> Judgement:
    switch, _, port = _place(facts, subject.client)
    expected = f"answers at {port.interface} without option 82"
    answers = [m for m in _at_port(facts, switch, subject.client) if m.type.is_reply]
    own = [m for m in answers if m.interface == port.linux]
    if not own:
        return blocked(expected, f"no answer to {subject.client} left {switch.name} at {port.interface}")
    leaked = [m for m in own if m.option82]
    if leaked:
        hint = f"is labgen-snoop running? `labgen logs {switch.name}`"
        return failed(expected, f"{len(leaked)} of {len(own)} carry it", hint, wire(leaked), [switch.name])
    with_it = [m for m in answers if m.option82]
    on_entry = f", {len(with_it)} had it on the way in" if with_it else ""
    return passed(expected, f"{len(own)} answers, none carries it{on_entry}", wire((*with_it, *own)))


@check(
    "snooping.private",
    "{switch} lets nobody at another access port hear {client}, or answers to it",
    snooped_clients,
    TRUST,
)
def private(subject: Subject, facts: Facts) -> Judgement:
    switch, vlan, port = _place(facts, subject.client)
    others = {each.linux: each for each in vlan.ports if each is not port}
    expected = f"its messages at {port.interface} alone" + (
        f", none at {', '.join(each.interface for each in others.values())}" if others else ""
    )
    seen = _at_port(facts, switch, subject.client)
    own = [m for m in seen if m.interface == port.linux]
    if not own:
        return blocked(expected, f"nothing of {subject.client} was seen at {port.interface}")
    strayed = [m for m in seen if m.interface in others]
    if strayed:
        where = ", ".join(dict.fromkeys(others[m.interface or ""].client for m in strayed))
        hint = f"is labgen-snoop running? `labgen logs {switch.name}`"
        observed = f"{_kinds(strayed)} of {subject.client} towards {where}"
        return failed(expected, observed, hint, wire(strayed), [switch.name])
    return passed(expected, f"{len(own)} there, none at other access ports", wire(own[:2]))


def _at_port(facts: Facts, switch: NodePlan, client: str) -> tuple[Message, ...]:
    """A client's DHCP messages as a switch saw them in this step, giaddr or not: answers have the relay's."""
    mac = facts.mac(client)
    found = (m for m in facts.messages if m.node == switch.name and m.mac == mac)
    return tuple(m for m in found if (m.time or 0.0) >= facts.since)


def _kinds(messages: Iterable[Message]) -> str:
    return " and ".join(dict.fromkeys(m.type.value for m in messages))


@check(
    "snooping.rogue",
    "{switch} stops what {client} sends as if it were a server",
    snooped_focus,
    "RFC 7513",
)
def rogue(subject: Subject, facts: Facts) -> Judgement:
    switch, _, port = _place(facts, subject.client)
    expected = f"the OFFER of {subject.client} at {port.interface}, and nowhere else"
    came = [
        m for m in facts.messages if _forged(m, facts) and m.node == switch.name and m.interface == port.linux
    ]
    if not came:
        return blocked(expected, f"no OFFER of {subject.client} came in at {port.interface}")
    behind = [
        m
        for m in facts.messages
        if _forged(m, facts)
        and m.node != subject.client
        and (m.node, m.interface) != (switch.name, port.linux)
    ]
    if behind:
        where = ", ".join(dict.fromkeys(f"{m.node} ({m.interface})" for m in behind))
        hint = f"servers behind access ports must not be heard: is labgen-snoop running? `labgen logs {switch.name}`"
        return failed(expected, f"the OFFER went on to {where}", hint, wire(behind), [switch.name])
    return passed(expected, f"{len(came)} OFFER at {port.interface}, none behind it", wire(came))


def _forged(message: Message, facts: Facts) -> bool:
    """An OFFER under the transaction that no client has: that of the action `impersonate-server`."""
    recent = (message.time or 0.0) >= facts.since
    return recent and message.type is MessageType.OFFER and message.xid == FORGED_XID


FORGED_XID = 0x6C616267
"""The transaction of the forged OFFER of `impersonate-server`."""
