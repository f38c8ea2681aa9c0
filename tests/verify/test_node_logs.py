"""Logs that stand in for captures, whatever clock stamped them."""

from __future__ import annotations

import pytest

from labgen.devices.observed import LogClock, Observed
from labgen.dhcp.clocks import in_causal_order
from labgen.dhcp.model import Direction, Message, MessageRole, MessageType
from labgen.verify.node_logs import Logbook, Span

MAC = "52:54:00:00:00:01"
DISCOVER, OFFER, REQUEST, ACK = MessageType.DISCOVER, MessageType.OFFER, MessageType.REQUEST, MessageType.ACK
RX, TX = Direction.RX, Direction.TX
STEP = Span(1_000_000.0, 1_000_010.0)


def client(kind: MessageType, time: float | None, direction: Direction = TX) -> Message:
    return Message(
        kind, "cl", MessageRole.CLIENT, direction, time, mac=MAC, file="cl.log", text=f"cl {kind} {time}"
    )


def server(kind: MessageType, time: float | None, direction: Direction = RX) -> Message:
    return Message(
        kind, "srv", MessageRole.SERVER, direction, time, mac=MAC, file="srv.log", text=f"srv {kind} {time}"
    )


def logs(*messages: Message, **kinds: str) -> Observed:
    clocks = tuple(LogClock(node, kind, f"{node}.log") for node, kind in kinds.items())
    return Observed(messages=messages, clocks=clocks)


def shown(messages: tuple[Message, ...]) -> list[tuple[str, str]]:
    return [(m.node, m.type.value) for m in messages]


ACQUIRE = [("cl", "DISCOVER"), ("srv", "DISCOVER"), ("srv", "OFFER"), ("cl", "OFFER"), ("cl", "REQUEST")]


@pytest.mark.parametrize(
    ("boot", "kind"),
    [
        pytest.param(500.0, "uptime", id="uptime"),
        pytest.param(-90_000_000.0, "epoch", id="dates years ahead"),
        pytest.param(None, "none", id="no stamps"),
    ],
)
def test_a_servers_log_is_laid_on_its_clients(boot: float | None, kind: str) -> None:
    def own(at: float) -> float | None:
        return None if boot is None else at - boot

    book = Logbook()
    messages = (
        server(DISCOVER, own(1_000_003.0)), server(OFFER, own(1_000_003.0), TX),
        client(DISCOVER, 1_000_002.9), client(OFFER, 1_000_003.1, RX), client(REQUEST, 1_000_003.1),
    )  # fmt: skip
    book.add(logs(*messages, srv=kind, cl="epoch"), (), (), STEP)
    assert shown(book.messages) == ACQUIRE
    assert all(abs((m.time or 0.0) - 1_000_003.0) < 1.0 for m in book.messages)


def test_uptimes_end_when_they_were_collected_and_keep_their_distance() -> None:
    book = Logbook()
    book.add(logs(client(DISCOVER, 100.0), client(OFFER, 103.0, RX), cl="uptime"), (), (), STEP)
    assert [m.time for m in book.messages] == [STEP.at - 3, STEP.at]
    later = Span(1_000_090.0, 1_000_130.0)
    book.add(logs(client(REQUEST, 200.0), cl="uptime"), (), (), later)
    assert [m.time for m in book.fresh] == [STEP.at + 97]


def test_nothing_of_a_step_is_from_before_it() -> None:
    book = Logbook()
    book.add(logs(client(ACK, 100.0, RX), cl="uptime"), (), (), STEP)
    soon = Span(STEP.at + 1.0, STEP.at + 2.0)
    book.add(logs(client(REQUEST, 100.0), cl="uptime"), (), (), soon)
    assert [m.time for m in book.fresh] == [soon.since]


def test_a_node_that_was_captured_needs_no_log() -> None:
    book = Logbook()
    wire = (client(DISCOVER, 1_000_002.0),)
    book.add(
        logs(client(DISCOVER, 7.0), server(DISCOVER, 9.0), cl="uptime", srv="uptime"), {"cl"}, wire, STEP
    )
    assert shown(book.messages) == [("srv", "DISCOVER")]
    assert book.messages[0].time == pytest.approx(1_000_002.0, abs=0.01)


def test_a_log_that_was_not_cleared_says_nothing_twice() -> None:
    book = Logbook()
    first = client(DISCOVER, 1_000_001.0)
    book.add(logs(first, cl="epoch"), (), (), STEP)
    book.add(logs(first, client(REQUEST, 1_000_020.0), cl="epoch"), (), (), Span(1_000_015.0, 1_000_030.0))
    assert shown(book.messages) == [("cl", "DISCOVER"), ("cl", "REQUEST")]
    assert shown(book.fresh) == [("cl", "REQUEST")]


def test_a_glance_is_not_remembered() -> None:
    book = Logbook()
    seen = book.glance(logs(client(DISCOVER, 5.0), cl="uptime"), (), (), STEP)
    assert (shown(seen), book.messages) == ([("cl", "DISCOVER")], ())


def test_within_one_second_causes_come_before_effects() -> None:
    messages = [
        server(REQUEST, 5.0), server(ACK, 5.0, TX), client(REQUEST, 2.0), client(REQUEST, 5.0), client(ACK, 5.0, RX),
    ]  # fmt: skip
    assert [(m.node, m.type, m.time) for m in in_causal_order(messages)] == [
        ("cl", REQUEST, 2.0), ("cl", REQUEST, 5.0), ("srv", REQUEST, 5.0), ("srv", ACK, 5.0), ("cl", ACK, 5.0),
    ]  # fmt: skip


def test_a_nodes_own_order_stays() -> None:
    messages = [server(DISCOVER, 1.0), server(OFFER, 1.0, TX), server(REQUEST, 1.0), server(ACK, 1.0, TX)]
    assert in_causal_order(messages) == tuple(messages)
