"""Rules about clients that get what they ask for, and ask again and again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from labgen.dhcp.message import Message, MessageType
from labgen.dhcp.model import ExchangeOutcome, Finding, Kind, Severity
from labgen.dhcp.rules.attempts import LONGEST_PAUSE, SHORTEST_PAUSE
from labgen.dhcp.rules.case import Case, seen

_FEW, _AT_ONCE = 3, 3.0
"""Acquisitions that follow each other within so many seconds: boot ROM, boot loader and system take longer between theirs."""
_MANY, _SOON = 6, 30.0
"""Acquisitions, and seconds between them, that are no stages of a boot either."""
_ANSWERED = 4
"""Requests, each of them answered."""


def query_unanswered(case: Case) -> Iterator[Finding]:
    """A LEASEQUERY that is sent again and again: whoever asks cannot learn who holds what (RFC 4388 section 6.2)."""
    exchange = case.exchange
    asked = [m for m in exchange.seen(MessageType.LEASEQUERY) if not m.copy]
    if exchange.outcome is ExchangeOutcome.NO_REPLY and len(asked) >= _QUERIES:
        last = asked[-1]
        text = (
            f"no answer to {len(asked)} LEASEQUERYs about {exchange.address or exchange.client} from {last.giaddr or last.src} to "
            f"{last.dst}; {seen(last)}"
        )
        yield case.finding("no-reply", text, asked[-2:], last.node, Severity.WARNING)


_QUERIES = 3
"""Queries of one transaction; a single one may have been answered out of sight."""


def acquired_again(cases: Sequence[Case]) -> Iterator[Finding]:
    """One address acquired afresh again and again, without a RELEASE: the client does not keep its lease."""
    if len(cases) < _FEW:
        return
    won = [
        case
        for case in cases
        if case.exchange.kind is Kind.ACQUIRE
        and case.exchange.outcome is ExchangeOutcome.BOUND
        and _is_whole(case)
    ]
    times = [case.exchange.started for case in won if case.exchange.started is not None]
    gaps = sorted(later - earlier for earlier, later in pairwise(times))
    if len(gaps) < _FEW - 1 or len({case.exchange.address for case in won}) > 1:
        return
    if won[0].context.restarted or any(case.exchange.kind is Kind.RELEASE for case in cases):
        return
    usual = gaps[len(gaps) // 2]
    if usual < _AT_ONCE or (len(gaps) >= _MANY - 1 and usual < _SOON):
        address = won[-1].exchange.address or "an address"
        text = (
            f"{address} was acquired afresh {len(times)} times, every {max(usual, 0.1):.1f} s: "
            "the client does not keep its lease"
        )
        yield won[-1].finding("renewal-loop", text, [case.exchange.messages[0] for case in won[:2]])


_STORM, _STORM_PAUSE = 30, 5.0
"""INFORMs of one host, and seconds between two of them, that no program of any use sends."""


def informs_again(cases: Sequence[Case]) -> Iterator[Finding]:
    """INFORM after INFORM (RFC 2131 section 3.4)."""
    asked = [
        message
        for case in cases
        if case.exchange.kind is Kind.INFORM
        for message in case.exchange.seen(MessageType.INFORM)
        if not message.copy and (message.giaddr is None or message.line is not None)
    ]
    times = [message.time for message in asked if message.time is not None]
    gaps = sorted(later - earlier for earlier, later in pairwise(times))
    if len(gaps) < _STORM - 1 or gaps[len(gaps) // 2] > _STORM_PAUSE:
        return
    last = asked[-1]
    text = f"{last.ciaddr or last.src or 'the host'} sent {len(times)} INFORMs, every {max(gaps[len(gaps) // 2], 0.1):.1f} s; {seen(last)}"
    yield cases[-1].finding("inform-storm", text, asked[:2], last.node)


def _is_whole(case: Case) -> bool:
    """From DISCOVER on: a REQUEST alone may be a renewal of which a log tells no more."""
    return bool(case.exchange.seen(MessageType.DISCOVER))


def asks_although_answered(cases: Sequence[Case]) -> Iterator[Finding]:
    """Requests of a text that tells no types, each of them answered, and with the pauses of retransmissions between them."""
    for case in cases:
        messages = case.exchange.messages
        if len(messages) < 2 * _ANSWERED:
            continue
        asked = [m for m in messages if m.type is MessageType.BOOTREQUEST]
        answers = [m for m in messages if m.type is MessageType.BOOTREPLY]
        if len(asked) + len(answers) < len(messages) or not all(map(_is_afresh, asked)):
            continue
        if min(len(asked), len(answers)) < _ANSWERED or messages[-1].type is not MessageType.BOOTREPLY:
            continue
        times = [m.time for m in asked if m.time is not None]
        pauses = [later - earlier for earlier, later in pairwise(times)]
        if len(pauses) >= _ANSWERED - 1 and min(pauses) >= SHORTEST_PAUSE and max(pauses) <= LONGEST_PAUSE:
            text = (
                f"{len(asked)} requests were answered, and the client asks again every {sorted(pauses)[len(pauses) // 2]:.0f} s; "
                f"{seen(answers[-1])}: the answers do not reach it, or it refuses them"
            )
            yield case.finding("offers-not-taken", text, answers[-2:], answers[-1].node, Severity.WARNING)


def _is_afresh(message: Message) -> bool:
    """A request of a client without address, on its own link, in a text."""
    direct = message.giaddr is None and message.src in (None, "0.0.0.0") and message.ciaddr is None
    return direct and message.line is not None
