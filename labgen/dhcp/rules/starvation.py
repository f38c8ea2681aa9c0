"""Rules about crowds: many clients that nobody saw before, and that do not go on, use up a pool."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from socket import inet_aton

from labgen.dhcp.explain import explain
from labgen.dhcp.message import Message, MessageType
from labgen.dhcp.model import ExchangeOutcome, Finding, Kind
from labgen.dhcp.rules.case import Case, evidence, listed

_WITHIN = 60.0
"""Seconds in which the crowd asks."""
_CROWD, _STRANGERS = 20, 50
"""Clients behind one sender, and clients with senders of their own, from which on they are a crowd."""
_OFFERED = 10
"""OFFERs that a crowd of strangers did not take, from which on those without count as well: the pool may be used up by then."""
_IDLE = 0.5
"""The part of a crowd behind one sender that asks once and never goes on; of the other one all do."""

_BURST, _AT_ONCE, _IDLE_OF_BURST = 60, 10.0, 0.2
"""So many within so many seconds are no guests: some of them may take what they are offered."""


@dataclass(frozen=True, slots=True)
class _Newcomer:
    case: Case
    asked: Message
    idle: bool


def starvation(cases: Sequence[Case]) -> Iterator[Finding]:
    """Many hardware addresses that ask in one minute, each once, and never take what they are offered."""
    senders: dict[str, list[_Newcomer]] = defaultdict(list)
    strangers: list[_Newcomer] = []
    for case in cases:
        first = case.exchange.messages[0]
        if case.exchange.outcome is ExchangeOutcome.BOUND and first.link_source == first.mac:
            continue
        found = _newcomer(case)
        if found is not None and found.asked.link_source is not None:
            if found.asked.link_source != found.asked.mac:
                senders[found.asked.link_source].append(found)
            elif found.idle:
                strangers.append(found)
    for sender, crowd in senders.items():
        yield from _crowd_finding(crowd, _CROWD, f"{sender} asks for")
    yield from _walking(cases)
    if sum(1 for one in strangers if _is_offered(one.case)) < _OFFERED:
        strangers = [one for one in strangers if _is_visible(one.case)]
    yield from _crowd_finding(strangers, _STRANGERS, "DISCOVERs came of")


def _walking(cases: Sequence[Case]) -> Iterator[Finding]:
    """Many hardware addresses, in frames that others send, that ask without DISCOVER for one address after the other."""
    asked = []
    for case in cases:
        first = case.exchange.messages[0]
        selects = (
            first.type is MessageType.REQUEST and first.server_id is None and first.requested is not None
        )
        if selects and first.giaddr is None and first.link_source not in (None, first.mac):
            asked.append(first)
    run = _longest_run(asked)
    clients, senders = ({getattr(m, name) for m in run} for name in ("mac", "link_source"))
    if len(clients) < _CROWD:
        return
    who = f"{senders.pop()} asks" if len(senders) == 1 else f"frames of {len(senders)} senders ask"
    text = (
        f"{who} for {len(clients)} hardware addresses, one after the other, for the addresses {run[0].requested} to "
        f"{run[-1].requested}: this uses up a pool"
    )
    yield Finding("starvation", explain("starvation").severity, text, run[0].node, None, evidence(run))


def _longest_run(asked: Sequence[Message]) -> list[Message]:
    """The longest stretch in which each REQUEST is for the address after the one before."""
    best: list[Message] = []
    run: list[Message] = []
    for message in asked:
        steps = not run or _number(message) - _number(run[-1]) in (0, 1)
        if not steps:
            best, run = max(best, run, key=len), []
        run.append(message)
    return max(best, run, key=len)


def _number(message: Message) -> int:
    return int.from_bytes(inet_aton(message.requested or "0.0.0.0"), "big")


def _newcomer(case: Case) -> _Newcomer | None:
    """A client that begins on this link, and is met only here."""
    exchange = case.exchange
    first = exchange.messages[0]
    plain = exchange.kind is Kind.ACQUIRE and first.type is MessageType.DISCOVER and first.frame is not None
    if not plain or first.giaddr is not None or first.vni is not None or len(case.history.exchanges) > 1:
        return None
    asked = [m for m in exchange.messages if m.type is MessageType.DISCOVER and not m.copy]
    waits = exchange.outcome in (ExchangeOutcome.NO_REPLY, ExchangeOutcome.INCOMPLETE)
    content = any(m.ipv6_only_wait is not None for m in exchange.messages)
    idle = waits and len(asked) == 1 and not content and not exchange.seen(MessageType.REQUEST)
    return _Newcomer(case, first, idle)


def _is_offered(case: Case) -> bool:
    return any(m.type is MessageType.OFFER for m in case.exchange.messages)


def _is_visible(case: Case) -> bool:
    return _is_offered(case) or case.answer_would_show(later=True)


def _crowd_finding(crowd: Sequence[_Newcomer], size: int, who: str) -> Iterator[Finding]:
    busiest = _busiest(crowd)
    idle = [one for one in busiest if one.idle]
    if len(busiest) < size:
        return
    first, last = busiest[0].asked.time or 0.0, busiest[-1].asked.time or 0.0
    burst = len(busiest) >= _BURST and last - first <= _AT_ONCE
    if len(idle) < (_IDLE_OF_BURST if burst else _IDLE) * len(busiest):
        return
    text = (
        f"{who} {len(busiest)} hardware addresses within {max(1.0, last - first):.0f} s, and {len(idle)} of them ask once "
        f"and never go on: this uses up a pool{_served(busiest)}"
    )
    shown = evidence(one.asked for one in idle)
    node = busiest[0].asked.node
    yield Finding("starvation", explain("starvation").severity, text, node, None, shown)


def _busiest(crowd: Sequence[_Newcomer]) -> Sequence[_Newcomer]:
    """The clients of the minute in which most of them ask."""
    ordered = sorted(crowd, key=lambda one: one.asked.time or 0.0)
    best: Sequence[_Newcomer] = ()
    start = 0
    for end, one in enumerate(ordered):
        while (one.asked.time or 0.0) - (ordered[start].asked.time or 0.0) > _WITHIN:
            start += 1
        if end + 1 - start > len(best):
            best = ordered[start : end + 1]
    return best


def _served(crowd: Sequence[_Newcomer]) -> str:
    """Words for the servers that offered addresses to the crowd, and for the last of them that were left without."""
    offers = [m for one in crowd for m in one.case.exchange.messages if m.type is MessageType.OFFER]
    if not offers:
        return ""
    servers = listed(m.server_id or m.src for m in offers)
    last = max(m.time or 0.0 for m in offers)
    after = sum(1 for one in crowd if (one.asked.time or 0.0) > last)
    left = f", and nothing to the {after} that asked last" if after > 1 else ""
    return f"; {servers} offered {len({m.yiaddr for m in offers})} addresses{left}"
