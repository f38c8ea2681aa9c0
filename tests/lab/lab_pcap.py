"""Just enough of pcap, IPv4 and UDP (RFC 768) to judge captures, independent of the code under test."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

NANOSECONDS = 0xA1B23C4D


def frames(path: Path) -> list[bytes]:
    """Frames of a capture, each as long as it was on the wire."""
    data = path.read_bytes()
    magic, major, minor = struct.unpack_from("=IHH", data)
    assert (magic, major, minor) == (NANOSECONDS, 2, 4)
    found, at = [], 24
    while at < len(data):
        _, _, captured, length = struct.unpack_from("=IIII", data, at)
        assert captured == length
        found.append(data[at + 16 : at + 16 + captured])
        at += 16 + captured
    return found


@dataclass(frozen=True)
class Datagram:
    """A UDP datagram: its destination port, and whether its checksum holds."""

    port: int
    valid: bool


def udp(frame: bytes) -> Datagram | None:
    """The UDP datagram of an Ethernet frame, if it is one."""
    if frame[12:14] != b"\x08\x00" or frame[23] != 17:
        return None
    start = 14 + (frame[14] & 15) * 4
    length = int.from_bytes(frame[start + 4 : start + 6], "big")
    segment = frame[start : start + length]
    pseudo = frame[26:34] + struct.pack("!BBH", 0, 17, length)
    return Datagram(int.from_bytes(segment[2:4], "big"), _sum(pseudo + segment) == 0xFFFF)


def _sum(data: bytes) -> int:
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total
