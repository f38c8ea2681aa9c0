"""Rules about clients that wait: no answer, answers that are not taken, renewals that come to nothing.

These look at all of a client's exchanges: what a client got in the end is what counts, and what is wrong with it is said once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from labgen.dhcp.hops import Hop
from labgen.dhcp.message import Message, MessageRole, MessageType
from labgen.dhcp.model import GRANTED, Client, Exchange, ExchangeOutcome, Finding, Kind, Severity
from labgen.dhcp.remarks import Cause, Remark
from labgen.dhcp.rules.attempts import (
    LONGEST_PAUSE,
    SHORTEST_PAUSE,
    answered_before,
    answered_too_late,
    looks_for_servers,
    repeated,
    sent,
    served_untagged,
)
from labgen.dhcp.rules.case import Case, seen
from labgen.dhcp.rules.circumstances import circumstances, lost_between, silent_captures, unusable
from labgen.dhcp.rules.offering import sent_to_ciaddr
from labgen.dhcp.rules.quoted_reasons import CODES
from labgen.dhcp.rules.renewing import reached_server, unanswered_renewals

_ASKING = (Kind.ACQUIRE, Kind.RENEW, Kind.REBIND, Kind.BOOTP)
# DISCOVERs after which a client that never sends a REQUEST is known to have got nothing, wherever the capture was made.
_PLAIN_ENOUGH = 3


def no_reply(cases: Sequence[Case]) -> Iterator[Finding]:
    """A client that is without answer at the end of what was seen, and where its message was seen last."""
    failing = _without_open_end(_unanswered_at_the_end(cases))
    fact = bool(failing) and _is_fact(failing)
    if not failing or not (fact or _asks_in_vain(failing)) or looks_for_servers(failing):
        return
    if all(case.exchange.kind is Kind.RENEW and not reached_server(case) for case in failing):
        yield from unanswered_renewals(failing)
        return
    case = failing[-1]
    asks = [hop for hop in case.hops if not hop.type.is_reply]
    if asks and not any(remark.cause in _HAS_OWN_FINDING for one in failing for remark in one.remarks):
        last = _furthest(asks)
        replies = [hop for hop in case.hops if hop.type.is_reply]
        reason = _reason(failing)
        shown: list[Hop | Remark] = [*reason, last, *replies[-1:]]
        text = _said(failing, last, replies, reason)
        text += (
            unusable(case.exchange.seen(MessageType.REQUEST))
            if replies
            else circumstances(failing, visible=fact)
        )
        text += answered_too_late(cases) + served_untagged(cases, failing)
        text += sent_to_ciaddr([m for one in failing for m in one.exchange.messages])
        text += lost_between(case) or silent_captures(failing)
        ends = not fact and _ends_too_soon(failing)
        text += "" if fact else f"; replies are not visible here, {_ENDS if ends else _NEVER}"
        severity = None if fact else Severity.INFO if ends else Severity.WARNING
        yield case.finding("no-reply", text, shown, last.first.node, severity)


def _unanswered_at_the_end(cases: Sequence[Case]) -> list[Case]:
    """The client's last exchanges, all without answer. One that it won, or an address it uses, ends the search."""
    found: list[Case] = []
    for case in reversed(cases):
        exchange = case.exchange
        if exchange.outcome in GRANTED or exchange.outcome is ExchangeOutcome.NAK or _is_in_use(exchange):
            break
        if exchange.kind in _ASKING and _is_unanswered(exchange):
            found.append(case)
        elif exchange.outcome is ExchangeOutcome.INCOMPLETE:
            break
    return found[::-1]


def _without_open_end(failing: list[Case]) -> list[Case]:
    """The cases without a last one that goes on where the file ends: a client that took an OFFER for the first time is on its way to a
    lease, and a rebinding tells of the renewals before it only.
    """
    if len(failing) < 2 or failing[-1].answer_would_show() or _has_reason(failing[-1]):
        return failing
    last, before = failing[-1].exchange, failing[-2].exchange
    if _got_on(last) and not any(_got_on(case.exchange) for case in failing[:-1]):
        return []
    once = sum(sent(case, MessageType.REQUEST) for case in failing[:-1]) < 2
    return failing[:-1] if once and (last.kind, before.kind) == (Kind.REBIND, Kind.RENEW) else failing


def _got_on(exchange: Exchange) -> bool:
    """True if there was an OFFER, seen or not: a REQUEST that follows a DISCOVER shows it."""
    if exchange.outcome is ExchangeOutcome.INCOMPLETE:
        return True
    asked = [m.type for m in exchange.messages if not m.type.is_reply]
    return (MessageType.DISCOVER, MessageType.REQUEST) in pairwise(asked)


def _has_reason(case: Case) -> bool:
    """True if a node says why there is no answer, and none came since."""
    replies = [m for m in case.exchange.messages if m.type.is_reply]
    return any(remark.cause in _REASONS and not _is_outdated(remark, replies) for remark in case.remarks)


def _is_outdated(remark: Remark, replies: Sequence[Message]) -> bool:
    return any(m.file == remark.file and _comes_after(m, remark) for m in replies)


def _comes_after(message: Message, remark: Remark) -> bool:
    if message.time is not None and remark.time is not None and message.time != remark.time:
        return message.time > remark.time
    return message.line is not None and remark.line is not None and message.line > remark.line


def _is_unanswered(exchange: Exchange) -> bool:
    if exchange.outcome is ExchangeOutcome.NO_REPLY:
        return not all(
            message.note and message.note.startswith("message type") for message in exchange.messages
        )
    asked = exchange.seen(MessageType.REQUEST)
    if exchange.outcome is not ExchangeOutcome.INCOMPLETE or not asked or _chose_another(exchange):
        return False
    # Of a reply whose type the text does not tell nobody knows that it was no ACK.
    return exchange.messages[-1].type is not MessageType.BOOTREPLY


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
    """True if the missing answer is a fact: it would have been seen, or a node says so."""
    again = len(failing) > 1
    if any(map(_may_be_answered, failing)):
        return False
    if any(case.answer_would_show(later=again) for case in failing):
        return True
    return any(map(_has_reason, failing))


def _may_be_answered(case: Case) -> bool:
    """True if one of the answers to clients without a name, later in the file, may be for this one."""
    message = case.exchange.messages[-1]
    last = case.book.orphans.get(message.file or "", 0) if case.exchange.client == Client() else 0
    return message.line is not None and last > message.line


def _asks_in_vain(failing: Sequence[Case]) -> bool:
    """A client that asks again and again and never goes on shows by that itself that it got nothing it takes."""
    discovers = sum(sent(case, MessageType.DISCOVER) for case in failing)
    requests = sum(sent(case, MessageType.REQUEST) for case in failing)
    again = max((sent(case, MessageType.REQUEST) for case in failing if _got_on(case.exchange)), default=0)
    return (
        (discovers >= _PLAIN_ENOUGH and not requests) or again >= _PLAIN_ENOUGH or _retries_blindly(failing)
    )


_NEVER, _ENDS = "but the client never goes on", "and the file ends before the client could go on"


def _ends_too_soon(failing: Sequence[Case]) -> bool:
    """True if a capture ends before a client that asks for the third time would ask again, or go on: one answer later is no fault."""
    asked = [m for case in failing for m in case.exchange.seen(MessageType.DISCOVER) if not m.copy]
    times = [m.time for m in asked if m.time is not None]
    vantage = (failing[-1].context.vantages or {}).get(asked[-1].file or "") if asked else None
    if (
        vantage is None
        or asked[-1].frame is None
        or vantage.last is None
        or len(times) != len(asked)
        or len(asked) > _PLAIN_ENOUGH
    ):
        return False
    left = vantage.last - times[-1]
    return left < _TO_GO_ON and all(later - earlier > left for earlier, later in pairwise(times))


_TO_GO_ON = 3.0
"""Seconds of a capture after the last DISCOVER in which a client with an answer would be seen to take it."""


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
    times_known = [time for time in times if time is not None]
    gaps = [later - earlier for earlier, later in pairwise(times_known)]
    if len(times_known) < _PLAIN_ENOUGH:
        return False
    short = sum(gap < SHORTEST_PAUSE for gap in gaps)  # a client that starts over makes one
    return not short or (short == 1 and len(gaps) > _PLAIN_ENOUGH and max(gaps) <= LONGEST_PAUSE)


_REASONS = frozenset(Cause) - {Cause.OTHER, Cause.FAILED}
_HAS_OWN_FINDING = frozenset(CODES) - {Cause.FAILED, Cause.DUPLICATE_ID}
"""Causes with a finding of their own, which names the clients it left without answer."""


def _reason(failing: Sequence[Case]) -> list[Remark]:
    """Remarks of nodes about it, the most telling first."""
    found = [remark for case in failing for remark in case.remarks if remark.cause in _REASONS]
    substantial = [remark for remark in found if remark.cause is not Cause.GAVE_UP]
    return (substantial or found)[:1]


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
    text += repeated(failing) + answered_before(failing)
    return text + "".join(f"; {remark.node} says: {remark.words}" for remark in reason)


def _proves_offer(exchange: Exchange) -> bool:
    return exchange.outcome is ExchangeOutcome.INCOMPLETE and not any(
        m.type.is_reply for m in exchange.messages
    )


def _furthest(asks: list[Hop]) -> Hop:
    rank = {MessageRole.CLIENT: 0, MessageRole.TRANSIT: 1, MessageRole.RELAY: 2, MessageRole.SERVER: 3}
    return max(enumerate(asks), key=lambda item: (rank[item[1].first.role], item[0]))[1]


def _place(hop: Hop) -> str:
    message = hop.sightings[-1]
    if message.role is MessageRole.TRANSIT:
        return f"on the wire, {seen(message)}"
    verb = "leaving" if message.direction.value == "tx" else "arriving at"
    return f"{verb} {message.node}" + (f" ({seen(message)})" if message.file is not None else "")
