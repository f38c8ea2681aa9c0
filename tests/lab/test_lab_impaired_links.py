"""What an impaired wire makes of a frame: lost, doubled, altered, or left alone."""

from __future__ import annotations

import random
import socket
from ipaddress import IPv4Address

import pytest

from labgen.lab.embedded.blueprint import Impairment
from labgen.lab.embedded.impairment import ImpairedDirection
from labgen.lab.embedded.replies import altered, is_reply

MAGIC = b"\x63\x82\x53\x63"
ACK_OPTIONS = bytes((53, 1, 5, 1, 4, 255, 255, 255, 0, 3, 4, 10, 1, 1, 1, 54, 4, 10, 0, 0, 1, 255))


def frame(destination: str, payload: bytes = b"", source_port: int = 67) -> bytes:
    """An IPv4 frame with a UDP datagram."""
    udp = (
        source_port.to_bytes(2, "big") + bytes((0, 67)) + (8 + len(payload)).to_bytes(2, "big") + b"\x12\x34"
    )
    head = bytes((0x45, 0)) + (28 + len(payload)).to_bytes(2, "big") + bytes((0, 1, 0, 0, 64, 17, 0, 0))
    packet = head + IPv4Address("10.0.0.1").packed + IPv4Address(destination).packed + udp + payload
    return bytes(12) + b"\x08\x00" + packet


def ack() -> bytes:
    message = (
        bytes((2, 1, 6, 0)) + bytes(12) + IPv4Address("10.1.1.50").packed + bytes(216) + MAGIC + ACK_OPTIONS
    )
    return frame("10.1.1.2", message)


def direction(wrong: Impairment, *, server: bool = False) -> ImpairedDirection:
    with socket.socket() as end:  # closed: what arrives is asked, nothing is sent
        pass
    spared = frozenset(int(IPv4Address(each)) for each in wrong.spared)
    nets = ((0, 0),) if wrong.blackhole else ()
    return ImpairedDirection(end, end, wrong, server, random.Random(1), nets, spared)


@pytest.mark.parametrize(
    ("destination", "arrives"),
    [("10.9.9.9", False), ("10.1.0.2", True), ("224.0.0.5", True)],
    ids=["beyond", "the end of the link", "a routing protocol"],
)
def test_a_black_hole_leaves_the_neighbors_of_the_link_alone(destination: str, arrives: bool) -> None:
    wire = direction(Impairment(blackhole=("0.0.0.0/0",), spared=("10.1.0.1", "10.1.0.2")))
    assert bool(wire.copies(frame(destination))) is arrives
    assert wire.copies(bytes(12) + b"\x08\x06" + bytes(46))


def test_packets_longer_than_the_mtu_are_lost_and_those_as_long_arrive() -> None:
    wire = direction(Impairment(mtu=100))
    assert wire.copies(frame("10.1.1.1", bytes(100 - 28))) == [frame("10.1.1.1", bytes(100 - 28))]
    assert wire.copies(frame("10.1.1.1", bytes(101 - 28))) == []


def test_loss_and_duplicates_strike_about_as_often_as_they_should() -> None:
    lossy, doubling = direction(Impairment(loss=10.0)), direction(Impairment(duplicate=50.0))
    sent = frame("10.1.1.1")
    assert 850 < sum(len(lossy.copies(sent)) for _ in range(1000)) < 950
    assert 1400 < sum(len(doubling.copies(sent)) for _ in range(1000)) < 1600


@pytest.mark.parametrize(
    ("reply", "gone", "there"),
    [
        ("nak", bytes((53, 1, 5)), bytes((53, 1, 6))),
        ("wrong-router", bytes((3, 4, 10, 1, 1, 1)), bytes((3, 4, 10, 1, 1, 5))),
        ("wrong-server-id", bytes((54, 4, 10, 0, 0, 1)), bytes((54, 4, 10, 0, 0, 5))),
        ("wrong-mask", bytes((1, 4, 255, 255, 255, 0)), bytes((1, 4, 255, 255, 255, 255))),
        ("wrong-address", IPv4Address("10.1.1.50").packed, IPv4Address("10.5.1.50").packed),
    ],
)
def test_a_reply_is_altered_in_one_place_and_keeps_its_length(reply: str, gone: bytes, there: bytes) -> None:
    before = ack()
    after = altered(before, reply)
    assert after is not None
    assert gone in before and gone not in after
    assert there in after
    assert len(after) == len(before)


def test_a_server_that_drops_says_nothing_and_requests_to_it_pass() -> None:
    wrong = Impairment(reply="drop", server=0)
    assert direction(wrong, server=True).copies(ack()) == []
    request = frame("10.0.0.1", bytes((1, 1, 6, 0)) + bytes(300), source_port=68)
    assert direction(wrong, server=True).copies(request) == [request]
    assert direction(wrong).copies(ack()) == [ack()]


def test_only_dhcp_messages_of_servers_are_replies() -> None:
    assert is_reply(ack())
    assert not is_reply(frame("10.0.0.1", bytes((1,)) + bytes(300)))
    assert not is_reply(frame("10.0.0.1", bytes((2,)) + bytes(300), source_port=53))
    assert not is_reply(ack()[:60])
