"""Rules about networks: answers that come back in another one than the question was asked in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from labgen.dhcp.message import MessageType
from labgen.dhcp.model import Exchange, ExchangeOutcome, Finding
from labgen.dhcp.rules.case import Case
from labgen.dhcp.segments import differ

_WITHIN = 60.0
"""Seconds between the last question and the first answer from which on they are two affairs."""


def answered_elsewhere(cases: Sequence[Case]) -> Iterator[Finding]:
    """OFFERs to a client in another VLAN or VNI than the one its DISCOVERs are in, neither relayed, and no REQUEST."""
    asked: dict[tuple[str, int], list[Case]] = defaultdict(list)
    offered: dict[tuple[str, int], list[Case]] = defaultdict(list)
    for case in cases:
        if case.ordinary is not None:
            continue
        exchange = case.exchange
        key = (exchange.client.mac or "", exchange.xid or 0)
        if all(key) and _is_direct(exchange):
            if exchange.outcome is ExchangeOutcome.NO_REPLY and not exchange.seen(MessageType.REQUEST):
                asked[key].append(case)
            elif all(message.type is MessageType.OFFER for message in exchange.messages):
                offered[key].append(case)
    for key, questions in asked.items():
        for question in questions:
            answer = next(
                (case for case in offered[key] if _is_elsewhere(question.exchange, case.exchange)), None
            )
            if answer is not None:
                yield _crossed(question, answer)


def _is_direct(exchange: Exchange) -> bool:
    return all(message.giaddr is None and message.frame is not None for message in exchange.messages)


def _is_elsewhere(question: Exchange, answer: Exchange) -> bool:
    if not differ(question.segment, answer.segment) or question.started is None or answer.started is None:
        return False
    last = question.messages[-1].time
    return last is not None and question.started <= answer.started <= last + _WITHIN


def _crossed(question: Case, answer: Case) -> Finding:
    text = f"DISCOVERs in {question.exchange.segment} are answered in {answer.exchange.segment}: the client cannot get the OFFERs"
    shown = [question.exchange.messages[0], answer.exchange.messages[0]]
    return question.finding("answered-in-other-network", text, shown, node=shown[0].node)
