"""Checks of what relays and servers may and may not touch, packet by packet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from labgen.dhcp.model import Direction, Exchange, Message, MessageRole, MessageType
from labgen.dhcp.options import Option, OptionCode, decode_options
from labgen.dhcp.packet import BROADCAST_FLAG, Packet
from labgen.dhcp.ports import CLIENT_PORT, SERVER_PORT
from labgen.ground.labplan import SnoopedPortPlan
from labgen.ground.suboption import SubOptionCode
from labgen.verify import redundancy
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks import subjects
from labgen.verify.checks.option82 import access_words, requests_at
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, blocked, failed, passed, skipped, wire
from labgen.verify.packets import differences, shown, value

check = Catalogue(sightings=True)


@dataclass(frozen=True, slots=True)
class _Relayed:
    """A message that was sent and the copy of it that a relay made, as sightings and as packets."""

    sent: Message
    copy: Message
    before: Packet
    after: Packet


def _judged(
    subject: Subject, expected: str, relayed: Sequence[_Relayed], faults: Iterable[str], things: str
) -> Judgement:
    """Of what a relay got and what it sent on, one by one: whether it touched what it must leave alone."""
    proofs = wire(message for each in relayed for message in (each.sent, each.copy))
    wrong = list(dict.fromkeys(faults))
    if wrong:
        hint = f"a relay must leave the rest alone: `labgen logs {subject.switch}`"
        return failed(expected, "; ".join(wrong), hint, proofs, [subject.switch])
    return passed(expected, f"{len(relayed)} {things}, none altered", proofs)


@check(
    "relay.requests",
    "{switch} passes on what {client} sends, and changes nothing but hops, giaddr and option 82",
    subjects.client_relays,
    "RFC 1542 section 4.1.1, RFC 3046 section 2.1",
)
def requests(subject: Subject, facts: Facts) -> Judgement:
    expected = "hops one more, giaddr set, option 82 as planned, all else as the client sent it, from port 67 to port 67"
    if subject.switch not in facts.captured:
        return skipped(expected, f"nobody captured {subject.switch}")
    relayed = tuple(_requests(subject, facts))
    if not relayed:
        return blocked(expected, f"nobody captured {subject.switch} passing on what {subject.client} sent")
    faults = (fault for each in relayed for fault in _request_faults(subject, facts, each))
    return _judged(subject, expected, relayed, faults, "copies")


def _requests(subject: Subject, facts: Facts) -> Iterator[_Relayed]:
    """Each request of the client with the copies of it that this switch sent."""
    giaddrs = {
        str(relay.giaddr) for node, relay in facts.relays(subject.client) if node.name == subject.switch
    }
    for exchange in facts.exchanges_of(subject.client):
        sent = shown(m for m in exchange.seen(role=MessageRole.CLIENT, direction=Direction.TX))
        out = exchange.seen(role=MessageRole.RELAY, direction=Direction.TX, node=subject.switch)
        for copy, packet in shown(m for m in out if not m.type.is_reply and m.giaddr in giaddrs):
            before = [(m, p) for m, p in sent if m.type is copy.type and (m.time or 0) <= (copy.time or 0)]
            if before:
                yield _Relayed(before[-1][0], copy, before[-1][1], packet)


def _request_faults(subject: Subject, facts: Facts, relayed: _Relayed) -> Iterator[str]:
    copy, before, after = relayed.copy, relayed.before, relayed.after
    yield from differences(before, after)
    if after.hops != before.hops + 1:
        yield f"hops {before.hops} became {after.hops}"
    if (copy.source_port, copy.destination_port) != (SERVER_PORT, SERVER_PORT):
        yield f"from port {copy.source_port} to port {copy.destination_port}"
    own = {str(address) for address in facts.plan.node(subject.switch).addresses}
    own |= {str(relay.giaddr) for _, relay in facts.relays(subject.client)}
    if copy.src not in own:
        yield f"source {copy.src} is no address of {subject.switch}"
    targets = {
        str(target.address)
        for node, relay in facts.relays(subject.client)
        if node.name == subject.switch
        for target in relay.targets
    }
    if copy.dst not in targets:
        yield f"sent to {copy.dst}, which is no planned server"


@check(
    "relay.replies",
    "{switch} hands {client} what servers sent, without option 82 and otherwise unchanged",
    subjects.client_relays,
    "RFC 1542 section 4.1.2, RFC 3046 section 2.1",
)
def replies(subject: Subject, facts: Facts) -> Judgement:
    expected = "option 82 removed, all else as the server sent it, to port 68"
    if kept := _kept(subject, facts):
        expected = f"option 82 given back to the access switch ({access_words(kept)}), all else as the server sent it, to port 68"
    if subject.switch not in facts.captured:
        return skipped(expected, f"nobody captured {subject.switch}")
    relayed = tuple(_replies(subject, facts))
    if not relayed:
        return blocked(expected, f"nobody captured {subject.switch} handing anything to {subject.client}")
    faults = (fault for each in relayed for fault in _reply_faults(facts, each, kept))
    return _judged(subject, expected, relayed, faults, "replies")


def _replies(subject: Subject, facts: Facts) -> Iterator[_Relayed]:
    """Each reply that this switch got from a server, with the copy it sent on."""
    for exchange in facts.exchanges_of(subject.client):
        came = exchange.seen(role=MessageRole.RELAY, direction=Direction.RX, node=subject.switch)
        went = exchange.seen(role=MessageRole.RELAY, direction=Direction.TX, node=subject.switch)
        known = shown(m for m in came if m.type.is_reply)
        for copy, packet in shown(m for m in went if m.type.is_reply):
            alike = [
                (m, p)
                for m, p in known
                if (m.type, m.yiaddr, m.giaddr, m.server_id)
                == (copy.type, copy.yiaddr, copy.giaddr, copy.server_id)
                and (m.time or 0) <= (copy.time or 0)
            ]
            # A server that looks before it offers answers several copies of a client's broadcast at once.
            same = [(m, p) for m, p in alike if (p.secs, p.xid) == (packet.secs, packet.xid)]
            if alike:
                before, own = (same or alike)[-1]
                yield _Relayed(before, copy, own, packet)


def _kept(subject: Subject, facts: Facts) -> SnoopedPortPlan | None:
    """The access port whose option 82 this relay passes on, and gives back."""
    own = (relay for node, relay in facts.relays(subject.client) if node.name == subject.switch)
    return next((kept for relay in own if (kept := facts.plan.kept(subject.client, relay))), None)


def _reply_faults(facts: Facts, relayed: _Relayed, kept: SnoopedPortPlan | None) -> Iterator[str]:
    copy = relayed.copy
    yield from differences(relayed.before, relayed.after)
    there = value(relayed.after, OptionCode.RELAY_AGENT) is not None
    if kept is None and there:
        yield "option 82 is still there"
    elif kept is not None and not there:
        yield f"option 82 of the access switch is not given back ({access_words(kept)})"
    if copy.destination_port != CLIENT_PORT and not _another_relay(facts, copy):
        yield f"to port {copy.destination_port}"
    if relayed.sent.destination_port != SERVER_PORT:
        yield f"the server sent it to port {relayed.sent.destination_port}"


def _another_relay(facts: Facts, copy: Message) -> bool:
    """A second relay hands replies to the first one."""
    return any(copy.dst in {str(a) for a in node.addresses} for node in facts.plan.nodes if node.relays)


@check(
    "server.replies",
    "{server} answers {client} as the relays asked it: to giaddr, with the same option 82",
    subjects.relayed_client_servers,
    "RFC 2131 section 4.1, RFC 3046 section 2.2",
)
def server_replies(subject: Subject, facts: Facts) -> Judgement:
    expected = "replies to giaddr, with giaddr, xid, flags, chaddr and option 82 of the request"
    if subject.server not in facts.captured:
        return skipped(expected, f"nobody captured {subject.server}")
    found = [
        (exchange, message, packet)
        for exchange in facts.exchanges_of(subject.client)
        for message, packet in shown(
            m
            for m in exchange.seen(role=MessageRole.SERVER, direction=Direction.TX, node=subject.server)
            if m.type.is_reply and m.giaddr is not None
        )
    ]
    if not found:
        return _nothing_sent(subject, facts, expected)
    faults = [f for exchange, message, packet in found for f in _echo(subject, exchange, message, packet)]
    proofs = wire(message for _, message, _ in found)
    if faults:
        hint = f"relays map replies back by what they sent: `labgen logs {subject.server}`"
        return failed(expected, "; ".join(dict.fromkeys(faults)), hint, proofs)
    return passed(expected, f"{len(found)} replies to {_listed(m.dst for _, m, _ in found)}", proofs)


def _nothing_sent(subject: Subject, facts: Facts, expected: str) -> Judgement:
    """A server that said nothing: right where its partner answers."""
    if redundancy.of_client(facts.plan, subject.client).must_answer(subject.server):
        return blocked(expected, f"{subject.server} sent {subject.client} nothing through a relay")
    asked = requests_at(facts, subject.client, subject.server)
    if not asked:
        return blocked(expected, f"nothing of {subject.client} reached {subject.server}")
    return passed(expected, "nothing: its partner answered", wire(asked))


def _broadcast_refusal(message: Message, packet: Packet) -> bool:
    """A NAK through a relay must have the broadcast bit set, whatever the client asked for (RFC 2131 section 4.3.2)."""
    return message.type is MessageType.NAK and packet.flags == BROADCAST_FLAG


def _echo(subject: Subject, exchange: Exchange, message: Message, packet: Packet) -> Iterator[str]:
    if message.dst != message.giaddr:
        yield f"{message.type.value} with giaddr {message.giaddr} sent to {message.dst}"
    asked = [
        p
        for m, p in shown(exchange.seen(role=MessageRole.SERVER, direction=Direction.RX, node=subject.server))
        if m.giaddr == message.giaddr and (m.time or 0) <= (message.time or 0)
    ]
    if not asked:
        yield f"{message.type.value} to {message.giaddr}, which asked nothing"
        return
    if all(p.xid != packet.xid for p in asked):
        yield f"{message.type.value} with xid {packet.xid:#010x}"
    if all(p.chaddr != packet.chaddr for p in asked):
        yield f"{message.type.value} for {packet.mac}"
    if all(p.flags != packet.flags for p in asked) and not _broadcast_refusal(message, packet):
        yield f"flags {asked[-1].flags:#06x} became {packet.flags:#06x}"
    back = value(packet, OptionCode.RELAY_AGENT)
    if _echoed(back) not in [_echoed(value(p, OptionCode.RELAY_AGENT)) for p in asked]:
        shown_back = f"0x{back.hex()}" if back is not None else "absent"
        yield f"option 82 came back as {shown_back}"


def _echoed(octets: bytes | None) -> tuple[Option, ...] | None:
    """Sub-options that have to come back: an empty 152 is taken out by a server that understood 151 (RFC 6607 section 7.2)."""
    if octets is None:
        return None
    return tuple(o for o in decode_options(octets)[0] if (o.code, o.data) != (SubOptionCode.VSS_CONTROL, b""))


def _listed(values: Iterable[str | None]) -> str:
    return ", ".join(dict.fromkeys(v for v in values if v))
