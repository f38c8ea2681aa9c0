"""Rules about networks: answers that come back in another one than the question was asked in."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from labgen.dhcp.context import inside, network_of
from labgen.dhcp.message import Message, MessageType
from labgen.dhcp.model import GRANTED, Exchange, ExchangeOutcome, Finding, Severity
from labgen.dhcp.rules.case import Case, evidence
from labgen.dhcp.segments import differ, on_link

_WITHIN = 60.0
"""Seconds between the last question and the first answer from which on they are two affairs."""


def answered_elsewhere(cases: Sequence[Case]) -> Iterator[Finding]:
    """OFFERs to a client in another VLAN or VNI than the one its DISCOVERs are in, on the client's own link, and no REQUEST."""
    asked: list[Case] = []
    offered: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        if case.ordinary is not None:
            continue
        exchange = case.exchange
        if exchange.client.mac and exchange.xid and _is_direct(exchange):
            if exchange.outcome is ExchangeOutcome.NO_REPLY and not exchange.seen(MessageType.REQUEST):
                asked.append(case)
            elif all(message.type is MessageType.OFFER for message in exchange.messages):
                offered[exchange.client.mac].append(case)
    for question in asked:
        xids = {message.xid for message in question.exchange.messages}
        answers = [
            case
            for case in offered[question.exchange.client.mac or ""]
            if case.exchange.xid in xids and _is_elsewhere(question.exchange, case.exchange)
        ]
        if answers:
            yield _crossed(question, answers)


def _is_direct(exchange: Exchange) -> bool:
    return all(message.frame is not None and on_link(message) for message in exchange.messages)


def _is_elsewhere(question: Exchange, answer: Exchange) -> bool:
    if not differ(question.segment, answer.segment) or question.started is None or answer.started is None:
        return False
    last = question.messages[-1].time
    return last is not None and question.started <= answer.started <= last + _WITHIN


def _crossed(question: Case, answers: Sequence[Case]) -> Finding:
    asked, answer = question.exchange, answers[0].exchange
    text = f"DISCOVERs in {asked.segment} are answered in {answer.segment}: the client cannot get the OFFERs"
    shown = [
        asked.messages[0],
        answer.messages[0],
        asked.messages[-1],
        *(case.exchange.messages[-1] for case in answers),
    ]
    return question.finding("answered-in-other-network", text, shown, node=shown[0].node)


def answered_to_another(cases: Sequence[Case]) -> Iterator[Finding]:
    """OFFERs under the transaction of one client with the hardware address of another, who did not ask."""
    asked: dict[tuple[int, str | None], Case] = {}
    offered: list[Case] = []
    for case in cases:
        if case.ordinary is not None:
            continue
        exchange = case.exchange
        messages = exchange.messages
        if exchange.xid and all(m.frame is not None for m in messages):
            if exchange.outcome is ExchangeOutcome.NO_REPLY and messages[0].type is MessageType.DISCOVER:
                asked.update(((m.xid or 0, m.file), case) for m in messages)
            elif all(m.type is MessageType.OFFER for m in messages):
                offered.append(case)
    found: dict[tuple[str | None, str | None], list[tuple[Case, Case]]] = defaultdict(list)
    for case in offered:
        first = case.exchange.messages[0]
        question = asked.get((first.xid or 0, first.file))
        if question is not None and _follows(question, case):
            found[question.exchange.client.mac, case.exchange.client.mac].append((question, case))
    for (client, other), pairs in found.items():
        question = pairs[-1][0]
        shown = [m for asks, offers in pairs for m in (*asks.exchange.messages, *offers.exchange.messages)]
        text = (
            f"the OFFERs that answer its transaction {question.exchange.xid or 0:#x} have the hardware address {other} (chaddr), not "
            f"{client}: no client takes what is for another one (RFC 2131 table 3)"
        )
        yield question.finding("offers-not-taken", text, shown, question.exchange.messages[0].node)


def _follows(question: Case, answer: Case) -> bool:
    if question.exchange.client.mac == answer.exchange.client.mac:
        return False
    start, end = question.exchange.started, answer.exchange.started
    return start is not None and end is not None and 0 <= end - start <= _WITHIN


_CONSEQUENCES = frozenset({"no-reply", "offers-not-taken"})


def without_consequences(found: Sequence[Finding]) -> list[Finding]:
    """Findings without those that only say that a client waits, where its frames show why in another one."""
    causes = [
        f
        for f in found
        if f.code == "answered-in-other-network" or (f.code in _CONSEQUENCES and "(chaddr)" in f.message)
    ]
    places = {place for cause in causes for place in cause.evidence}
    left = [f for f in found if f in causes or f.code not in _CONSEQUENCES or places.isdisjoint(f.evidence)]
    shared = " ".join(f"{f.message} " for f in found if f.code in _SHARED)
    return [f for f in left if f.code != "address-conflict" or not _is_shared(f, shared)]


_SHARED = frozenset({"double-lease", "duplicate-client-id"})


def _is_shared(conflict: Finding, shared: str) -> bool:
    """True if the two machines that ARP shows with one address were both given it, as another finding says."""
    address, _, words = conflict.message.partition(": ")
    if conflict.severity is not Severity.WARNING or f"{address} " not in shared:
        return False
    return all(mac in shared for mac in _HARDWARE.findall(words))


_HARDWARE = re.compile(r"\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b")


def given_of_another(cases: Sequence[Case]) -> Iterator[Finding]:
    """Addresses of another subnet than giaddr's, where no link selection names one: nobody can tell whether the link has it."""
    found: dict[tuple[str, str, str, str | None], list[tuple[Case, Message]]] = defaultdict(list)
    for case in cases:
        if case.exchange.outcome not in GRANTED or case.context.subnets:
            continue
        for ack in case.exchange.messages:
            if (
                ack.type is MessageType.ACK
                and ack.giaddr is not None
                and ack.mask is not None
                and ack.yiaddr is not None
            ):
                own = network_of(ack.giaddr, ack.mask)
                if (
                    own is not None
                    and not inside(ack.yiaddr, own)
                    and not _is_meant(ack)
                    and not _names_link(ack, case)
                ):
                    subnet = network_of(ack.yiaddr, ack.mask) or ack.yiaddr
                    found[ack.server_id or ack.src or "", ack.giaddr, subnet, ack.router].append((case, ack))
                break
    for (server, giaddr, subnet, router), given in found.items():
        clients = len({case.exchange.client for case, _ in given})
        by = f" (router {router})" if router else ""
        text = (
            f"{server} gives {clients} client{'s' if clients > 1 else ''} behind the relay {giaddr} addresses of {subnet}{by}, which "
            f"{giaddr} is not in, and no link selection names it: right where that subnet shares the link, or giaddr is a loopback's; "
            "else the wrong scope was chosen"
        )
        shown = evidence(ack for _, ack in given[:_MOST_SHOWN])
        yield Finding("giaddr-wrong-subnet", Severity.INFO, text, server, None, shown)


_MOST_SHOWN = 3


def _is_meant(ack: Message) -> bool:
    """True if the relay is the client's router, as where access networks give addresses of a mask of their own."""
    return ack.router == ack.giaddr or (ack.mask or "") >= "255.255.255.254"


def _names_link(ack: Message, case: Case) -> bool:
    """True if the relay tells the client's network by another word than giaddr."""
    for message in (ack, *case.exchange.messages):
        options = message.relay_options
        if options is not None and (options.link_selection or options.cisco_link_selection or options.vss):
            return True
    return False
