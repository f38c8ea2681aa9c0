"""Rules about clients that wait: no answer, answers that are not taken, renewals that come to nothing.

These look at all of a client's exchanges: what a client got in the end is what counts, and what is wrong with it is said once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from labgen.dhcp.hops import Hop
from labgen.dhcp.ladder import duration
from labgen.dhcp.message import Message, MessageType, Role
from labgen.dhcp.model import Exchange, Finding, Kind, Outcome, Severity
from labgen.dhcp.remarks import Cause, Remark
from labgen.dhcp.rules.case import Case, listed, seen
from labgen.dhcp.rules.telling import CODES

_ASKING = (Kind.ACQUIRE, Kind.RENEW, Kind.REBIND, Kind.BOOTP)
_SUCCESS = frozenset({Outcome.BOUND, Outcome.RENEWED})
_USING = frozenset({Kind.RENEW, Kind.REBIND, Kind.RELEASE, Kind.INFORM})
# DISCOVERs after which a client that never sends a REQUEST is known to have got nothing, wherever the capture was made.
_PLAIN_ENOUGH = 3
# Seconds from the first DISCOVER to the first answer that are worth a word.
_SLOW = 3.0
# Seconds in which OFFERs that are not taken belong together.
_LONG = 900.0


def no_reply(cases: Sequence[Case]) -> Iterator[Finding]:
    """A client that is without answer at the end of what was seen, and where its message was seen last."""
    failing = _unanswered_at_the_end(cases)
    fact = bool(failing) and _is_fact(failing)
    if not failing or not (fact or _asks_in_vain(failing)):
        return
    if all(case.exchange.kind is Kind.RENEW and not reached_server(case) for case in failing):
        yield from _unanswered_renewals(failing)
        return
    case = failing[-1]
    asks = [hop for hop in case.hops if not hop.type.is_reply]
    if asks and not any(remark.cause in _TOLD_ELSEWHERE for one in failing for remark in one.remarks):
        last = _furthest(asks)
        replies = [hop for hop in case.hops if hop.type.is_reply]
        reason = _reason(failing)
        shown: list[Hop | Remark] = [*reason, last, *replies[-1:]]
        text = _said(failing, last, replies, reason)
        text += "" if fact else "; replies are not visible here, but the client never goes on"
        severity = None if fact else Severity.WARNING
        yield case.finding("no-reply", text, shown, last.first.node, severity)


def _unanswered_at_the_end(cases: Sequence[Case]) -> list[Case]:
    """The client's last exchanges, all without answer. One that it won, or an address it uses, ends the search."""
    found: list[Case] = []
    for case in reversed(cases):
        exchange = case.exchange
        if exchange.outcome in _SUCCESS or exchange.outcome is Outcome.NAK or _is_in_use(exchange):
            break
        if exchange.kind in _ASKING and _is_unanswered(exchange):
            found.append(case)
        elif exchange.outcome is Outcome.INCOMPLETE:
            break
    return found[::-1]


def _is_unanswered(exchange: Exchange) -> bool:
    if exchange.outcome is Outcome.NO_REPLY:
        return not all(
            message.note and message.note.startswith("message type") for message in exchange.messages
        )
    asked = exchange.seen(MessageType.REQUEST)
    return exchange.outcome is Outcome.INCOMPLETE and bool(asked) and not _chose_another(exchange)


def _chose_another(exchange: Exchange) -> bool:
    """A REQUEST for none of the OFFERs that are seen: the client chose another server's, whose answer is not in sight."""
    offers = exchange.seen(MessageType.OFFER)
    asked = exchange.seen(MessageType.REQUEST)
    addresses = {m.yiaddr for m in offers if m.yiaddr}
    wanted = {m.requested or m.ciaddr for m in asked if m.requested or m.ciaddr}
    if addresses and wanted and not addresses & wanted:
        return True
    servers = {m.server_id for m in offers if m.server_id}
    named = {m.server_id for m in asked if m.server_id}
    return bool(servers and named and not servers & named)


def _is_in_use(exchange: Exchange) -> bool:
    """The client speaks from an address: it has a lease, whatever was seen of it (RFC 2131 section 3.4)."""
    return exchange.kind in (Kind.INFORM, Kind.RELEASE)


def _is_fact(failing: Sequence[Case]) -> bool:
    """Whether the missing answer is a fact: it would have been seen, or a node says so."""
    again = len(failing) > 1
    if any(case.answer_would_show(later=again) for case in failing):
        return True
    return any(remark.cause in _REASONS for case in failing for remark in case.remarks)


def _asks_in_vain(failing: Sequence[Case]) -> bool:
    """A client that asks again and again and never goes on shows by that itself that it got nothing it takes."""
    discovers = sum(_sent(case, MessageType.DISCOVER) for case in failing)
    requests = sum(_sent(case, MessageType.REQUEST) for case in failing)
    return (discovers >= _PLAIN_ENOUGH and not requests) or _retries_blindly(failing)


def _retries_blindly(failing: Sequence[Case]) -> bool:
    """Requests whose type is not told, again and again with the pauses of retransmissions (RFC 2131 section 4.1)."""
    first = failing[0].exchange.messages[0]
    times = [
        message.time
        for case in failing
        for message in case.exchange.seen(MessageType.BOOTREQUEST)
        if message.interface == first.interface
        and message.giaddr == first.giaddr
        and message.dst == first.dst
    ]
    told = [time for time in times if time is not None]
    gaps = [later - earlier for earlier, later in pairwise(told)]
    if len(told) < _PLAIN_ENOUGH:
        return False
    short = sum(gap < _PAUSE for gap in gaps)
    return not short or (short == 1 and len(gaps) > _PLAIN_ENOUGH and max(gaps) <= _BACKED_OFF)


_PAUSE, _BACKED_OFF = 1.9, 66.0
"""Seconds between retransmissions, at least and at most; a client that starts over makes one shorter pause."""


_REASONS = frozenset(Cause) - {Cause.OTHER, Cause.FAILED}
_TOLD_ELSEWHERE = frozenset(CODES) - {Cause.FAILED, Cause.DUPLICATE_ID}
"""Causes with a finding of their own, which names the clients it left without answer."""


def _sent(case: Case, kind: MessageType) -> int:
    """How often the client sent a message, counted where most of it was seen."""
    counts: dict[tuple[object, ...], int] = {}
    for m in case.exchange.messages:
        if m.type is kind and not m.copy:
            place = (m.file, m.node, m.interface, m.direction, m.giaddr, m.dst)
            counts[place] = counts.get(place, 0) + 1
    return max(counts.values(), default=0)


def _reason(failing: Sequence[Case]) -> list[Remark]:
    """What a node said about it, the most telling first."""
    found = [remark for case in failing for remark in case.remarks if remark.cause in _REASONS]
    told = [remark for remark in found if remark.cause is not Cause.GAVE_UP]
    return (told or found)[:1]


def _said(failing: Sequence[Case], last: Hop, replies: Sequence[Hop], reason: Sequence[Remark]) -> str:
    kind = failing[-1].exchange.kind
    what, verb = f"{last.type} ({kind})", _place(last)
    if replies and replies[-1].type is MessageType.OFFER and last.type is MessageType.REQUEST:
        text = f"an OFFER came, and no answer to {what}; last seen {verb}"
    elif replies:
        text = f"{replies[-1].type} was last seen {_place(replies[-1])} and did not end the exchange"
    elif _proves_offer(failing[-1].exchange):
        text = f"an OFFER was taken, and no answer to {what} was seen; last seen {verb}"
    else:
        text = f"no answer to {what}; last seen {verb}"
    text += _repeated(failing) + _answered_before(failing)
    return text + "".join(f"; {remark.node} says: {remark.words}" for remark in reason)


def _proves_offer(exchange: Exchange) -> bool:
    return exchange.outcome is Outcome.INCOMPLETE and not any(m.type.is_reply for m in exchange.messages)


def _repeated(failing: Sequence[Case]) -> str:
    """How often it was tried, where that was more than once."""
    kinds = (MessageType.DISCOVER, MessageType.REQUEST, MessageType.BOOTREQUEST)
    counts = {kind: sum(_sent(case, kind) for case in failing) for kind in kinds}
    tried = listed(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in counts.items() if count)
    start, end = failing[0].exchange.started, failing[-1].exchange.ended
    if sum(counts.values()) < 2 or not tried:
        return ""
    return (
        f"; {tried} in {duration(round(end - start))}"
        if start is not None and end and end - start >= 1
        else ""
    )


def _answered_before(failing: Sequence[Case]) -> str:
    """The server that answered this client until then."""
    for exchange in failing[0].earlier():
        if exchange.outcome in _SUCCESS and exchange.server_id is not None:
            start, ended = failing[0].exchange.started, exchange.ended
            since = (
                f", {duration(max(1, round(start - ended)))} before" if start is not None and ended else ""
            )
            return f"; {exchange.server_id} answered this client until then{since}: it stopped, or the path to it broke"
        return ""
    return ""


def _furthest(asks: list[Hop]) -> Hop:
    rank = {Role.CLIENT: 0, Role.TRANSIT: 1, Role.RELAY: 2, Role.SERVER: 3}
    return max(enumerate(asks), key=lambda item: (rank[item[1].first.role], item[0]))[1]


def _place(hop: Hop) -> str:
    message = hop.sightings[-1]
    if message.role is Role.TRANSIT:
        return f"on the wire, {seen(message)}"
    verb = "leaving" if message.direction.value == "tx" else "arriving at"
    return f"{verb} {message.node}" + (f" ({seen(message)})" if message.file is not None else "")


def reached_server(case: Case) -> bool:
    """True when a server or a relay reports the client's REQUEST."""
    roles = (Role.SERVER, Role.RELAY)
    return any(m.role in roles for m in case.exchange.seen(MessageType.REQUEST))


def renew_unreachable(cases: Sequence[Case]) -> Iterator[Finding]:
    """A unicast renewal that no server and no relay reports, where a server is a witness."""
    for case in cases:
        exchange = case.exchange
        waits = exchange.kind is Kind.RENEW and exchange.outcome is Outcome.NO_REPLY
        if waits and not reached_server(case) and Role.SERVER in case.book.witnesses:
            sent = list(case.from_client(MessageType.REQUEST))
            target = _target(case)
            text = (
                f"renewals of {exchange.address or 'the lease'} sent to {target or 'the server identifier'} "
                "reached no server"
            )
            yield case.finding("renew-unreachable", text, sent or exchange.messages, node=target)


def _target(case: Case) -> str | None:
    sent = (hop.value("dst") for hop in case.from_client(MessageType.REQUEST))
    return next((dst for dst in sent if dst), case.exchange.server_id)


def renew_unanswered(cases: Sequence[Case]) -> Iterator[Finding]:
    """Renewals without answer, after which the client kept its lease by rebinding or started over."""
    for at, case in enumerate(cases):
        exchange = case.exchange
        waits = exchange.kind is Kind.RENEW and exchange.outcome is Outcome.NO_REPLY
        later = cases[at + 1].exchange if at + 1 < len(cases) else None
        if not waits or later is None or later.outcome not in _SUCCESS or Role.SERVER in case.book.witnesses:
            continue
        if later.kind is Kind.REBIND and case.answer_would_show(later=True):
            text = f"no answer was seen to renewals sent to {_target(case) or 'the server'}; the rebinding was answered"
            text += f" by {later.server_id}" if later.server_id else ""
            yield case.finding("renew-unanswered", text, exchange.messages[-2:], node=_target(case))


def _unanswered_renewals(failing: Sequence[Case]) -> Iterator[Finding]:
    """Renewals at the end of what was seen: where a server is a witness, `renew_unreachable` speaks of them."""
    case = failing[-1]
    if Role.SERVER in case.book.witnesses:
        return
    target = _target(case) or "the server"
    text = f"no answer was seen to renewals of {case.exchange.address or 'the lease'} sent to {target}"
    text += f"; {seen(case.exchange.messages[-1])}{_repeated(failing)}{_answered_before(failing)}"
    yield case.finding("renew-unanswered", text, case.exchange.messages[-2:], node=_target(case))


def offers_not_taken(cases: Sequence[Case]) -> Iterator[Finding]:
    """DISCOVER and OFFER again and again, and no REQUEST: the OFFER does not reach the client, or it refuses it."""
    failing: list[Case] = []
    for case in reversed(cases):
        if not _is_refused(case.exchange):
            break
        failing.append(case)
    failing.reverse()
    while len(failing) > 1 and _since(failing[0], failing[-1]) > _LONG:
        failing.pop(0)
    rounds = sum(_rounds(case.exchange) for case in failing)
    if rounds < 2 or not failing:
        return
    case = failing[-1]
    offers = [m for m in case.exchange.messages if m.type is MessageType.OFFER]
    severity = Severity.INFO if _is_pxe(failing) else None
    yield case.finding("offers-not-taken", _offered(failing, rounds), offers, offers[-1].node, severity)


def _since(one: Case, other: Case) -> float:
    start, end = one.exchange.started, other.exchange.started
    return end - start if start is not None and end is not None else 0.0


def _is_refused(exchange: Exchange) -> bool:
    """An acquisition with OFFERs of addresses and without REQUEST; a client that wants no IPv4 (RFC 8925) is content."""
    if exchange.kind is not Kind.ACQUIRE or exchange.outcome is not Outcome.INCOMPLETE:
        return False
    if exchange.seen(MessageType.REQUEST) or exchange.seen(MessageType.NAK):
        return False
    offers = [m for m in exchange.seen(MessageType.OFFER) if m.yiaddr is not None or m.line is not None]
    return bool(offers) and all(m.ipv6_only_wait is None for m in offers)


def _rounds(exchange: Exchange) -> int:
    """OFFERs after which the client asked again, and the last one, by the place that saw most of them."""
    best = 0
    for file in dict.fromkeys(m.file for m in exchange.messages):
        own = [m for m in exchange.messages if m.file == file and not m.copy]
        best = max(best, _turns(own))
    return best


def _turns(messages: Sequence[Message]) -> int:
    """Changes from asking to offering; where only replies are visible, OFFERs that are apart."""
    if not any(m.type is MessageType.DISCOVER for m in messages):
        times = [m.time for m in messages if m.type is MessageType.OFFER]
        apart = sum(1 for a, b in pairwise(times) if a is None or b is None or b - a >= 1)
        return apart + 1 if apart > 1 else min(1, len(times))
    turns, asked = 0, False
    for m in messages:
        if m.type is MessageType.DISCOVER:
            asked = True
        elif m.type is MessageType.OFFER and asked:
            turns, asked = turns + 1, False
    return turns


def _is_pxe(failing: Sequence[Case]) -> bool:
    """Boot ROMs do not take an OFFER without a boot file; that is no fault of the network."""
    classes = {m.vendor_class for case in failing for m in case.exchange.messages if m.vendor_class}
    return any(name.startswith("PXEClient") for name in classes)


def _offered(failing: Sequence[Case], rounds: int) -> str:
    messages = [m for case in failing for m in case.exchange.messages]
    offers = [m for m in messages if m.type is MessageType.OFFER]
    addresses = listed(dict.fromkeys(m.yiaddr for m in offers if m.yiaddr)) or "an address"
    relays = listed(dict.fromkeys(m.giaddr for m in offers if m.giaddr))
    servers = listed(dict.fromkeys(m.server_id or m.src for m in offers if m.server_id or m.src))
    came = f" from {servers}" if servers else ""
    went = f" to giaddr {relays}" if relays else ""
    verb = "reached the client" if any(m.role is Role.CLIENT for m in offers) else "were sent"
    lost = (
        "the client refuses what it is offered"
        if verb == "reached the client"
        else "the OFFER is lost on its way back, or the client refuses it"
    )
    return f"OFFERs of {addresses}{came} {verb}{went} {rounds} times and no REQUEST followed; {seen(offers[-1])}: {lost}"


def answered_late(case: Case) -> Iterator[Finding]:
    """A client that had to ask several times before the first answer came."""
    exchange = case.exchange
    if exchange.kind is not Kind.ACQUIRE or exchange.outcome is not Outcome.BOUND:
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


def renewal_loop(cases: Sequence[Case]) -> Iterator[Finding]:
    """Renewals much more often than the lease asks for: at T1, where the server tells it, else at half of it (RFC 2131 section 4.4.5)."""
    renewals = [
        case for case in cases if case.exchange.kind is Kind.RENEW and case.exchange.outcome in _SUCCESS
    ]
    times = [c.exchange.started for c in renewals if c.exchange.started is not None]
    if len(times) < _LOOP:
        return
    gaps = sorted(b - a for a, b in pairwise(times))
    usual, lease = gaps[len(gaps) // 2], renewals[-1].exchange.lease_seconds
    told = [m.renewal_seconds for c in cases for m in c.exchange.messages if m.renewal_seconds is not None]
    due = told[-1] if told else None if lease is None else lease / 2
    if usual >= _OFTEN or (due is not None and usual >= due / 2):
        return
    about = f", with a lease of {duration(lease)}" if lease is not None else ""
    about += f" and T1 after {duration(told[-1])}" if told else ""
    text = f"{renewals[-1].exchange.address or 'the lease'} was renewed {len(times)} times, every {usual:.0f} s{about}"
    shown = [case.exchange.messages[0] for case in renewals[:2]]
    yield renewals[-1].finding("renewal-loop", text, shown)


_LOOP, _OFTEN = 5, 90.0
"""Renewals, and seconds between them, from which on somebody should look."""
