"""One meaning of a DHCPv4 packet: what reads captures quickly, and what the relay walks, agree with the codec on any octets."""

from __future__ import annotations

import io
from ipaddress import IPv4Address

import pytest
from dhcp_frames import ethernet, ip_udp, pcap
from hypothesis import example, given, settings
from hypothesis import strategies as st

from labgen.dhcp.capture import read_stream
from labgen.dhcp.capture_options import OptionReader
from labgen.dhcp.message import Message, MessageType
from labgen.dhcp.options import RelayAgentInfo
from labgen.dhcp.packet import COOKIE, Packet
from labgen.dhcp.suboptions import printable, relay_options
from labgen.ground.suboption import SubOptionCode
from labgen.relay.walk import walk

CODES = st.sampled_from([0, 1, 50, 51, 52, 53, 54, 61, 82, 82, 255]) | st.integers(0, 255)
VALUES = st.binary(max_size=6) | st.sampled_from(
    [b"\x01", b"\x02", b"\x03", b"\x0a", bytes(4), b"\x05\x04\x0a\0\0\1"]
)


def _octets(code: int, value: bytes) -> bytes:
    return bytes((code,)) if code in (0, 255) else bytes((code, len(value))) + value


OPTIONS = st.lists(st.builds(_octets, CODES, VALUES), max_size=10).map(b"".join) | st.binary(max_size=60)


def _area(size: int) -> st.SearchStrategy[bytes]:
    return OPTIONS.map(lambda data: data[:size].ljust(size, b"\0"))


@st.composite
def payloads(draw: st.DrawFn) -> bytes:
    """A header whose `sname` and `file` may hold options, and options."""
    head = bytes((draw(st.sampled_from([1, 2])), 1, draw(st.integers(0, 20)))) + draw(
        st.binary(min_size=41, max_size=41)
    )
    fields = draw(_area(64)) + draw(_area(128))
    return head + fields + draw(st.just(COOKIE) | st.binary(min_size=4, max_size=4)) + draw(OPTIONS)


def sighting(payload: bytes) -> Message:
    frame = ethernet(ip_udp(payload, "10.0.0.1", "10.0.0.2", 67, 67))
    (found,) = read_stream(io.BytesIO(pcap([frame])), "capture.pcap")
    return found


def text(address: IPv4Address | None) -> str | None:
    return None if address is None else str(address)


def kind(packet: Packet) -> MessageType:
    """The type of a sighting knows no other name for a message that no RFC names than its op."""
    if packet.message in set(MessageType):
        return MessageType(packet.message)
    return MessageType.BOOTREQUEST if packet.op == 1 else MessageType.BOOTREPLY


OVERLOADED = (
    bytes((1, 1, 6))
    + bytes(41)
    + bytes(64)
    + (b"\x35\x01\x05\x36\x04\x0a\0\0\1\xff").ljust(128, b"\0")
    + COOKIE
)


@pytest.mark.slow
@settings(deadline=None, max_examples=400)
@given(payloads())
@example(OVERLOADED + b"\x34\x01\x01\xff")
@example(bytes((1, 1, 6)) + bytes(237) + b"\x35\x01")
@example(OVERLOADED + b"\x35\x01\x01\x35\x01\x02\xff")
@example(bytes((2, 1, 6)) + bytes(233) + COOKIE + b"\x52\x00\xff")
@example(bytes((1, 1, 6)) + bytes(233) + COOKIE + b"\x52\x06\x01\x01a\x01\x01b\xff")
def test_a_sighting_says_what_the_codec_decodes(payload: bytes) -> None:
    packet, seen = Packet.decode(payload), sighting(payload)
    if "magic cookie" in (seen.malformed or ""):  # whose options the codec does not read
        assert not packet.dhcp
        return
    assert seen.type is kind(packet)
    assert seen.server_id == text(packet.server_id)
    assert seen.requested == text(packet.requested)
    assert seen.lease_seconds == packet.lease_seconds
    assert seen.client_id == ((packet.client_id or b"").hex(":") or None)
    assert (seen.xid, seen.hops, seen.broadcast) == (packet.xid, packet.hops, packet.broadcast)
    for shown, field in (
        (seen.giaddr, packet.giaddr),
        (seen.yiaddr, packet.yiaddr),
        (seen.ciaddr, packet.ciaddr),
    ):
        assert IPv4Address(shown or 0) == field
    if packet.chaddr[: packet.hlen].strip(b"\0"):
        assert seen.mac == packet.mac
    info = packet.relay_agent
    assert seen.relay_options == (None if info is None else info.summary())
    assert seen.option82 is (info is not None)


@pytest.mark.slow
@settings(deadline=None, max_examples=400)
@given(OPTIONS | st.binary(max_size=60))
def test_sub_options_mean_the_same_to_people_and_to_the_relay(octets: bytes) -> None:
    info, shown = RelayAgentInfo.decode(octets), relay_options(octets)
    assert info.summary() == shown
    assert shown.malformed == info.malformed
    assert shown.link_selection == text(info.link_selection)
    assert shown.server_id_override == text(info.server_id_override)
    assert shown.circuit_id == (None if info.circuit_id is None else printable(info.circuit_id))
    assert bool(shown.vss_control) == info.vss_control
    assert (shown.vss is None) == (info.get(SubOptionCode.VSS) is None)


@pytest.mark.slow
@settings(deadline=None, max_examples=400)
@given(payloads())
@example(
    bytes((1, 1)) + bytes(234) + COOKIE + bytes((53, 1, 0, 53, 1, 6))
)  # a type that is none, before one that is
def test_the_relay_finds_the_type_and_option_82_that_the_codec_decodes(payload: bytes) -> None:
    """The relay never looks into `sname` and `file`; neither is asked of an overloaded packet here, nor of one that is cut short."""
    packet = Packet.decode(payload)
    if not packet.dhcp or packet.option(52) or not packet.well_formed:
        return
    end, found, agent = walk(payload + bytes(2), 240, len(payload))
    assert found == (packet.message_type or 0)
    assert (agent != 0) == (packet.relay_agent is not None)
    assert payload[end : end + 1] in (b"", b"\xff")


AREAS = st.lists(
    st.sampled_from(
        [bytes((53, 1, 5)), bytes((54, 4, 10, 0, 0, 2)), bytes((51, 4, 0, 0, 14, 16)), bytes((3, 4, 10, 0, 0, 1)), bytes((12, 2, 65, 66)),
         bytes((61, 3, 1, 2, 3)), bytes((121, 0)),
         bytes((82, 4, 1, 2, 80, 49)), bytes((56, 2, 110, 111)), bytes((60, 1, 65)), b"\0", b"\xff"]
    ),
    max_size=8,
).map(b"".join)  # fmt: skip


@given(AREAS, st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=3), st.binary(max_size=3))
def test_packet_laid_out_as_one_before_it_is_read_as_by_itself(
    area: bytes, changes: list[tuple[int, int]], more: bytes
) -> None:
    head, reader = bytes(236) + COOKIE, OptionReader()
    other = bytearray(area + more)
    for at, octet in changes:
        if at < len(other):
            other[at] = octet
    for octets in (area, bytes(other), area, bytes(other) + bytes(3), area + b"\xff", area + b"\xff\0\0"):
        assert reader.read(head + octets) == OptionReader().read(head + octets)


def test_layout_of_a_packet_before_is_used_and_holds_nothing_of_it() -> None:
    head, reader = bytes(236) + COOKIE, OptionReader()
    first = reader.read(head + bytes((53, 1, 5, 54, 4, 10, 0, 0, 2, 1, 4, 255, 255, 255, 0, 255)))
    again = reader.read(head + bytes((53, 1, 2, 54, 4, 10, 0, 0, 3, 1, 4, 255, 255, 0, 0, 255)))
    assert (first.type, first.server_id, first.mask) == (5, "10.0.0.2", "255.255.255.0")
    assert (again.type, again.server_id, again.mask) == (2, "10.0.0.3", "255.255.0.0")
    assert reader.layouts == 1
    wrong = reader.read(head + bytes((53, 1, 2, 54, 5, 10, 0, 0, 3, 1, 12, 3, 65, 66, 67, 255)))
    assert wrong.server_id is None
    assert wrong.malformed == "option 54 has 5 octets, not 4"
    assert reader.layouts == 1
