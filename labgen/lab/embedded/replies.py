"""DHCP replies on the wire of a server whose answers are wrong on purpose."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from labgen.dhcp.ports import SERVER_PORT

_ETHERNET, _IPV4, _UDP = 14, 0x0800, 17
_BOOTREPLY = 2
_YIADDR, _OPTIONS = 16, 240
_PAD, _END = 0, 255
_MASK, _ROUTER, _TYPE, _SERVER_ID = 1, 3, 53, 54
_ACK, _NAK = 5, 6
_OTHER_HOST = 4
"""The bit of an address' last octet that makes it another host's of the same subnet."""


def is_reply(frame: bytes) -> bool:
    """True if a frame holds a DHCP message of a server (RFC 2131 section 2)."""
    start = _payload(frame)
    return bool(start) and len(frame) >= start + _OPTIONS and frame[start] == _BOOTREPLY


def _payload(frame: bytes) -> int:
    """The position where the UDP payload begins in an IPv4 packet from port 67; 0 in any other frame."""
    if len(frame) < _ETHERNET + 28 or int.from_bytes(frame[12:14], "big") != _IPV4:
        return 0
    header = (frame[_ETHERNET] & 0x0F) * 4
    udp = _ETHERNET + header
    fragment = int.from_bytes(frame[_ETHERNET + 6 : _ETHERNET + 8], "big") & 0x1FFF
    if frame[_ETHERNET + 9] != _UDP or fragment or len(frame) < udp + 8:
        return 0
    return udp + 8 if int.from_bytes(frame[udp : udp + 2], "big") == SERVER_PORT else 0


def altered(frame: bytes, reply: str) -> bytes | None:
    """The frame as it gets out; None where it does not. `reply` is a word of `vocabulary.Reply`.

    The UDP checksum is left out, which IPv4 allows (RFC 768).
    """
    if reply == "drop":
        return None
    start = _payload(frame)
    changed = bytearray(frame)
    message = memoryview(changed)[start:]
    places = dict(_options(bytes(message)))
    if reply == "nak" and places.get(_TYPE) and message[places[_TYPE]] == _ACK:
        message[places[_TYPE]] = _NAK
        message[_YIADDR : _YIADDR + 4] = bytes(4)
    elif reply == "wrong-router" and _ROUTER in places:
        message[places[_ROUTER] + 3] ^= _OTHER_HOST
    elif reply == "wrong-server-id" and _SERVER_ID in places:
        message[places[_SERVER_ID] + 3] ^= _OTHER_HOST
    elif reply == "wrong-mask" and _MASK in places:
        message[places[_MASK] : places[_MASK] + 4] = bytes((255, 255, 255, 255))
    elif reply == "wrong-address" and any(message[_YIADDR : _YIADDR + 4]):
        message[_YIADDR + 1] ^= _OTHER_HOST  # another subnet
    struct.pack_into("!H", changed, start - 2, 0)
    return bytes(changed)


def _options(message: bytes) -> Iterator[tuple[int, int]]:
    """Code and place of the value of each option that is not empty."""
    at = _OPTIONS
    while at + 1 < len(message) and message[at] != _END:
        if message[at] == _PAD:
            at += 1
            continue
        if message[at + 1] and at + 2 + message[at + 1] <= len(message):
            yield message[at], at + 2
        at += 2 + message[at + 1]
