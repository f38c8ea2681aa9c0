"""Reading captures: encapsulations, directions, damage."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import dhcp_frames as wire
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labgen.dhcp.capture import CaptureTally, read_capture, read_stream
from labgen.dhcp.encapsulation import Dissector
from labgen.dhcp.message import Direction, Message, MessageRole, MessageType
from labgen.dhcp.suboptions import relay_options
from labgen.dhcp.taps import Tap
from labgen.ground.errors import InputError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

EVERYONE = "255.255.255.255"
QINQ = b"\x88\xa8\x00\x64\x81\x00\x00\x0a"


def read(data: bytes, tap: Tap | None = None, tally: CaptureTally | None = None) -> list[Message]:
    return list(read_stream(io.BytesIO(data), "sw1.pcap", tap, tally))


@pytest.mark.parametrize(
    ("data", "vlan"),
    [
        pytest.param(wire.pcap([wire.ethernet(wire.discover())]), None, id="ethernet"),
        pytest.param(
            wire.pcap([wire.ethernet(wire.discover(), tags=b"\x81\x00\x03\xe8")]), 1000, id="802.1q"
        ),
        pytest.param(wire.pcap([wire.ethernet(wire.discover(), tags=QINQ)]), 10, id="802.1ad"),
        pytest.param(wire.pcap([wire.vxlan(wire.ethernet(wire.discover()))]), None, id="vxlan"),
        pytest.param(wire.pcap([wire.sll(wire.discover())], link=113), None, id="sll"),
        pytest.param(wire.pcap([wire.sll2(wire.discover())], link=276), None, id="sll2"),
        pytest.param(wire.pcap([wire.discover()], link=101), None, id="raw"),
        pytest.param(
            wire.pcap([wire.ethernet(wire.discover())], order=">", nano=True), None, id="big-endian-nano"
        ),
        pytest.param(wire.pcapng([wire.ethernet(wire.discover())]), None, id="pcapng"),
        pytest.param(wire.pcapng([wire.ethernet(wire.discover())], resolution=9), None, id="pcapng-nano"),
    ],
)
def test_discover_is_read_from_every_encapsulation(data: bytes, vlan: int | None) -> None:
    (message,) = read(data)
    assert message.type is MessageType.DISCOVER
    assert (message.mac, message.xid, message.frame) == ("02:00:00:00:00:c1", 0x1BFE, 1)
    assert message.time == pytest.approx(1000, abs=0.001)


def test_vlan_and_vni_of_the_inner_frame_are_kept() -> None:
    frame = wire.vxlan(wire.ethernet(wire.discover(), tags=b"\x81\x00\x03\xe8"))
    datagram = Dissector().datagram(1, frame)
    assert datagram is not None
    assert (datagram.vlan, datagram.vni) == (1000, 101000)
    assert datagram.link_source == wire.RELAY_MAC


def test_fields_and_options_of_a_relayed_request() -> None:
    suboptions = wire.option(1, b"Vlan1000") + wire.option(5, bytes((172, 16, 0, 0)))
    suboptions += (
        wire.option(11, bytes((172, 16, 0, 4))) + wire.option(10, b"\x80") + wire.option(151, b"\0client")
    )
    options = wire.option(50, bytes((172, 16, 0, 6))) + wire.option(54, bytes((172, 16, 0, 4)))
    options += wire.option(61, b"\1" + wire.CLIENT_MAC) + wire.option(82, suboptions)
    payload = wire.dhcp(3, flags=0x8000, hops=1, giaddr="10.0.0.4", options=options)
    (message,) = read(wire.pcap([wire.ethernet(wire.ip_udp(payload, "10.0.0.4", "10.0.0.2", 67, 67))]))
    assert (message.giaddr, message.requested, message.server_id) == ("10.0.0.4", "172.16.0.6", "172.16.0.4")
    assert (message.client_id, message.broadcast, message.hops) == ("01:02:00:00:00:00:c1", True, 1)
    found = message.relay_options
    assert found is not None
    assert (found.circuit_id, found.link_selection, found.server_id_override) == (
        "Vlan1000",
        "172.16.0.0",
        "172.16.0.4",
    )
    assert (found.unicast, found.vss) == (True, "client")


def test_option_split_in_two_and_overloaded_fields_are_followed() -> None:
    payload = bytearray(
        wire.dhcp(1, options=wire.option(52, b"\1") + wire.option(61, b"\1\2") + wire.option(61, b"\3"))
    )
    payload[108:112] = wire.option(12, b"ab")[:4]
    payload[112:118] = wire.option(50, bytes((172, 16, 0, 9)))
    payload[118] = 255
    (message,) = read(wire.pcap([wire.ip_udp(bytes(payload), "0.0.0.0", EVERYONE, 68, 67)], link=101))
    assert message.client_id == "01:02:03"
    assert message.requested == "172.16.0.9"


@pytest.mark.parametrize(
    ("octets", "shown"),
    [
        pytest.param(b"\0client", "client", id="name"),
        pytest.param(b"\xff", "global", id="global"),
        pytest.param(b"\1" + bytes(7), "vpn-id 00000000000000", id="vpn-id"),
        pytest.param(b"client", "client (no type octet)", id="without-type"),
    ],
)
def test_virtual_subnet_selection_is_read(octets: bytes, shown: str) -> None:
    assert relay_options(wire.option(151, octets)).vss == shown


def test_private_and_standard_sub_option_152_are_told_apart_by_length() -> None:
    assert relay_options(wire.option(152, b"")).vss_control is True
    assert relay_options(wire.option(152, bytes((10, 0, 0, 1)))).cisco_server_id_override == "10.0.0.1"


def test_sub_option_that_is_cut_short_is_told() -> None:
    found = relay_options(b"\x01\x02ab\x05\x09\x01")
    assert (found.circuit_id, found.malformed) == ("ab", "sub-option 5 at octet 4 is cut short")


SW1 = Tap("sw1", MessageRole.RELAY, frozenset({"02:00:00:00:00:e1"}), frozenset({"10.0.0.4", "172.16.0.4"}))


@pytest.mark.parametrize(
    ("frame", "direction", "role"),
    [
        pytest.param(
            wire.ethernet(wire.discover()), Direction.RX, MessageRole.RELAY, id="client-broadcast-arrives"
        ),
        pytest.param(
            wire.ethernet(
                wire.ip_udp(wire.dhcp(1, giaddr="10.0.0.4"), "10.0.0.4", "10.0.0.2", 67, 67),
                src=wire.RELAY_MAC,
            ),
            Direction.TX,
            MessageRole.RELAY,
            id="own-copy-leaves",
        ),
        pytest.param(
            wire.ethernet(
                wire.ip_udp(wire.dhcp(1, giaddr="10.0.0.5"), "10.0.0.5", "10.0.0.2", 67, 67),
                src=wire.RELAY_MAC,
            ),
            Direction.TX,
            MessageRole.TRANSIT,
            id="another-relays-copy-is-routed",
        ),
        pytest.param(
            wire.ethernet(
                wire.ip_udp(wire.dhcp(2, op=2, giaddr="10.0.0.5"), "10.0.0.2", "10.0.0.5", 67, 67),
                dst=wire.RELAY_MAC,
            ),
            Direction.RX,
            MessageRole.TRANSIT,
            id="reply-for-another-relay-arrives",
        ),
        pytest.param(
            wire.vxlan(wire.ethernet(wire.discover())),
            Direction.TX,
            MessageRole.TRANSIT,
            id="carried-in-a-tunnel",
        ),
    ],
)
def test_tap_gives_direction_and_role(frame: bytes, direction: Direction, role: MessageRole) -> None:
    (message,) = read(wire.pcap([frame]), SW1)
    assert (message.node, message.direction, message.role) == ("sw1", direction, role)


@pytest.mark.parametrize("outgoing", [True, False])
def test_cooked_capture_notes_the_direction_itself(outgoing: bool) -> None:
    (message,) = read(wire.pcap([wire.sll(wire.discover(), outgoing=outgoing)], link=113))
    assert message.direction is (Direction.TX if outgoing else Direction.RX)


def test_other_traffic_and_later_fragments_are_passed_over() -> None:
    web = wire.ethernet(wire.ip_udp(b"x" * 300, "10.0.0.1", "10.0.0.2", 5000, 443))
    fragment = wire.ethernet(wire.ip_udp(wire.dhcp(1), "0.0.0.0", "255.255.255.255", 68, 67, fragment=0x00B9))
    arp = wire.BROADCAST_MAC + wire.CLIENT_MAC + b"\x08\x06" + bytes(28)
    tally = CaptureTally()
    assert read(wire.pcap([web, fragment, arp]), tally=tally) == []
    assert (tally.frames, tally.messages, tally.problems) == (3, 0, [])


CAPTURE = wire.pcap([wire.ethernet(wire.discover())] * 3)


@pytest.mark.parametrize(
    ("data", "messages", "problem"),
    [
        pytest.param(CAPTURE[:-10], 2, "frame 3: the capture ends inside a frame", id="cut-in-frame"),
        pytest.param(CAPTURE[:30], 0, "frame 1: the capture ends inside a record header", id="cut-in-header"),
        pytest.param(CAPTURE[:20], 0, "the capture ends inside its header", id="cut-in-file-header"),
        pytest.param(CAPTURE[:32] + b"\xff" * 16, 0, "the capture is damaged", id="absurd-length"),
        pytest.param(b"not a capture at all", 0, "not a pcap or pcapng file", id="no-capture"),
        pytest.param(
            wire.pcapng([wire.ethernet(wire.discover())] * 2)[:-6], 1, "ends inside a block", id="cut-pcapng"
        ),
    ],
)
def test_damage_ends_the_reading_with_a_reason(data: bytes, messages: int, problem: str) -> None:
    tally = CaptureTally()
    assert len(read(data, tally=tally)) == messages
    assert problem in tally.problems[0]


def test_missing_file_is_an_input_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.pcap: No such file"):
        list(read_capture(tmp_path / "gone.pcap"))


@given(st.binary(max_size=400), st.sampled_from([0, 1, 12, 101, 113, 276, 999]))
def test_no_frame_crashes_the_reader(data: bytes, link: int) -> None:
    Dissector().datagram(link, data)
    list(read_stream(io.BytesIO(wire.pcap([data], link=link)), "x"))


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_options_crash_the_decoder(data: bytes) -> None:
    payload = wire.dhcp(1)[:240] + data
    (message,) = read(wire.pcap([wire.ethernet(wire.ip_udp(payload, "0.0.0.0", "255.255.255.255", 68, 67))]))
    assert message.mac == "02:00:00:00:00:c1"


@given(st.binary(max_size=200), st.sampled_from([wire.pcap, wire.pcapng]))
def test_no_file_crashes_the_reader(tail: bytes, head: Callable[[list[bytes]], bytes]) -> None:
    read(head([]) + tail)


class Flood(io.RawIOBase):
    """A capture of many frames of another protocol, and one DHCP message in a thousand, that is never whole in memory."""

    def __init__(self, frames: int) -> None:
        foreign = wire.ethernet(wire.ip_udp(bytes(250), "192.0.2.1", "192.0.2.2", 5000, 5001))
        thousand = [foreign] * 999 + [wire.ethernet(wire.discover())]
        head, records = (wire.pcap(some) for some in ([], thousand))
        self.rounds = frames // 1000
        self._block, self._rest = records[len(head) :], head

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        if not self._rest and self.rounds:
            self.rounds -= 1
            self._rest = self._block
        part = self._rest[: len(view)]
        self._rest = self._rest[len(part) :]
        view[: len(part)] = part
        return len(part)


@pytest.mark.slow
def test_a_capture_streams_in_bounded_memory() -> None:
    stream = io.BufferedReader(Flood(40_000))
    tracemalloc.start()  # makes each allocation cost several times as much
    found = sum(1 for _ in read_stream(stream, "flood.pcap", None, CaptureTally()))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == 40
    assert most < 4_000_000  # of 12 MB


@pytest.mark.slow
def test_a_capture_says_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []
    tally = CaptureTally(progress=lambda frames, messages: told.append((frames, messages)))
    found = sum(
        1 for _ in read_stream(io.BufferedReader(Flood(200_000)), "flood.pcap", None, tally, library=None)
    )
    assert (tally.frames, found) == (200_000, 200)
    assert told == [(100_000, 99), (200_000, 199)]
