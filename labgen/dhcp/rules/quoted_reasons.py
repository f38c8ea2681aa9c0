"""Rules that quote: what servers, relays and clients say themselves is the best reason there is."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from labgen.dhcp.context import Context
from labgen.dhcp.explain import explain
from labgen.dhcp.message import Evidence, Message, MessageRole, MessageType
from labgen.dhcp.model import Client, ExchangeOutcome, Finding, Kind, Severity
from labgen.dhcp.neighbours import PING
from labgen.dhcp.remarks import Cause, Remark
from labgen.dhcp.rules.case import MOST_EVIDENCE, Case, listed
from labgen.dhcp.vantage import Vantage

CODES = {
    Cause.POOL_EXHAUSTED: "pool-exhausted",
    Cause.PEER_HOLDS: "pool-exhausted",
    Cause.NO_SCOPE: "no-scope-for-giaddr",
    Cause.UNTRUSTED: "option-82-untrusted",
    Cause.DUPLICATE_ID: "duplicate-client-id",
    Cause.RESERVED_IN_USE: "request-refused",
    Cause.NO_ADDRESS: "request-refused",
    Cause.REFUSED: "request-refused",
    Cause.DROPPED: "request-refused",
    Cause.UNTAKEN: "offers-not-taken",
    Cause.FAILED: "node-complains",
    Cause.UNREACHABLE: "server-unreachable",
    Cause.ROGUE: "rogue-server",
}
"""The finding each cause leads to; on a relay, what is not forwarded is `relay-dropped`."""

_ON_RELAYS = frozenset({Cause.DROPPED, Cause.NO_ADDRESS, Cause.REFUSED})
_IN_SENTENCES = frozenset({"node-complains", "relay-dropped", "request-refused"})
_INSTANT = 0.5
"""Seconds within which a program that says two things in a row says one."""

_DIGITS = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}|\d+")
_MOST_CLIENTS, _MOST_SENTENCES = 3, 3


def said(cases: Sequence[Case], context: Context) -> Iterator[Finding]:
    """One finding for each thing that a node says, however often it says it."""
    clients = _clients(cases)
    groups: dict[tuple[str, str, str], list[Remark]] = defaultdict(list)
    reach = _Reach(cases, context.remarks)
    for remark in context.remarks:
        code = _code(remark)
        if code is not None and not reach.withdraws(remark):
            groups[code, remark.node, _subject(remark)].append(remark)
    for code, node, remarks in _merged(groups, clients):
        yield _quoted(code, node, remarks, clients)
    if all(case.exchange.kind is Kind.RELEASE for case in cases):
        yield from _all_there_is(context)


def _all_there_is(context: Context) -> Iterator[Finding]:
    """Findings that quote nodes where no message was seen, although nobody knows what their words led to."""
    groups: dict[tuple[str, str], list[Remark]] = defaultdict(list)
    for remark in context.remarks:
        if remark.cause in (Cause.OTHER, Cause.GAVE_UP):
            groups[remark.node, _DIGITS.sub("#", remark.words)].append(remark)
    for (node, _), remarks in groups.items():
        severity = Severity.WARNING if remarks[0].cause is Cause.GAVE_UP else Severity.INFO
        yield replace(_quoted("node-complains", node, remarks, {}), severity=severity)


class _Reach:
    """Packets sent to, and come from, the addresses that somebody tells to be out of reach."""

    def __init__(self, cases: Sequence[Case], remarks: Iterable[Remark]) -> None:
        self._addresses = {remark.address for remark in remarks if remark.cause is Cause.UNREACHABLE}
        self._replied: dict[str | None, dict[str | None, int]] = defaultdict(dict)
        self._asked: dict[tuple[str | None, str | None], list[tuple[int, MessageType]]] = defaultdict(list)
        for case in cases if self._addresses else ():
            for message in case.exchange.messages:
                self._add(message)
        for asked in self._asked.values():
            asked.sort()

    def _add(self, message: Message) -> None:
        file, frame = message.file, message.frame or 0
        if message.type.is_reply and message.src in self._addresses:
            known = self._replied[message.src]
            known[file] = max(frame, known.get(file, 0))
        elif message.dst in self._addresses:
            self._asked[message.dst, file].append((frame, message.type))

    def withdraws(self, remark: Remark) -> bool:
        """True if who is told to be out of reach is there: it answers afterwards, or its kernel speaks, beside a program that reads by
        itself, of what asks for no answer.
        """
        if remark.cause is not Cause.UNREACHABLE:
            return False
        replied = self._replied.get(remark.address, {})
        last = replied.get(remark.file)
        if remark.frame is None or (replied and last is None) or (last or 0) > remark.frame:
            return bool(replied)
        asked = self._asked[remark.address, remark.file]
        at = bisect_left(asked, (remark.frame,)) - 1
        own = remark.words.startswith(f"ICMP from {remark.address}:")
        return own and at >= 0 and asked[at][1] in _WITHOUT_ANSWER


_WITHOUT_ANSWER = frozenset({MessageType.RELEASE, MessageType.DECLINE})


_ONE_CAUSE = frozenset({"pool-exhausted", "no-scope-for-giaddr", "option-82-untrusted"})
"""Codes of which a program says in several sentences that it is the one thing."""


def _merged(
    groups: dict[tuple[str, str, str], list[Remark]], clients: dict[Remark, str]
) -> Iterator[tuple[str, str, list[Remark]]]:
    """Groups, those together that are about one cause and the same clients, whatever the words."""
    found: dict[tuple[object, ...], list[Remark]] = {}
    for (code, node, subject), remarks in groups.items():
        who = frozenset(clients.get(r) or r.mac for r in remarks)
        same = (remarks[0].cause, who, remarks[0].giaddr) if code in _ONE_CAUSE else (subject,)
        found.setdefault((code, node, *same), []).extend(remarks)
    held: tuple[str, str, list[Remark]] | None = None
    for key, remarks in found.items():
        group = (str(key[0]), str(key[1]), remarks)
        if held is not None and _goes_on(held, group, clients):
            held[2].extend(remarks)
            continue
        if held is not None:
            yield held
        held = group
    if held is not None:
        yield held


def _goes_on(
    before: tuple[str, str, list[Remark]], after: tuple[str, str, list[Remark]], clients: dict[Remark, str]
) -> bool:
    """True if two groups are one complaint in two sentences: of one node, about one client, line after line, in one instant."""
    if before[:2] != after[:2] or before[0] not in _IN_SENTENCES or len(after[2]) != 1:
        return False
    if len(before[2]) >= _MOST_SENTENCES:
        return False
    one, two = before[2][-1], after[2][0]
    if one.file != two.file or one.line is None or two.line is None or two.line - one.line != 1:
        return False
    same = (clients.get(one) or one.mac) == (clients.get(two) or two.mac)
    return same and one.time is not None and two.time is not None and two.time - one.time < _INSTANT


def _code(remark: Remark) -> str | None:
    if remark.role is MessageRole.RELAY and remark.cause in _ON_RELAYS:
        return "relay-dropped"
    return CODES.get(remark.cause)


def _subject(remark: Remark) -> str:
    """The subject of a remark, so that the same complaint about the same thing is told once."""
    named = remark.subnet or remark.giaddr or remark.interface
    if named is None and remark.cause in (Cause.RESERVED_IN_USE, Cause.DUPLICATE_ID):
        named = remark.address
    return f"{remark.cause}/{named or _DIGITS.sub('#', remark.words)}"


def _clients(cases: Sequence[Case]) -> dict[Remark, str]:
    return {
        remark: str(case.exchange.client)
        for case in cases
        for remark in case.remarks
        if case.exchange.client != Client()
    }


def _quoted(code: str, node: str, remarks: Sequence[Remark], clients: dict[Remark, str]) -> Finding:
    who = list(dict.fromkeys(clients.get(r) or r.mac or r.client_id for r in remarks))
    named = [name for name in who if name]
    sentences = list(dict.fromkeys(remark.words for remark in remarks))
    times = len(remarks) // len(sentences)
    text = f"{node} says{f', {times} times' if times > 1 else ''}: {'; '.join(sentences[:_MOST_SENTENCES])}"
    if len(named) > 1:
        more = f" and {len(named) - _MOST_CLIENTS} more" if len(named) > _MOST_CLIENTS else ""
        text += f" (clients {listed(named[:_MOST_CLIENTS]) if not more else ', '.join(named[:_MOST_CLIENTS])}{more})"
    severity = explain(code).severity
    if code == "duplicate-client-id":
        severity = Severity.WARNING
    return Finding(
        code=code,
        severity=severity,
        message=text,
        node=node,
        client=named[0] if len(named) == 1 else None,
        evidence=_places(remark.evidence() for remark in remarks),
    )


def _places(found: Iterable[Evidence]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(found))[:MOST_EVIDENCE]


def conflicts(cases: Sequence[Case], context: Context) -> Iterator[Finding]:
    """Addresses that somebody uses without a lease: declined, found by a ping, abandoned, or in a table of conflicts
    (RFC 2131 sections 4.3.3 and 4.4.1). One finding for each address.
    """
    words: dict[str, dict[str, None]] = defaultdict(dict)
    places: dict[str, list[Evidence]] = defaultdict(list)
    client: dict[str, str] = {}
    for case in cases:
        if case.exchange.kind is Kind.DECLINE:
            address = case.exchange.address or "the offered address"
            words[address]["declined by the client: another host answers for it"] = None
            places[address] += [m.evidence() for m in case.exchange.seen(MessageType.DECLINE)]
            client[address] = str(case.exchange.client)
    for remark in context.remarks:
        if remark.cause is Cause.CONFLICT:
            address = remark.address or "an address"
            words[address][f"{remark.node} says: {remark.words}"] = None
            places[address].append(remark.evidence())
    for binding in context.bindings:
        if binding.state in _CONFLICT_STATES:
            words[binding.address][f"{binding.state} on {binding.node}"] = None
            places[binding.address].append(binding.evidence())
    for address, reasons in words.items():
        text = f"{address}: {'; '.join(list(reasons)[:3])}"
        node = places[address][0].node
        heard = all(f" says: {ARP_ANSWER}" in reason or f" says: {PING}" in reason for reason in reasons)
        severity = Severity.WARNING if heard else explain("address-conflict").severity
        evidence = _places(places[address])
        yield Finding("address-conflict", severity, text, node, client.get(address), evidence)


ARP_ANSWER = "ARP: "
"""How a remark begins that tells of an ARP packet: the client did not say what it makes of it."""
_CONFLICT_STATES = frozenset({"conflict", "abandoned", "declined"})


def unheard(cases: Sequence[Case], context: Context) -> Iterator[Finding]:
    """Captures in which answers, or requests, cannot be seen: what they cannot show is not held against anybody."""
    if context.vantages is None:
        return
    waiting: dict[str, list[Case]] = defaultdict(list)
    nameless = _nameless(cases)
    for case in cases:
        if case.ordinary is not None:
            continue
        if all(message.cut for message in case.exchange.messages) or _asks_in_vain(case):
            continue
        if case.exchange.outcome in (
            ExchangeOutcome.NO_REPLY,
            ExchangeOutcome.INCOMPLETE,
        ) and not case.answer_would_show(later=True):
            if any(message.type.is_reply for message in case.exchange.messages):
                continue
            for file in dict.fromkeys(m.file or m.node for m in case.exchange.messages):
                if file not in nameless:
                    waiting[file].append(case)
    for file, vantage in context.vantages.items():
        if vantage.wire and waiting[file]:
            yield _unheard(vantage, waiting[file])


def _nameless(cases: Sequence[Case]) -> frozenset[str]:
    """Files with replies of which nothing tells whose they are: one of them may be the one that is missed."""
    return frozenset(
        message.file or message.node
        for case in cases
        if case.exchange.client == Client()
        for message in case.exchange.messages
        if message.type.is_reply and message.xid is None
    )


def _asks_in_vain(case: Case) -> bool:
    """A client that only ever sends DISCOVER shows by that itself that it got nothing."""
    asked = [m for m in case.exchange.messages if m.type is MessageType.DISCOVER and not m.copy]
    return len(asked) >= _PLAIN_ENOUGH and not case.exchange.seen(MessageType.REQUEST)


_PLAIN_ENOUGH = 3


def _unheard(vantage: Vantage, cases: Sequence[Case]) -> Finding:
    clients = len({case.exchange.client for case in cases})
    whose = "1 client" if clients == 1 else f"{clients} clients"
    some = "" if vantage.replies == 0 else "these "
    text = (
        f"replies to {some}clients are not visible in this file ({whose} asked): it cannot show whether they were "
        "answered. Capture both directions, at the client, the relay or the server"
    )
    first = next(m for m in cases[0].exchange.messages if (m.file or m.node) == vantage.file)
    evidence = (Evidence(node=first.node, file=vantage.file, frame=first.frame, line=first.line),)
    return Finding(
        "replies-not-visible", explain("replies-not-visible").severity, text, first.node, None, evidence
    )
