"""IEEE 802.11 data frames down to their LLC payload, and the headers that monitors put before them."""

from __future__ import annotations

from typing import NamedTuple


class Opened(NamedTuple):
    """A frame: who sent it to whom, what it carries (several payloads in an A-MSDU), and whether that is encrypted."""

    source: bytes = b""
    destination: bytes = b""
    payloads: tuple[bytes, ...] = ()
    encrypted: bool = False


def radiotap(data: bytes) -> tuple[int, bool]:
    """Length of a radiotap header, and whether it says that the 802.11 header is padded to four octets."""
    size, present = int.from_bytes(data[2:4], "little"), int.from_bytes(data[4:8], "little")
    at, more = 8, present
    while more & 0x80000000 and at + 4 <= size:
        more, at = int.from_bytes(data[at : at + 4], "little"), at + 4
    if present & 1:
        at = (at + 7) // 8 * 8 + 8
    padded = bool(present & 2 and at < size and data[at] & 0x20)
    return size, padded


def prism(data: bytes) -> int:
    """Length of a Prism header, 144 octets, or of an AVS header under the same link type."""
    if data[:2] == b"\x80\x21":
        return int.from_bytes(data[4:8], "big")
    return 144


def open_frame(data: bytes, *, padded: bool = False) -> Opened:
    """A data frame's payloads; nothing for management and control frames, and for frames without data."""
    kind, flags = data[0], data[1]
    if kind & 0x0C != 0x08 or kind & 0x40:
        return Opened()
    quality = bool(kind & 0x80)
    size = 24 + (6 if flags & 3 == 3 else 0)
    control = data[size] if quality else 0
    size += (2 if quality else 0) + (4 if quality and flags & 0x80 else 0)
    if padded:
        size = (size + 3) & ~3
    source, destination = _ends(data, flags)
    if flags & 0x40:
        return Opened(source, destination, (), True)
    payloads = tuple(_subframes(data[size:])) if control & 0x80 else (data[size:],)
    return Opened(source, destination, payloads)


def _ends(data: bytes, flags: int) -> tuple[bytes, bytes]:
    first, second, third = data[4:10], data[10:16], data[16:22]
    return {0: (second, first), 1: (second, third), 2: (third, first), 3: (data[24:30], third)}[flags & 3]


def _subframes(data: bytes) -> list[bytes]:
    """The parts of an A-MSDU: addresses, a length, the payload, padding to four octets."""
    found, at = [], 0
    while at + 14 < len(data):
        size = int.from_bytes(data[at + 12 : at + 14], "big")
        found.append(data[at + 14 : at + 14 + size])
        at += (14 + size + 3) & ~3
    return found
