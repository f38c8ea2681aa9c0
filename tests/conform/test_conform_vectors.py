"""Vectors as data: what they say, and what is wrong with one told with its place."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from labgen.conform.packets import (
    CLIENT_MAC,
    Arrival,
    Ends,
    Names,
    copy_differences,
    encode,
    frame_differences,
)
from labgen.conform.stage import frames
from labgen.conform.vector import (
    CopyText,
    FrameText,
    PacketText,
    Selection,
    Setup,
    Stimulus,
    Vector,
    load,
    read,
)
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
    assert data[4:8] == (7).to_bytes(4, "big")[: len(data)]


def test_vectors_cover_what_must_pass_and_what_must_not() -> None:
    """No relay passes by doing nothing, and none by passing everything on."""
    copies = {vector.expect.copies for vector in VECTORS}
    wires = {vector.expect.client for vector in VECTORS}
    assert {0, 1} <= copies
    assert {"nowhere", "client1", "client2"} <= wires
    assert {vector.setup for vector in VECTORS} == set(Setup)
    assert len(VECTORS) > 190


def test_every_difference_from_a_vector_can_be_told() -> None:
    """An expectation that nothing is looked at for would pass whatever comes."""
    for vector in VECTORS:
        if vector.expect.copies == 0 or vector.expect.client == "nowhere":
            assert vector.expect.copy_ is None, vector.id
            assert vector.expect.frame is None, vector.id


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
    ("patterns", "expected"), [(["hops-1*"], {"hops-16", "hops-17"}), (["nak-broadcast"], {"nak-broadcast"})]
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
    arrival = Arrival(("172.16.1.1", 67))
    assert list(copy_differences(want, SENT, got, arrival, NAMES)) == words
    other = Arrival(("172.16.1.1", 68))
    assert "source port 68, not 67" in list(copy_differences(want, SENT, got, other, NAMES))


@pytest.mark.parametrize(
    ("want", "words"),
    [
        ({"sub_options": {1: "x"}}, []),
        ({"sub_options": {1: "any", 5: "in 172.16.1.0/24", 11: "=$interface", 152: ""}}, []),
        ({"sub_options": {1: "y"}}, ["sub-option 1 is 78, not y"]),
        ({"sub_options": {5: "in 172.16.2.0/24"}}, ["sub-option 5 is ac100100, not in 172.16.2.0/24"]),
        ({"sub_options": {1: ""}}, ["sub-option 1 is 78, not empty"]),
        ({"sub_options": {10: "0x00"}}, ["0 sub-options 10, not 1"]),
        ({"without": [10, 151]}, []),
        ({"without": [5]}, ["sub-option 5 is there"]),
        ({"options82": 1, "well_formed": True}, []),
        ({"options82": 2}, ["1 options 82, not 2"]),
        ({"dscp": 48, "ttl_least": 16}, []),
        ({"dscp": 0}, ["DSCP 48, not 0"]),
        ({"ttl_least": 65}, ["TTL 64, not 65"]),
    ],
)
def test_sub_options_and_ip_header_of_a_copy_are_looked_at(want: dict[str, object], words: list[str]) -> None:
    agent = {1: "x", 5: "=172.16.1.0", 11: "=$interface", 152: ""}
    got = relayed(options=({12: "h"}, {82: agent}))
    text = CopyText.model_validate(want)
    arrival = Arrival(("172.16.1.1", 67), tos=0xC0, ttl=64)
    assert list(copy_differences(text, SENT, got, arrival, NAMES)) == words


@pytest.mark.parametrize("agent", ["0x01ff41", ""], ids=["too-long", "empty"])
def test_malformed_option_82_is_named(agent: str) -> None:
    got = relayed(options=({82: agent},))
    (words,) = copy_differences(CopyText(well_formed=True), SENT, got, Arrival(("172.16.1.1", 67)), NAMES)
    assert "malformed or empty" in words


def test_circuit_ids_of_a_relay_stand_in_a_vector_by_name() -> None:
    """Each relay has its own circuit-ids: a vector cannot say their octets."""
    names = Names(ADDRESSES, b"\x01\x05vlan1", other_circuit=b"vlan2")
    text = PacketText(op=2, message="OFFER", options=({82: {1: "$circuit"}}, {82: {1: "$other-circuit"}}))
    found = [option.data for option in Packet.decode(encode(text, 9, names)).options if option.code == 82]
    assert found == [b"\x01\x05vlan1", b"\x01\x05vlan2"]


def test_reserved_bits_of_flags_and_another_hardware_address_can_be_said() -> None:
    packet = Packet.decode(encode(PacketText(reserved=True, chaddr="0x0a0b0c0d0e0f"), 9, NAMES))
    assert (packet.flags, packet.chaddr[:6].hex()) == (0x7FFF, "0a0b0c0d0e0f")
    assert Packet.decode(encode(PacketText(reserved=True, broadcast=True), 9, NAMES)).flags == 0xFFFF


def stimulus(**fields: object) -> Stimulus:
    return Stimulus.model_validate({"side": "client1", "packet": {}, **fields})


def ip_sum(data: bytes) -> int:
    """0xFFFF for an IP header whose checksum is right."""
    total = sum(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


@pytest.mark.parametrize(
    ("fields", "head", "right"),
    [
        ({}, 20, True),
        ({"ip_options": True}, 24, True),
        ({"ip_checksum": "wrong"}, 20, False),
        ({"ttl": 1}, 20, True),
    ],
    ids=["plain", "options", "checksum", "ttl"],
)
def test_ip_header_of_a_stimulus_is_as_it_says(fields: dict[str, object], head: int, right: bool) -> None:
    (frame,) = frames(bytes(300), "0.0.0.0", "255.255.255.255", b"\xff" * 6, stimulus(**fields))
    assert (frame[14] & 0xF) * 4 == head
    assert frame[22] == fields.get("ttl", 64)
    assert (ip_sum(frame[14 : 14 + head]) == 0xFFFF) is right
    assert len(frame) == 14 + head + 8 + 300


def test_udp_length_and_ports_of_a_stimulus_are_as_it_says() -> None:
    (frame,) = frames(
        bytes(300), "0.0.0.0", "255.255.255.255", b"\xff" * 6, stimulus(udp_length=-8, port=1234), 1067
    )
    assert struct.unpack("!HHH", frame[34:40]) == (1234, 1067, 300)


def test_stimulus_in_fragments_is_whole() -> None:
    pieces = frames(bytes(range(250)), "1.2.3.4", "5.6.7.8", b"\xff" * 6, stimulus(mtu=100, ip_options=False))
    assert len(pieces) > 2
    assert b"".join(piece[34:] for piece in pieces)[8:] == bytes(range(250))
    assert all(ip_sum(piece[14:34]) == 0xFFFF for piece in pieces)


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
