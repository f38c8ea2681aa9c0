"""Rules about renewals that come to nothing, or come too often."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from labgen.dhcp.ladder import duration
from labgen.dhcp.message import MessageRole, MessageType
from labgen.dhcp.model import GRANTED, Exchange, ExchangeOutcome, Finding, Kind
from labgen.dhcp.rules.attempts import answered_before, repeated
from labgen.dhcp.rules.case import Case, seen


def reached_server(case: Case) -> bool:
    """True when a server or a relay reports the client's REQUEST."""
    roles = (MessageRole.SERVER, MessageRole.RELAY)
    return any(m.role in roles for m in case.exchange.seen(MessageType.REQUEST))


def renew_unreachable(cases: Sequence[Case]) -> Iterator[Finding]:
    """A unicast renewal that no server and no relay reports, where a server is a witness."""
    for case in cases:
        exchange = case.exchange
        waits = exchange.kind is Kind.RENEW and exchange.outcome is ExchangeOutcome.NO_REPLY
        later = any(True for _ in case.later())
        if (
            waits
            and not reached_server(case)
            and MessageRole.SERVER in case.book.witnesses
            and case.answer_would_show(later=later)
        ):
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
        waits = exchange.kind is Kind.RENEW and exchange.outcome is ExchangeOutcome.NO_REPLY
        later = cases[at + 1].exchange if at + 1 < len(cases) else None
        refused = later is not None and later.outcome is ExchangeOutcome.NAK and later.kind is Kind.REBIND
        if (
            not waits
            or later is None
            or not (refused or later.outcome in GRANTED)
            or MessageRole.SERVER in case.book.witnesses
        ):
            continue
        if later.kind is Kind.REBIND and (
            case.answer_would_show(later=True) or _tried_again(exchange) or _waits(cases[:at])
        ):
            text = (
                f"no answer was seen to renewals sent to {_target(case) or 'the server'}; the rebinding was "
            )
            if refused:
                text += _refused(later, _target(case))
                yield case.finding(
                    "renew-unanswered",
                    text,
                    [*exchange.messages[-1:], *later.seen(MessageType.NAK)],
                    node=_target(case),
                )
                continue
            text += "answered"
            by = later.server_id or _acknowledged_by(later)
            text += f" by {by}" if by else ""
            text += _translated(exchange)
            text += _from_elsewhere(later, _target(case))
            yield case.finding("renew-unanswered", text, exchange.messages[-2:], node=_target(case))


def _waits(before: Sequence[Case]) -> bool:
    """True if the renewal before had no answer either."""
    last = before[-1].exchange if before else None
    return last is not None and last.kind is Kind.RENEW and last.outcome is ExchangeOutcome.NO_REPLY


def _refused(rebinding: Exchange, target: str | None) -> str:
    by = next((m.server_id or m.src for m in rebinding.seen(MessageType.NAK) if m.server_id or m.src), None)
    if by is None or target is None or by == target:
        return f"refused{f' by {by}' if by else ''}"
    return f"refused by {by}: it does not know the lease of {target}, which did not answer: do they share their leases?"


def _acknowledged_by(exchange: Exchange) -> str | None:
    """The sender of the ACK, as the client's own log tells it."""
    acks = (m for m in exchange.seen(MessageType.ACK) if m.role is MessageRole.CLIENT)
    return next((m.src for m in acks if m.src), None)


def _tried_again(exchange: Exchange) -> bool:
    """A renewal sent several times shows that no answer came, wherever the capture was made."""
    asked = [m for m in exchange.messages if m.type is MessageType.REQUEST and not m.copy]
    first = asked[0] if asked else None
    return first is not None and sum(m.dst == first.dst and m.giaddr == first.giaddr for m in asked) > 1


def _translated(renewal: Exchange) -> str:
    """Words for unicast renewals that do not come from the address that the client has (RFC 2131 section 4.3.2)."""
    asked = [
        m for m in renewal.seen(MessageType.REQUEST) if m.frame is not None and m.giaddr is None and m.ciaddr
    ]
    if not asked or any(m.src == m.ciaddr for m in asked):
        return ""
    own, source = asked[-1].ciaddr, asked[-1].src
    return f"; they come from {source} for {own}: addresses are translated (NAT) on the way, and a server answers to {own}"


def _from_elsewhere(rebinding: Exchange, target: str | None) -> str:
    """Words for a server that answers from another address than its identifier, to which renewals go."""
    acks = [m for m in rebinding.seen(MessageType.ACK) if m.frame is not None or m.giaddr is not None]
    sources = {m.src for m in acks if m.giaddr is None or m.dst == m.giaddr} - {None}
    if len(sources) != 1 or target is None or target in sources or rebinding.server_id != target:
        return ""
    return f", which sends from {sources.pop()}: do clients reach {target}, its server identifier?"


def unanswered_renewals(failing: Sequence[Case]) -> Iterator[Finding]:
    """Renewals at the end of what was seen: where a server is a witness, `renew_unreachable` speaks of them."""
    case = failing[-1]
    if MessageRole.SERVER in case.book.witnesses or _outlive_the_lease(failing):
        return
    target = _target(case) or "the server"
    text = f"no answer was seen to renewals of {case.exchange.address or 'the lease'} sent to {target}"
    text += f"; {seen(case.exchange.messages[-1])}{repeated(failing)}{answered_before(failing)}"
    text += _translated(case.exchange)
    yield case.finding("renew-unanswered", text, case.exchange.messages[-2:], node=_target(case))


def _outlive_the_lease(failing: Sequence[Case]) -> bool:
    """True if the renewals go on for longer than a lease lasts: a client without answer broadcasts from T2 on, and stops at the end of its
    lease (RFC 2131 section 4.4.5). This one was answered on a way that the capture does not show.
    """
    own = next((e for e in failing[0].earlier() if e.outcome in GRANTED and e.lease_seconds), None)
    target = _target(failing[-1])
    lease = own.lease_seconds if own is not None else failing[-1].book.answers.longest_lease(target or "")
    start, end = failing[0].exchange.started, failing[-1].exchange.ended
    return lease is not None and start is not None and end is not None and end - start > lease


def renewal_loop(cases: Sequence[Case]) -> Iterator[Finding]:
    """Renewals much more often than the lease asks for: at T1, where the server tells it, else at half of it (RFC 2131 section 4.4.5)."""
    renewals = [
        case for case in cases if case.exchange.kind is Kind.RENEW and case.exchange.outcome in GRANTED
    ]
    times = [c.exchange.started for c in renewals if c.exchange.started is not None]
    if len(times) < _LOOP:
        return
    gaps = sorted(b - a for a, b in pairwise(times))
    usual, lease = gaps[len(gaps) // 2], renewals[-1].exchange.lease_seconds
    granted_t1 = _granted_t1(cases, renewals[-1].exchange.address)
    due = granted_t1[-1] if granted_t1 else None if lease is None else lease / 2
    if usual >= _OFTEN or (due is not None and usual >= due / 2 and due >= _LEAST):
        return
    about = f", with a lease of {duration(lease)}" if lease is not None else ""
    about += f" and T1 after {duration(granted_t1[-1])}" if granted_t1 else ""
    text = f"{renewals[-1].exchange.address or 'the lease'} was renewed {len(times)} times, every {usual:.0f} s{about}"
    shown = [case.exchange.messages[0] for case in renewals[:2]]
    yield renewals[-1].finding("renewal-loop", text, shown)


def _granted_t1(cases: Sequence[Case], address: str | None) -> list[int]:
    """T1 of the ACKs of this address: another server's offers have times of their own."""
    acks = [m for case in cases for m in case.exchange.seen(MessageType.ACK) if m.yiaddr in (None, address)]
    return [ack.renewal_seconds for ack in acks if ack.renewal_seconds]


_LOOP, _OFTEN, _LEAST = 5, 90.0, 5.0
"""Renewals, and seconds between them, from which on somebody should look; and seconds to T1 that nobody means."""
