"""A relay that is slower than the whole transaction still belongs to it."""

from __future__ import annotations

from labgen.dhcp import Direction, ExchangeOutcome, Message, MessageRole, MessageType, reconstruct

MAC = "52:dc:00:fe:08:01"
XID = 0x86B7094B


def seen(
    time: float, node: str, role: MessageRole, direction: Direction, kind: MessageType, **more: str
) -> Message:
    return Message(kind, node, role, direction, time=time, mac=MAC, xid=XID, interface="eth1", **more)  # type: ignore[arg-type]


def test_copies_of_a_slow_relay_after_the_ack_open_no_second_exchange() -> None:
    client, relay, server = MessageRole.CLIENT, MessageRole.RELAY, MessageRole.SERVER
    tx, rx = Direction.TX, Direction.RX
    messages = [
        seen(0.0, "cl_b", client, tx, MessageType.DISCOVER, dst="255.255.255.255"),
        seen(0.1, "srv1", server, rx, MessageType.DISCOVER, dst="10.0.0.2", giaddr="10.0.0.5"),
        seen(0.2, "cl_b", client, rx, MessageType.OFFER, yiaddr="172.16.0.2", server_id="172.16.0.5"),
        seen(0.3, "cl_b", client, tx, MessageType.REQUEST, requested="172.16.0.2", server_id="172.16.0.5"),
        seen(0.4, "cl_b", client, rx, MessageType.ACK, yiaddr="172.16.0.2", server_id="172.16.0.5"),
        seen(0.5, "sw1", relay, tx, MessageType.DISCOVER, dst="10.0.0.2", giaddr="10.0.0.4"),
        seen(0.6, "sw1", relay, tx, MessageType.DISCOVER, dst="10.0.0.3", giaddr="10.0.0.4"),
        seen(
            0.7,
            "sw1",
            relay,
            tx,
            MessageType.REQUEST,
            dst="10.0.0.2",
            giaddr="10.0.0.4",
            server_id="172.16.0.5",
        ),
        seen(
            0.8,
            "sw1",
            relay,
            tx,
            MessageType.REQUEST,
            dst="10.0.0.3",
            giaddr="10.0.0.4",
            server_id="172.16.0.5",
        ),
    ]
    (exchange,) = reconstruct(messages)
    assert exchange.outcome is ExchangeOutcome.BOUND
    assert len(exchange.messages) == len(messages)


def resent(times: int, copies: int) -> list[Message]:
    """A client that sends its DISCOVER some times before it is bound, and one relay's copies, the last of which trails the ACK."""
    client, relay, tx, rx = MessageRole.CLIENT, MessageRole.RELAY, Direction.TX, Direction.RX
    asked = [
        seen(2.0 * n, "u1", client, tx, MessageType.DISCOVER, dst="255.255.255.255") for n in range(times)
    ]
    given = {"yiaddr": "10.1.10.97", "server_id": "10.0.0.3"}
    bound = [
        seen(8.1, "u1", client, rx, MessageType.OFFER, **given),
        seen(8.2, "u1", client, tx, MessageType.REQUEST, requested="10.1.10.97", server_id="10.0.0.3"),
        seen(8.3, "u1", client, rx, MessageType.ACK, **given),
    ]
    way = {"dst": "10.0.0.2", "giaddr": "10.1.10.5"}
    made = [seen(2.0 * n + 0.1, "c2", relay, tx, MessageType.DISCOVER, **way) for n in range(copies - 1)]
    return sorted(
        [*asked, *bound, *made, seen(8.4, "c2", relay, tx, MessageType.DISCOVER, **way)],
        key=lambda m: m.time or 0.0,
    )


def test_the_late_copy_of_a_discover_that_was_sent_again_opens_no_second_exchange() -> None:
    (exchange,) = reconstruct(resent(3, 3))
    assert exchange.outcome is ExchangeOutcome.BOUND
    copies = exchange.seen(MessageType.DISCOVER, role=MessageRole.RELAY, direction=Direction.TX)
    assert [m.time for m in copies] == [0.1, 2.1, 8.4]


def test_a_copy_more_than_the_client_sent_is_no_part_of_its_exchange() -> None:
    first, *others = reconstruct(resent(3, 4))
    assert (first.outcome, len(others)) == (ExchangeOutcome.BOUND, 1)


def test_a_second_discover_of_the_client_after_the_ack_is_a_new_exchange() -> None:
    first = [
        seen(0.0, "cl_b", MessageRole.CLIENT, Direction.TX, MessageType.DISCOVER, dst="255.255.255.255"),
        seen(
            0.2,
            "cl_b",
            MessageRole.CLIENT,
            Direction.RX,
            MessageType.OFFER,
            yiaddr="172.16.0.2",
            server_id="172.16.0.5",
        ),
        seen(
            0.3,
            "cl_b",
            MessageRole.CLIENT,
            Direction.TX,
            MessageType.REQUEST,
            requested="172.16.0.2",
            server_id="172.16.0.5",
        ),
        seen(
            0.4,
            "cl_b",
            MessageRole.CLIENT,
            Direction.RX,
            MessageType.ACK,
            yiaddr="172.16.0.2",
            server_id="172.16.0.5",
        ),
    ]
    again = seen(5.0, "cl_b", MessageRole.CLIENT, Direction.TX, MessageType.DISCOVER, dst="255.255.255.255")
    assert len(reconstruct([*first, again])) == 2
