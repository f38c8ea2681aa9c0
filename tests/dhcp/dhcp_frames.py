"""Captured frames made by hand, for the tests of the capture reader."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path
from socket import inet_aton

CLIENT_MAC = bytes.fromhex("0200000000c1")
RELAY_MAC = bytes.fromhex("0200000000e1")
BROADCAST_MAC = b"\xff" * 6


def option(code: int, value: bytes) -> bytes:
    return bytes((code, len(value))) + value


def dhcp(
    kind: int,
    *,
    op: int = 1,
    xid: int = 0x1BFE,
    flags: int = 0,
    hops: int = 0,
    ciaddr: str = "0.0.0.0",
    yiaddr: str = "0.0.0.0",
    giaddr: str = "0.0.0.0",
    options: bytes = b"",
) -> bytes:
    header = struct.pack(">BBBBIHH", op, 1, 6, hops, xid, 0, flags)
    addresses = inet_aton(ciaddr) + inet_aton(yiaddr) + bytes(4) + inet_aton(giaddr)
    body = header + addresses + CLIENT_MAC.ljust(16, b"\0") + bytes(192) + b"\x63\x82\x53\x63"
    return body + option(53, bytes((kind,))) + options + b"\xff"


def ip_udp(payload: bytes, src: str, dst: str, sport: int, dport: int, fragment: int = 0) -> bytes:
    udp = struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, fragment, 64, 17, 0)
    return head + inet_aton(src) + inet_aton(dst) + udp


def ethernet(
    packet: bytes, *, src: bytes = CLIENT_MAC, dst: bytes = BROADCAST_MAC, tags: bytes = b""
) -> bytes:
    return dst + src + tags + b"\x08\x00" + packet


def discover(**more: object) -> bytes:
    return ip_udp(dhcp(1), "0.0.0.0", "255.255.255.255", 68, 67)


def vxlan(frame: bytes, vni: int = 101000) -> bytes:
    header = b"\x08\0\0\0" + vni.to_bytes(3, "big") + b"\0"
    return ethernet(ip_udp(header + frame, "10.0.0.4", "10.0.0.5", 50000, 4789), src=RELAY_MAC)


def sll(packet: bytes, *, outgoing: bool = False) -> bytes:
    return struct.pack(">HHH8sH", 4 if outgoing else 1, 1, 6, CLIENT_MAC.ljust(8, b"\0"), 0x0800) + packet


def sll2(packet: bytes) -> bytes:
    return struct.pack(">HHIHBB8s", 0x0800, 0, 3, 1, 0, 6, CLIENT_MAC.ljust(8, b"\0")) + packet


def pcap(frames: Iterable[bytes], *, link: int = 1, order: str = "<", nano: bool = False) -> bytes:
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    data = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link)
    for number, frame in enumerate(frames):
        data += struct.pack(order + "IIII", 1000 + number, 500, len(frame), len(frame)) + frame
    return data


def pcapng(frames: Iterable[bytes], *, link: int = 1, resolution: int = 6) -> bytes:
    def block(kind: int, body: bytes) -> bytes:
        size = 12 + len(body)
        return struct.pack("<II", kind, size) + body + struct.pack("<I", size)

    data = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    data += block(1, struct.pack("<HHI", link, 0, 0) + struct.pack("<HHBxxx", 9, 1, resolution) + bytes(4))
    data += block(5, bytes(12))  # interface statistics: skipped
    for number, frame in enumerate(frames):
        ticks = (1000 + number) * 10**resolution
        head = struct.pack("<IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame))
        data += block(6, head + frame + bytes(-len(frame) % 4))
    return data


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
