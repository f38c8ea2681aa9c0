"""A relay that is slower than the whole transaction still belongs to it."""

from __future__ import annotations

from labgen.dhcp import Direction, Message, MessageType, Outcome, Role, reconstruct

MAC = "52:dc:00:fe:08:01"
XID = 0x86B7094B


def seen(time: float, node: str, role: Role, direction: Direction, kind: MessageType, **more: str) -> Message:
    return Message(kind, node, role, direction, time=time, mac=MAC, xid=XID, interface="eth1", **more)  # type: ignore[arg-type]


def test_copies_of_a_slow_relay_after_the_ack_open_no_second_exchange() -> None:
    client, relay, server = Role.CLIENT, Role.RELAY, Role.SERVER
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
    assert exchange.outcome is Outcome.BOUND
    assert len(exchange.messages) == len(messages)


def test_a_second_discover_of_the_client_after_the_ack_is_a_new_exchange() -> None:
    first = [
        seen(0.0, "cl_b", Role.CLIENT, Direction.TX, MessageType.DISCOVER, dst="255.255.255.255"),
        seen(
            0.2,
            "cl_b",
            Role.CLIENT,
            Direction.RX,
            MessageType.OFFER,
            yiaddr="172.16.0.2",
            server_id="172.16.0.5",
        ),
        seen(
            0.3,
            "cl_b",
            Role.CLIENT,
            Direction.TX,
            MessageType.REQUEST,
            requested="172.16.0.2",
            server_id="172.16.0.5",
        ),
        seen(
            0.4,
            "cl_b",
            Role.CLIENT,
            Direction.RX,
            MessageType.ACK,
            yiaddr="172.16.0.2",
            server_id="172.16.0.5",
        ),
    ]
    again = seen(5.0, "cl_b", Role.CLIENT, Direction.TX, MessageType.DISCOVER, dst="255.255.255.255")
    assert len(reconstruct([*first, again])) == 2
