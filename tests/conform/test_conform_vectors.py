"""Vectors as data: what they say, and what is wrong with one told with its place."""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path

import pytest

from labgen.conform.packets import CLIENT_MAC, Ends, Names, copy_differences, encode, frame_differences
from labgen.conform.vector import CopyText, FrameText, PacketText, Selection, Vector, load, read
from labgen.dhcp.packet import Packet
from labgen.ground.errors import SpecError

ADDRESSES = {"$interface": IPv4Address("172.16.1.1"), "$giaddr": IPv4Address("10.0.0.4")}
NAMES = Names(ADDRESSES, b"\x01\x05vlan1")
VECTORS = load()
GOOD = """\
id: one
title: A request goes out
group: requests
clause: RFC 1542 4.1.1
why: it says so
stimulus:
  side: client1
  packet: {message: DISCOVER}
expect:
  copies: 1
"""


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.id)
def test_vector_names_a_clause_and_can_be_sent(vector: Vector) -> None:
    assert vector.clause.startswith("RFC ")
    assert vector.expect.copies is not None or vector.expect.client is not None
    data = encode(
        vector.stimulus.packet, 7, Names({**ADDRESSES, "$loopback": IPv4Address("10.0.0.4")}, b"\x01\x01x")
    )
    assert int.from_bytes(data[4:8], "big") == 7


def test_vectors_cover_what_must_pass_and_what_must_not() -> None:
    """No relay passes by doing nothing, and none by passing everything on."""
    copies = {vector.expect.copies for vector in VECTORS}
    wires = {vector.expect.client for vector in VECTORS}
    assert {0, 1} <= copies
    assert {"nowhere", "client1", "client2"} <= wires


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("group: requests", "group: reqests", 3, "group"),
        ("  copies: 1", "  copy: {hop: 1}", 10, "hop"),
        ("side: client1", "side: client7", 7, "side"),
        ("id: one", "id: two", 1, "the file is one.yml"),
        ("clause: RFC 1542 4.1.1\n", "", 1, "clause"),
        ("title: A request", "title: &a [*a]", 2, "inside the value"),
        ("message: DISCOVER", "message: DISCOVERY", 8, "no message is called"),
        ("message: DISCOVER", "giaddr: 10.0.0.300", 8, "no IPv4 address"),
        ("message: DISCOVER", "giaddr: $somewhere", 8, "no IPv4 address"),
        ("message: DISCOVER", 'options: [{54: "=10.0.0"}]', 8, "no IPv4 address"),
        ("message: DISCOVER", "hops: 256", 8, "255"),
        ("side: client1", "side: client1\n  mtu: 20", 8, "68"),
    ],
    ids=[
        "group",
        "key",
        "side",
        "name",
        "missing",
        "yaml",
        "message",
        "address",
        "name",
        "option",
        "hops",
        "mtu",
    ],
)
def test_mistake_in_a_vector_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    path = tmp_path / "one.yml"
    path.write_text(GOOD.replace(old, new), "utf-8")
    with pytest.raises(SpecError) as caught:
        read(path)
    assert caught.value.problems[0].line == line
    assert words in str(caught.value)


@pytest.mark.parametrize("make", [False, True], ids=["no-folder", "empty-folder"])
def test_folder_without_vectors_is_told(tmp_path: Path, make: bool) -> None:
    folder = tmp_path / "own"
    if make:
        folder.mkdir()
    with pytest.raises(SpecError, match=str(folder)):
        load(folder)


def test_vectors_of_ones_own_are_read(tmp_path: Path) -> None:
    (tmp_path / "one.yml").write_text(GOOD, "utf-8")
    assert [vector.id for vector in load(tmp_path)] == ["one"]


@pytest.mark.parametrize(
    ("patterns", "expected"), [(["hops-*"], {"hops-16", "hops-17"}), (["nak-broadcast"], {"nak-broadcast"})]
)
def test_vectors_are_chosen_by_pattern(patterns: list[str], expected: set[str]) -> None:
    assert {vector.id for vector in VECTORS if Selection(patterns).admits(vector)} == expected


def test_group_is_chosen_by_its_name() -> None:
    chosen = [vector for vector in VECTORS if Selection(["attacks"]).admits(vector)]
    assert {vector.group for vector in chosen} == {"attacks"}
    assert len(chosen) > 3


def test_readable_packet_becomes_its_octets() -> None:
    options = ({54: "=10.0.0.2"}, {82: "$agent"}, {12: "host"}, {55: "0x0103"}, {82: {2: "x"}})
    text = PacketText(
        op=2, message="ACK", broadcast=True, giaddr="$giaddr", yiaddr="172.16.1.9", options=options
    )
    packet = Packet.decode(encode(text, 9, NAMES))
    assert (packet.op, packet.message, packet.broadcast, packet.xid) == (2, "ACK", True, 9)
    assert (str(packet.giaddr), str(packet.yiaddr)) == ("10.0.0.4", "172.16.1.9")
    assert [(option.code, option.data) for option in packet.options][1:] == [
        (54, bytes((10, 0, 0, 2))),
        (82, b"\x01\x05vlan1"),
        (12, b"host"),
        (55, b"\x01\x03"),
        (82, b"\x02\x01x"),
    ]


def test_relay_that_sends_no_option_82_gets_none_back() -> None:
    text = PacketText(op=2, message="ACK", options=({82: "$agent"},))
    assert Packet.decode(encode(text, 9, Names(ADDRESSES, None))).option(82) is None


def relayed(**fields: object) -> bytes:
    values = {
        "message": "DISCOVER",
        "hops": 1,
        "giaddr": "$interface",
        "options": ({12: "h"}, {82: {1: "x"}}),
        **fields,
    }
    return encode(PacketText(**values), 9, NAMES)


SENT = encode(PacketText(message="DISCOVER", options=({12: "h"},)), 9, NAMES)


@pytest.mark.parametrize(
    ("got", "words"),
    [
        (relayed(), []),
        (relayed(hops=0), ["hops 0, not 1"]),
        (relayed(giaddr="10.9.9.9"), ["giaddr 10.9.9.9, not 172.16.1.1"]),
        (relayed(options=({82: {1: "x"}}, {12: "h"})), ["option 82 is followed by 12"]),
        (relayed(options=({12: "h"},)), ["no option 82"]),
        (relayed(secs=9), ["more than hops, giaddr and option 82 is changed"]),
        (relayed(options=({12: "i"}, {82: {1: "x"}})), ["more than hops, giaddr and option 82 is changed"]),
    ],
    ids=["right", "hops", "giaddr", "not-last", "no-82", "secs", "option"],
)
def test_differences_of_a_copy_are_named(got: bytes, words: list[str]) -> None:
    want = CopyText(giaddr="$interface", hops=1, option82="last", same=True, source_port=67)
    assert list(copy_differences(want, SENT, got, ("172.16.1.1", 67), NAMES)) == words
    assert "source port 68, not 67" in list(copy_differences(want, SENT, got, ("172.16.1.1", 68), NAMES))


def test_differences_of_a_frame_are_named() -> None:
    want = FrameText(mac="broadcast", destination="255.255.255.255", option82="absent", same=True)
    right = Ends(b"\xff" * 6, IPv4Address("255.255.255.255"), 67)
    assert list(frame_differences(want, SENT, SENT, right, NAMES)) == []
    wrong = Ends(CLIENT_MAC, IPv4Address("172.16.1.9"), 67)
    assert list(frame_differences(want, SENT, relayed(), wrong, NAMES)) == [
        "sent to 02:00:00:00:00:c1",
        "IP destination 172.16.1.9, not 255.255.255.255",
        "option 82 is there",
        "more than option 82 is changed",
    ]
