"""The Ethernet, IPv4 and UDP headers in front of a reply to a client that cannot answer ARP yet (R12)."""

from __future__ import annotations

import struct

from labgen.dhcp.ports import CLIENT_PORT, SERVER_PORT

ETHERNET_LENGTH = 14
HEADERS_LENGTH = 42
"""Ethernet, IPv4 without options, UDP."""
_IP_UDP_LENGTH = 28
_HEADERS = struct.Struct("!6s6sHHHHHHHIIHHHH")
_IPV4 = 0x0800
_VERSION = 0x4500
_DONT_FRAGMENT = 0x4000
_MORE_FRAGMENTS = 0x2000
_TTL_UDP = 64 << 8 | 17
_PORTS = SERVER_PORT + CLIENT_PORT


def checksum(total: int) -> int:
    """RFC 1071 checksum of octets read as one big number, or of numbers added up: 65536 is 1 modulo 65535."""
    return 0xFFFF - total % 0xFFFF


def write_headers(
    buffer: bytearray,
    start: int,
    length: int,
    to: bytes,
    mac: bytes,
    source: int,
    destination: int,
    tos: int = 0,
) -> None:
    """Write the headers of the UDP payload of `length` octets at `start` into the 42 octets before it.

    `to` and `mac` are hardware addresses; `source` and `destination` IPv4 addresses as numbers, `tos` the octet with
    the DSCP. The
    datagram must not exceed the MTU: it says "do not fragment".
    """
    payload = int.from_bytes(buffer[start : start + length], "big")
    if length & 1:
        payload <<= 8
    version = _VERSION | tos
    total, udp = length + _IP_UDP_LENGTH, length + 8
    ip_sum = checksum(version + total + _DONT_FRAGMENT + _TTL_UDP + source + destination)
    udp_sum = checksum(payload + source + destination + 17 + 2 * udp + _PORTS)
    _HEADERS.pack_into(
        buffer,
        start - HEADERS_LENGTH,
        to,
        mac,
        _IPV4,
        version,
        total,
        0,
        _DONT_FRAGMENT,
        _TTL_UDP,
        ip_sum,
        source,
        destination,
        SERVER_PORT,
        CLIENT_PORT,
        udp,
        udp_sum,
    )


def fragments(frame: bytes, mtu: int, identifier: int) -> list[bytes]:
    """A frame by `write_headers`, cut to the MTU (RFC 791 3.2); `identifier`: 16 bits, new each time."""
    ethernet, header = frame[:ETHERNET_LENGTH], frame[ETHERNET_LENGTH : ETHERNET_LENGTH + 20]
    payload = frame[ETHERNET_LENGTH + 20 :]
    room = (mtu - 20) & ~7
    pieces: list[bytes] = []
    for offset in range(0, len(payload), room):
        data = payload[offset : offset + room]
        more = _MORE_FRAGMENTS if offset + room < len(payload) else 0
        fields = struct.pack("!HHH", 20 + len(data), identifier, more | offset >> 3)
        head = header[:2] + fields + header[8:10] + b"\0\0" + header[12:]
        head = head[:10] + checksum(int.from_bytes(head, "big")).to_bytes(2, "big") + head[12:]
        pieces.append(ethernet + head + data)
    return pieces
