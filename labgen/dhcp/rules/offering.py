"""Rules about OFFERs: those that nobody takes, and those that come late."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from labgen.dhcp.message import Message, MessageRole, MessageType
from labgen.dhcp.model import Exchange, ExchangeOutcome, Finding, Kind, Severity
from labgen.dhcp.remarks import Cause, Remark
from labgen.dhcp.rules.attempts import LONGEST_PAUSE, SHORTEST_PAUSE, answered_too_late, looks_for_servers
from labgen.dhcp.rules.case import Case, listed, seen
from labgen.dhcp.rules.circumstances import lost_underway, offers_lost_between
from labgen.dhcp.rules.hints import hints
from labgen.dhcp.rules.objections import network_fault, objections, passes_by

# Seconds from the first DISCOVER to the first answer that are worth a word.
_SLOW = 3.0
# Seconds in which OFFERs that are not taken belong together.
_LONG = 900.0


def offers_not_taken(cases: Sequence[Case]) -> Iterator[Finding]:
    """DISCOVER and OFFER again and again, and no REQUEST: the OFFER does not reach the client, or it refuses it."""
    failing = _refused_at_the_end(cases)
    while len(failing) > 1 and _since(failing[0], failing[-1]) > _LONG:
        failing.pop(0)
    rounds = sum(_rounds(case.exchange) for case in failing)
    if not failing:
        return
    case = failing[-1]
    offers = [m for m in case.exchange.messages if m.type is MessageType.OFFER]
    if rounds < 2:
        asked = [m for m in case.exchange.messages if m.type is MessageType.DISCOVER]
        passed = [passes_by(offer, asked) for offer in offers]
        if all(passed):
            text = f"{passed[-1]}; {seen(offers[-1])}, and no REQUEST followed"
            yield case.finding("offers-not-taken", text, offers, offers[-1].node)
        return
    if not _had_time(failing):
        return
    replies_only = not _shows_requests(failing)
    weak = replies_only or _is_hinted(failing, rounds)
    idle = _is_pxe(failing) or looks_for_servers(failing)
    severity = Severity.INFO if idle else Severity.WARNING if weak else None
    text = _offered(failing, rounds, replies_only) + _of_another_transaction(cases, offers)
    text += answered_too_late(cases)
    reason = _reason(failing) or lost_underway(failing, offers)
    text += "".join(f"; {remark.node} says: {remark.words}" for remark in reason)
    yield case.finding("offers-not-taken", text, [*reason, *offers], offers[-1].node, severity)


_NOT_DELIVERED = re.compile(
    r"send|sent|forward|deliver|unreachable|no route|permitted|denied|drop|discard", re.I
)


def _reason(failing: Sequence[Case]) -> list[Remark]:
    """A node's remark that it did not deliver something to the client; the last one."""
    found = [
        remark
        for case in failing
        for remark in case.remarks
        if remark.cause in (Cause.FAILED, Cause.DROPPED, Cause.UNREACHABLE)
        and _NOT_DELIVERED.search(remark.words)
    ]
    return found[-1:]


def _shows_requests(failing: Sequence[Case]) -> bool:
    """True if one of the files with these OFFERs shows requests at all; of a capture that does not only the missing ACK is known."""
    known = failing[-1].context.vantages or {}
    messages = [m for case in failing for m in case.exchange.messages]
    return any(
        m.frame is None or m.file is None or m.file not in known or known[m.file].requests for m in messages
    )


def _of_another_transaction(cases: Sequence[Case], offers: Sequence[Message]) -> str:
    """Words for OFFERs that come under a transaction that the client did not begin, beside one that it did (RFC 2131 table 1)."""
    asked = {m.xid for case in cases for m in case.exchange.seen(MessageType.DISCOVER) if m.frame is not None}
    given = {m.xid for m in offers if m.frame is not None}
    if not asked or not given or None in given or asked & given:
        return ""
    return f"; they answer transaction {listed(map(hex, sorted(x or 0 for x in given)))}, and the client asked under another one"


def _refused_at_the_end(cases: Sequence[Case]) -> list[Case]:
    """The client's last exchanges, all with OFFERs that it did not take; a DISCOVER with which the file ends is one more try."""
    tries = list(cases)
    while (
        tries and tries[-1].exchange.outcome is ExchangeOutcome.NO_REPLY and not tries[-1].answer_would_show()
    ):
        tries.pop()
    start = next((at for at in range(len(tries), 0, -1) if not _is_refused(tries[at - 1].exchange)), 0)
    return tries[start:]


def _since(one: Case, other: Case) -> float:
    start, end = one.exchange.started, other.exchange.started
    return end - start if start is not None and end is not None else 0.0


def _is_refused(exchange: Exchange) -> bool:
    """An acquisition with OFFERs of addresses and without REQUEST; a client that wants no IPv4 (RFC 8925) is content."""
    if exchange.kind is not Kind.ACQUIRE or exchange.outcome is not ExchangeOutcome.INCOMPLETE:
        return False
    if exchange.seen(MessageType.REQUEST) or exchange.seen(MessageType.NAK):
        return False
    offers = [
        m
        for m in exchange.seen(MessageType.OFFER)
        if m.yiaddr is not None or m.line is not None or _is_empty(m)
    ]
    return bool(offers) and all(m.ipv6_only_wait is None for m in offers)


def _is_empty(offer: Message) -> bool:
    """A whole captured OFFER that gives no address, and is no boot server's."""
    boots = (
        offer.boots
        or offer.to_boot_server
        or (offer.vendor_class or "").startswith(("PXEClient", "HTTPClient"))
    )
    return offer.frame is not None and not offer.cut and not boots


def _rounds(exchange: Exchange) -> int:
    """OFFERs after which the client asked again, and the last one, by the place that saw most of them."""
    places: dict[str | None, list[Message]] = defaultdict(list)
    for m in exchange.messages:
        if not m.copy:
            places[m.file].append(m)
    return max(map(_turns, places.values()), default=0)


def _turns(messages: Sequence[Message]) -> int:
    """Changes from asking to offering; where only replies are visible, OFFERs that are apart."""
    if not any(m.type is MessageType.DISCOVER for m in messages):
        times = [m.time for m in messages if m.type is MessageType.OFFER]
        gaps = [b - a if a is not None and b is not None else None for a, b in pairwise(times)]
        apart = [gap for gap in gaps if gap is None or gap >= 1]
        asked_again = len(apart) > 1 or any(
            gap is not None and SHORTEST_PAUSE <= gap <= LONGEST_PAUSE for gap in apart
        )
        return len(apart) + 1 if asked_again else min(1, len(times))
    turns, asked = 0, False
    for m in messages:
        if m.type is MessageType.DISCOVER:
            asked = True
        elif m.type is MessageType.OFFER and (asked or not turns):
            turns, asked = turns + 1, False
    return turns


def sent_to_ciaddr(messages: Sequence[Message]) -> str:
    """Words for DISCOVERs that name an address that the client is to use already; empty where none does."""
    named = listed(m.ciaddr for m in messages if m.type is MessageType.DISCOVER and m.giaddr is None)
    if not named:
        return ""
    return (
        f"; the DISCOVER has ciaddr {named}, which must be 0 (RFC 2131 table 5): a server sends the OFFER there (section 4.1), "
        "where a client without an address does not hear it"
    )


def _had_time(failing: Sequence[Case]) -> bool:
    """True if the client had time to take one of the OFFERs, where a clock tells."""
    times = [m.time for case in failing for m in case.exchange.messages if m.time is not None]
    return len(times) < 2 or max(times) - min(times) >= _TIME_TO_TAKE or failing[-1].answer_would_show()


_TIME_TO_TAKE = 0.5
"""Seconds that a client needs to take an OFFER; in less nobody has refused anything."""


def _is_hinted(failing: Sequence[Case], rounds: int) -> bool:
    """Two OFFERs in a log that shows nothing else: the client asked again once, maybe while it took another server's."""
    return rounds <= 2 and not any(case.exchange.seen(MessageType.DISCOVER) for case in failing)


def _is_pxe(failing: Sequence[Case]) -> bool:
    """Boot ROMs do not take an OFFER without a boot file; that is no fault of the network."""
    classes = {m.vendor_class for case in failing for m in case.exchange.messages if m.vendor_class}
    return any(name.startswith("PXEClient") for name in classes)


def _offered(failing: Sequence[Case], rounds: int, replies_only: bool) -> str:
    messages = [m for case in failing for m in case.exchange.messages]
    offers = [m for m in messages if m.type is MessageType.OFFER]
    addresses = listed(m.yiaddr for m in offers) or "an address"
    relays = listed(m.giaddr for m in offers if m.giaddr == m.dst or m.dst is None)
    servers = listed(m.server_id or m.src for m in offers)
    came = f" from {servers}" if servers else ""
    went = f" to giaddr {relays}" if relays else sent_to_ciaddr(messages)
    verb = "reached the client" if any(m.role is MessageRole.CLIENT for m in offers) else "were sent"
    lost = (
        "the client refuses what it is offered"
        if verb == "reached the client"
        else "the OFFER is lost on its way back, or the client refuses it"
    )
    lost += hints(messages, boots=_is_pxe(failing)) or _asked_elsewhere(failing, messages)
    if looks_for_servers(failing):
        lost = "the client sends from an address that it has, and looks for servers"
    faults = _faults(failing)
    followed = "no ACK (requests are not visible in this file)" if replies_only else "no REQUEST"
    return (
        f"OFFERs of {addresses}{came} {verb}{went} {rounds} times and {followed} followed; {seen(offers[-1])}: "
        f"{faults or lost}"
    )


def _asked_elsewhere(failing: Sequence[Case], messages: Sequence[Message]) -> str:
    """Words for requests of the client that do not pass a place that shows the OFFERs, where requests of the same relay do."""
    offers = [
        m for m in messages if m.type is MessageType.OFFER and m.frame is not None and m.giaddr == m.dst
    ]
    if not offers or any(not m.type.is_reply for m in messages):
        return ""
    if not all((m.file, m.giaddr) in failing[-1].book.asking for m in offers):
        return ""
    return f"; its DISCOVERs do not pass here, and those of other clients of giaddr {offers[-1].giaddr} do: is it on several nodes?"


def _faults(failing: Sequence[Case]) -> str:
    """Faults that every OFFER of a client's last exchange has, or nothing where one of them is good."""
    messages = failing[-1].exchange.messages
    lost = offers_lost_between(failing)
    if lost:
        return lost
    crossed = network_fault(messages)
    if crossed:
        return crossed
    asked = [m for m in messages if m.type is MessageType.DISCOVER]
    same = _common_faults(failing[-1], [m for m in messages if m.type is MessageType.OFFER], asked)
    return f"the OFFER cannot be used: {listed(same)}" if same else ""


def _common_faults(case: Case, answers: Sequence[Message], asked: Sequence[Message]) -> list[str]:
    """Faults that all of the answers have."""
    bears = case.book.bears_checksums
    each = [tuple(objections(m, asked, bears_checksum=bears(m))) for m in answers if not m.copy]
    return [fault for fault in (each[0] if each else ()) if all(fault in faults for faults in each)]


def acks_not_taken(cases: Sequence[Case]) -> Iterator[Finding]:
    """One REQUEST again and again although each is acknowledged: the ACK does not reach the client, or it refuses it."""
    if len(cases) < _TURNS:
        return
    turns: list[Case] = []
    for case in cases:
        if turns and not _asks_again(turns[-1].exchange, case.exchange):
            turns = []
        if _is_acknowledged(case.exchange):
            turns.append(case)
    if len(turns) < _TURNS:
        return
    acks = [m for case in turns for m in case.exchange.seen(MessageType.ACK)]
    last = acks[-1]
    reached = any(m.role is MessageRole.CLIENT for m in acks)
    towards = "towards the client" if any(_to_client(m) for m in acks) else f"to the relay {last.giaddr}"
    faults = _common_faults(
        turns[-1], acks, [m for case in turns for m in case.exchange.seen(MessageType.REQUEST)]
    )
    lost = f"it is lost behind the place where it was seen, {towards}"
    why = (
        f"the ACK cannot be used: {listed(faults)}"
        if faults
        else "the client refuses it"
        if reached
        else lost
    )
    text = (
        f"ACKs of {last.yiaddr or 'the address'} from {last.server_id or last.src} were sent {len(turns)} times and the client "
        f"asks again each time with the same REQUEST; {seen(last)}: {why}"
    )
    yield turns[-1].finding("acks-not-taken", text, acks[-2:], last.node)


_TURNS = 3
_AGAIN = 64.0
"""REQUESTs with an ACK each, and seconds between two of them (RFC 2131 section 4.1), that are one client's vain attempts."""


def _is_acknowledged(exchange: Exchange) -> bool:
    """An acquisition with its ACK, the first of several REQUESTs or one that repeats it."""
    acked = exchange.kind is Kind.ACQUIRE and exchange.outcome is ExchangeOutcome.BOUND
    return acked and any(m.type is MessageType.REQUEST for m in exchange.messages)


def _asks_again(one: Exchange, other: Exchange) -> bool:
    """True if `other` is the same REQUEST once more, sent when the ACK should long have come."""
    if one.ended is None or other.started is None or not _is_acknowledged(other):
        return False
    same = (one.xid, one.address) == (other.xid, other.address) and one.xid is not None
    return (
        same and other.messages[0].type is MessageType.REQUEST and 1.0 <= other.started - one.ended <= _AGAIN
    )


def _to_client(message: Message) -> bool:
    return message.giaddr is None or message.dst != message.giaddr


def answered_late(case: Case) -> Iterator[Finding]:
    """A client that had to ask several times before the first answer came."""
    exchange = case.exchange
    if exchange.kind is not Kind.ACQUIRE or exchange.outcome is not ExchangeOutcome.BOUND:
        return
    file = exchange.messages[0].file
    first = exchange.messages[0]
    reply = next((m for m in exchange.messages if m.type.is_reply and m.file == file), None)
    if first.type is not MessageType.DISCOVER or reply is None or reply.time is None or first.time is None:
        return
    asked = [
        m for m in exchange.seen(MessageType.DISCOVER) if m.file == file and (m.time or 0.0) <= reply.time
    ]
    tries = len(
        [m for m in asked if not m.copy and m.interface == first.interface and m.giaddr == first.giaddr]
    )
    if tries > 1 and reply.time - first.time >= _SLOW:
        text = f"the first answer came after {reply.time - first.time:.1f} s, at DISCOVER number {tries}"
        yield case.finding("answered-late", text, [first, reply])


def remembered_in_vain(cases: Sequence[Case]) -> Iterator[Finding]:
    """REQUESTs for an address that the client remembers (INIT-REBOOT, RFC 2131 section 4.3.2), without answer, before a DISCOVER that is
    answered: no server says NAK for this network.
    """
    for case, later in pairwise(cases):
        asked = [m for m in case.exchange.messages if not m.copy]
        remembers = all(
            m.type is MessageType.REQUEST and m.frame is not None and m.requested and m.server_id is None
            for m in asked
        )
        if not remembers or len(asked) < _REMEMBERED or case.exchange.outcome is not ExchangeOutcome.NO_REPLY:
            continue
        start, end = asked[0].time, later.exchange.started
        bound = later.exchange.outcome is ExchangeOutcome.BOUND and later.exchange.seen(MessageType.DISCOVER)
        if (
            not bound
            or start is None
            or end is None
            or not _NO_ACCIDENT <= end - start <= _ONE_START
            or later.exchange.address == asked[0].requested
        ):
            continue
        text = (
            f"{len(asked)} REQUESTs for {asked[0].requested}, which it had before, were neither acknowledged nor refused; its DISCOVER was "
            f"answered {end - start:.0f} s later: a server that is authoritative for this network would say NAK at once"
        )
        yield case.finding("answered-late", text, [asked[0], later.exchange.messages[0]], asked[0].node)


_REMEMBERED, _ONE_START, _NO_ACCIDENT = 2, 120.0, 5.0
"""REQUESTs, most and least seconds until the DISCOVER, of one start of a client."""
