"""Rules about clients that get what they ask for, and ask again and again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from labgen.dhcp.context import class_head
from labgen.dhcp.ladder import duration
from labgen.dhcp.message import Message, MessageType
from labgen.dhcp.model import ExchangeOutcome, Finding, Kind, Severity
from labgen.dhcp.rules.attempts import LONGEST_PAUSE, SHORTEST_PAUSE
from labgen.dhcp.rules.case import Case, listed, seen
from labgen.dhcp.rules.objections import lease_times

_OFTEN = ((3, 3.0), (5, 5.0), (6, 30.0))
"""Acquisitions, and seconds between them, that are no stages of a boot: boot ROM, boot loader and system take longer between theirs."""
_FEWEST = _OFTEN[0][0]
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
    if len(cases) < _FEWEST:
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
    if len(gaps) < _FEWEST - 1 or len({case.exchange.address for case in won}) > 1:
        return
    if won[0].context.restarted or (any(_releases(case) for case in cases) and not _gives_up_at_once(cases)):
        return
    usual, lease = gaps[len(gaps) // 2], won[-1].exchange.lease_seconds
    often = any(len(gaps) >= number - 1 and usual < limit for number, limit in _OFTEN)
    why = _released(cases) or _without_mask(won) or _bootless(won) or _other_identifier(won)
    regular = len(gaps) >= _ROUNDS and gaps[-1] - gaps[0] <= usual / 4 and usual < _DAILY
    over = lease is not None and _is_about(lease, gaps)
    if (over or lease == 0) and _cannot_be_kept(cases, won):
        return
    if over:
        text = (
            f"{won[-1].exchange.address or 'an address'} was acquired afresh {len(times)} times, each time when its lease of "
            f"{duration(lease or 0)} was over: the client does not renew it"
        )
        yield won[-1].finding("renewal-loop", text, [case.exchange.messages[0] for case in won[:2]])
    elif often or regular or (why and usual < _FOR_A_REASON):
        wakes = not often and not why and usual >= _WAKES
        address = won[-1].exchange.address or "an address"
        text = (
            f"{address} was acquired afresh {len(times)} times, every {max(usual, 0.1):.1f} s: "
            f"the client does not keep its lease{why}"
        )
        shown = [case.exchange.messages[0] for case in won[:2]]
        yield won[-1].finding("renewal-loop", text, shown, severity=Severity.INFO if wakes else None)


_ROUNDS, _DAILY, _FOR_A_REASON, _WAKES = 5, 4 * 3600.0, 60.0, 120.0
"""Pauses of one length, and their length in seconds, that are no chance; of a client that starts over for a reason; and of a sensor that
wakes to report, and sleeps again.
"""


def _cannot_be_kept(cases: Sequence[Case], won: Sequence[Case]) -> bool:
    """True if each lease has times that no client can keep, which is a finding by itself, and none was ever renewed."""
    acks = [m for case in won for m in case.exchange.seen(MessageType.ACK)]
    renewed = any(case.exchange.kind is Kind.RENEW for case in cases)
    return not renewed and all(any(lease_times(ack)) for ack in acks)


def _releases(case: Case) -> bool:
    return case.exchange.kind is Kind.RELEASE


def _gives_up_at_once(cases: Sequence[Case]) -> bool:
    """True if each lease is given back moments after it was won, again and again; who tries by hand, or watches a server, takes longer."""
    pairs = [
        (one.exchange.ended, other.exchange.started) for one, other in pairwise(cases) if _releases(other)
    ]
    held = [start - end for end, start in pairs if end is not None and start is not None]
    return len(held) >= _GIVEN_BACK and max(held) <= _MOMENTS


def _released(cases: Sequence[Case]) -> str:
    return "; it RELEASEs each of them moments later" if any(_releases(case) for case in cases) else ""


_GIVEN_BACK, _MOMENTS = 4, 10.0
"""RELEASEs, and seconds for which a lease was held."""


def acknowledged_late(cases: Sequence[Case]) -> Iterator[Finding]:
    """ACKs that come when the client has begun another transaction since (RFC 2131 table 1)."""
    messages = [m for case in cases for m in case.exchange.messages if m.frame is not None and not m.copy]
    begun = [(m.time, m.xid) for m in messages if m.type is MessageType.DISCOVER and m.time is not None]
    late: list[tuple[Message, float]] = []
    for ack in messages:
        if ack.type is not MessageType.ACK or ack.time is None or ack.giaddr is not None:
            continue
        own = (
            m.time
            for m in messages
            if m.type is MessageType.REQUEST and m.xid == ack.xid and m.time is not None
        )
        asked = max((time for time in own if time <= ack.time), default=None)
        if asked is not None and any(asked < time < ack.time and xid != ack.xid for time, xid in begun):
            late.append((ack, ack.time - asked))
    if len(late) >= _LATE:
        last = late[-1][0]
        text = (
            f"{len(late)} ACKs from {last.server_id or last.src} came {min(wait for _, wait in late):.1f} s and more after their REQUESTs, "
            f"when the client had begun another transaction; {seen(last)}"
        )
        yield cases[-1].finding(
            "acks-not-taken", text, [ack for ack, _ in late[-2:]], last.node, Severity.WARNING
        )


_LATE = 2


def _is_about(lease: int, gaps: Sequence[float]) -> bool:
    """True if each pause is as long as the lease, as far as a client that begins anew needs some seconds."""
    return lease >= _SHORTEST_LEASE and all(lease * 0.95 <= gap <= lease * 1.1 + 10 for gap in gaps)


_SHORTEST_LEASE = 30


def _bootless(won: Sequence[Case]) -> str:
    """Boot ROMs that were told of nothing to boot, as captured."""
    messages = [m for case in won for m in case.exchange.messages if m.frame is not None]
    asks = any((m.vendor_class or "").startswith(("PXEClient", "HTTPClient")) for m in messages)
    if any(m.boots and m.type.is_reply for m in messages):
        return ""
    heads = {class_head(m.vendor_class) or "" for m in messages if not m.type.is_reply} & won[0].book.booted
    if not asks and heads:
        return (
            f"; no reply names a boot file (field or option 67), and those to others of its class ({listed(sorted(heads))}) do: its host "
            "entry or profile on the server differs"
        )
    return "" if not asks else "; it is a boot ROM, and no reply names a boot file (field or option 67)"


def _other_identifier(won: Sequence[Case]) -> str:
    """Words for ACKs that, as captured, all come under another server identifier than their REQUESTs name."""
    messages = [m for case in won for m in case.exchange.messages if m.frame is not None]
    named = {m.server_id for m in messages if m.type is MessageType.REQUEST}
    answering = {m.server_id for m in messages if m.type is MessageType.ACK}
    if None in named | answering or named & answering or not named or not answering:
        return ""
    return f"; its REQUESTs name the server {listed(named)}, and the ACKs come as {listed(answering)}"


_AT_ONCE, _SOON = 3, 64.0
"""DISCOVERs answered by ACK at once, and seconds to the next, that are no lease."""


def committed_in_vain(cases: Sequence[Case]) -> Iterator[Finding]:
    """DISCOVER and ACK again and again: the server commits at once (RFC 4039), and the client does not take that."""
    turns: list[Case] = []
    for case in cases:
        start, before = case.exchange.started, turns[-1].exchange.started if turns else None
        if not _is_committed(case) or (
            before is not None and start is not None and not 1.0 <= start - before <= _SOON
        ):
            turns = []
        if _is_committed(case):
            turns.append(case)
    if len(turns) < _AT_ONCE:
        return
    last = turns[-1].exchange.seen(MessageType.ACK)[-1]
    text = (
        f"{last.server_id or last.src} answered DISCOVERs by ACK at once (rapid commit, RFC 4039) {len(turns)} times, and the client asks "
        f"again; {seen(last)}: the client does not take that (it may not have asked for it by option 80), or the ACK is lost"
    )
    yield turns[-1].finding("acks-not-taken", text, [last], last.node, Severity.WARNING)


def _is_committed(case: Case) -> bool:
    kinds = {m.type for m in case.exchange.messages}
    return kinds == {MessageType.DISCOVER, MessageType.ACK} and case.exchange.messages[0].frame is not None


def _without_mask(won: Sequence[Case]) -> str:
    """Words for ACKs of which none, as captured, has what a client needs beside its address."""
    acks = [m for case in won for m in case.exchange.seen(MessageType.ACK)]
    whole = all(m.frame is not None and not m.cut and m.malformed is None for m in acks)
    bare = bool(acks) and whole and all(m.mask is None for m in acks)
    return "; its ACKs have no subnet mask (option 1)" if bare else ""


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


def informs_in_vain(cases: Sequence[Case]) -> Iterator[Finding]:
    """INFORM again and again without answer, where a server answers those of others (RFC 2131 section 3.4)."""
    informing: dict[str, list[Case]] = defaultdict(list)
    answered: set[tuple[str | None, bool]] = set()
    for case in cases:
        first = case.exchange.messages[0]
        if case.exchange.kind is Kind.INFORM and first.frame is not None:
            informing[str(case.exchange.client)].append(case)
            if case.exchange.outcome is ExchangeOutcome.ANSWERED:
                answered.add((first.file, first.giaddr is None))
    for own in informing.values():
        asked = [m for case in own for m in case.exchange.seen(MessageType.INFORM) if not m.copy]
        waits = all(case.exchange.outcome is ExchangeOutcome.NO_REPLY for case in own)
        if waits and len(asked) >= _INFORMS and all((m.file, m.giaddr is None) in answered for m in asked):
            last = asked[-1]
            text = f"no answer to {len(asked)} INFORMs of {last.ciaddr or last.src}, where others are answered; {seen(last)}"
            yield own[-1].finding("no-reply", text, asked[-2:], last.node, Severity.WARNING)


_INFORMS = 3
"""INFORMs without answer that are no accident."""


_LOOPED = 40
"""Times that one frame is captured: a mirror shows it twice, replication at a head end once for each of its peers."""


def frames_looped(cases: Sequence[Case]) -> Iterator[Finding]:
    """One frame again and again in less than a second, with the IP identification it had: switches are in a loop."""
    for case in cases:
        copied = [m for m in case.exchange.messages if m.copy and m.frame is not None and m.tunnel is None]
        if len(copied) < _LOOPED:
            continue
        counted = Counter((m.file, m.type, m.link_source, m.dst) for m in copied)
        (file, kind, _, _), times = counted.most_common(1)[0]
        if times < _LOOPED:
            continue
        shown = [m for m in case.exchange.messages if m.file == file and m.type is kind]
        first, last = shown[0], shown[-1]
        known = first.time is not None and last.time is not None
        within = f" within {(last.time or 0.0) - (first.time or 0.0):.1f} s" if known else ""
        text = f"one {kind} was captured {times + 1} times{within}; {seen(first)}: this is no mirror, switches are in a loop"
        yield case.finding("frame-loop", text, [first, last], first.node)


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
