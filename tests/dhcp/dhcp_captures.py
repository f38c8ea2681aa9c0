"""Captures, recorded and made up, for readers that have to make the same of them."""

from __future__ import annotations

import io
import struct
from dataclasses import fields
from pathlib import Path

from dhcp_frames import CLIENT_MAC, dhcp, discover, ethernet, ip_udp, option, vxlan
from hypothesis import strategies as st

from labgen.dhcp.capture import CaptureTally, read_stream
from labgen.dhcp.message import Message

CAPTURES = sorted((Path(__file__).parents[1] / "analyze").glob("*/*.pcap"))
RELAY, SERVER, OWN = "10.0.0.4", "10.0.0.2", "172.16.0.20"


def told(octets: bytes, library: Path | None) -> tuple[list[tuple[object, ...]], tuple[object, ...]]:
    """All that is made of a capture: each field of each message, those that no comparison looks at too, and the tally."""
    tally = CaptureTally()
    messages = read_stream(io.BytesIO(octets), "tap.pcap", None, tally, library=library)
    made = [tuple(getattr(message, field.name) for field in fields(Message)) for message in messages]
    known = (getattr(tally, field.name) for field in fields(CaptureTally) if field.name != "neighbours")
    return made, tuple(known)


def pcap(
    records: list[tuple[float, bytes]], *, order: str = "<", nanoseconds: bool = False, cut: int = 65535
) -> bytes:
    magic, unit = (0xA1B23C4D, 1e9) if nanoseconds else (0xA1B2C3D4, 1e6)
    data = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, cut, 1)]
    for time, frame in records:
        fraction = min(int(time % 1 * unit), int(unit) - 1)
        kept = frame[:cut]
        data.append(struct.pack(order + "IIII", int(time), fraction, len(kept), len(frame)) + kept)
    return b"".join(data)


RICH = b"".join(
    (
        option(61, b"\x01" + CLIENT_MAC), option(54, b"\x0a\0\0\2"), option(51, b"\0\0\x0e\x10"), option(1, b"\xff\xff\0\0"),
        option(3, b"\xac\x10\0\1"), option(58, b"\0\0\x07\x08"), option(57, b"\x05\xdc"), option(60, b"MSFT 5.0"),
        option(108, b"\0\0\x07\x08"), option(82, option(1, b"Vlan1000") + option(5, b"\xac\x10\0\0")),
    )
)  # fmt: skip

KINDS = (
    ethernet(discover()),
    ethernet(discover(), tags=b"\x81\x00\x00\x0a"),
    ethernet(discover(), tags=b"\x88\xa8\x00\x05\x81\x00\x00\x0a"),
    ethernet(ip_udp(dhcp(2, op=2, yiaddr=OWN, options=RICH), SERVER, OWN, 67, 68)),
    ethernet(
        ip_udp(dhcp(3, giaddr=RELAY, hops=1, options=option(50, b"\xac\x10\0\x14")), RELAY, SERVER, 67, 67)
    ),
    ethernet(ip_udp(dhcp(6, op=2, options=option(56, b"no address\0")), SERVER, "255.255.255.255", 67, 68)),
    ethernet(ip_udp(dhcp(5, op=2, options=option(52, b"\x01")), SERVER, OWN, 67, 68)),
    ethernet(ip_udp(dhcp(1, options=option(61, b"")), "0.0.0.0", "255.255.255.255", 68, 67)),
    ethernet(ip_udp(dhcp(1, options=RICH[9:]), "0.0.0.0", "255.255.255.255", 68, 67)),
    ethernet(ip_udp(dhcp(3, options=b""), OWN, SERVER, 68, 4011)),
    ethernet(ip_udp(b"x" * 300, OWN, SERVER, 5000, 53)),
    ethernet(b"\x45" + ip_udp(b"x" * 300, OWN, SERVER, 5000, 80)[1:9] + b"\x06" + bytes(320)),
    vxlan(ethernet(discover())),
    b"",
    b"\0" * 13,
    ethernet(discover(), tags=b"\x81\x00\xe0\x00"),
    ethernet(discover(), tags=b"\x88\xa8\x00\x05\x81\x00\xe0\x00"),
)


@st.composite
def captures(draw: st.DrawFn) -> bytes:
    """A capture of some frames, one octet of each changed now and then, in any order of octets and unit of time."""
    records: list[tuple[float, bytes]] = []
    now = 1000.0
    for _ in range(draw(st.integers(1, 8))):
        now += draw(st.sampled_from((0.0, 0.00003, 0.04, 0.3, 1.0, -0.5)))
        frame = bytearray(draw(st.sampled_from(KINDS)))
        for _ in range(draw(st.integers(0, 3))):
            if frame:
                frame[draw(st.integers(0, len(frame) - 1))] = draw(st.integers(0, 255))
        records.append((now, bytes(frame[: draw(st.sampled_from((None, None, None, 300, 280)))])))
    made = pcap(
        records,
        order=draw(st.sampled_from("<>")),
        nanoseconds=draw(st.booleans()),
        cut=draw(st.sampled_from((65535, 65535, 290, 96))),
    )
    return made[: draw(st.sampled_from((None, None, len(made) - 5, 30, 3)))]
