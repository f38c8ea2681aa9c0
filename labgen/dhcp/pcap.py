"""Frames out of pcap and pcapng files, as a stream: one frame is in memory at a time.

pcap: the classic format with microseconds or nanoseconds, either byte order. pcapng: section, interface,
enhanced, simple and obsolete packet blocks; other blocks are skipped.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from labgen.ground.errors import InputError

# Larger records exist in no real capture (the largest snap length of tcpdump is 262144): the file is
# damaged.
LARGEST_RECORD = 16 * 1024 * 1024

BLOCK = 262_144
"""Octets that are read at once."""

_PCAP_MAGIC = {
    b"\xd4\xc3\xb2\xa1": ("<", 1e-6),
    b"\xa1\xb2\xc3\xd4": (">", 1e-6),
    b"\x4d\x3c\xb2\xa1": ("<", 1e-9),
    b"\xa1\xb2\x3c\x4d": (">", 1e-9),
}
_PCAPNG_MAGIC = b"\x0a\x0d\x0d\x0a"
_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 2, 3, 6


class Frame(NamedTuple):
    """One captured frame. `time` in seconds since the epoch, None where the block has none; `original_length` its octets before
    the snap length cut it.
    """

    number: int
    time: float | None
    link: int
    data: bytes
    original_length: int


class DamagedCaptureError(InputError):
    """The capture cannot be read on from here; the frames before it are good."""


def is_capture(head: bytes) -> bool:
    """True when `head` (four octets or more) starts a pcap or pcapng file."""
    return head[:4] in _PCAP_MAGIC or head[:4] == _PCAPNG_MAGIC


class Opening(NamedTuple):
    """The beginning of a capture: the byte order, the seconds of one tick and the link type of all frames; of a pcapng file, whose blocks
    tell that, the link type is None."""

    order: str
    unit: float
    link: int | None


def opening(stream: BinaryIO) -> Opening:
    """Read the beginning of a capture. Raises DamagedCaptureError for what is none."""
    head = stream.read(4)
    if head == _PCAPNG_MAGIC:
        return Opening("<", 0.0, None)
    if head not in _PCAP_MAGIC:
        raise DamagedCaptureError(
            "not a pcap or pcapng file: write one with `tcpdump -w FILE port 67 or port 68`"
        )
    order, unit = _PCAP_MAGIC[head]
    header = stream.read(20)
    if len(header) < 20:
        raise DamagedCaptureError("the capture ends inside its header")
    return Opening(order, unit, struct.unpack(order + "HHiIII", header)[5] & 0xFFFF)


def frames(stream: BinaryIO, begun: Opening | None = None) -> Iterator[Frame]:
    """The frames of a capture; `begun` is the part of it that was read already. Raises DamagedCaptureError where the file stops making
    sense.
    """
    start = opening(stream) if begun is None else begun
    return _pcapng(stream) if start.link is None else _pcap(stream, start.order, start.unit, start.link)


def cut_record(rest: bytes, order: str, number: int, *, more: bool) -> DamagedCaptureError | None:
    """The fault of the octets after the last whole record, of which there were `number`; with `more` to come, only one that cannot become
    right."""
    if len(rest) < 16:
        cut = rest and not more
        return (
            DamagedCaptureError(f"frame {number + 1}: the capture ends inside a record header")
            if cut
            else None
        )
    size = struct.unpack_from(order + "I", rest, 8)[0]
    if size > LARGEST_RECORD:
        return DamagedCaptureError(
            f"frame {number + 1}: a record of {size} octets; the capture is damaged here"
        )
    return None if more else DamagedCaptureError(f"frame {number + 1}: the capture ends inside a frame")


def _pcap(stream: BinaryIO, order: str, unit: float, link: int) -> Iterator[Frame]:
    unpack, read, number = struct.Struct(order + "IIII").unpack_from, stream.read, 0
    made: Callable[[type[Frame], tuple[int, float, int, bytes, int]], Frame] = tuple.__new__
    block, at, end = b"", 0, 0
    while True:
        if end - at < 16:
            block, at = block[at:] + read(BLOCK), 0
            end = len(block)
            if end < 16:
                break
        seconds, fraction, size, original_length = unpack(block, at)
        if size > LARGEST_RECORD:
            break
        if end - at - 16 < size:
            block, at = block[at:] + read(max(BLOCK, size)), 0
            end = len(block)
            if end - 16 < size:
                break
        number, start = number + 1, at + 16
        at = start + size
        yield made(Frame, (number, seconds + fraction * unit, link, block[start:at], original_length))
    error = cut_record(block[at:], order, number, more=False)
    if error is not None:
        raise error


@dataclass(slots=True)
class _Section:
    """The announcements of a pcapng section so far: byte order, and per interface (link type, tick, snap)."""

    order: str
    interfaces: list[tuple[int, float, int]]


def _pcapng(stream: BinaryIO) -> Iterator[Frame]:
    section = _Section("<", [])
    number, kind_bytes = 0, _PCAPNG_MAGIC
    while kind_bytes:
        kind, body = _block(stream, kind_bytes, section)
        if kind == _INTERFACE:
            section.interfaces.append(_interface(body, section.order))
        elif kind in (_ENHANCED, _SIMPLE, _OLD_PACKET):
            number += 1
            yield _packet(kind, body, section, number)
        kind_bytes = stream.read(4)


def _block(stream: BinaryIO, kind_bytes: bytes, section: _Section) -> tuple[int, bytes]:
    """Read one block after its type; a section header resets the byte order and the interfaces."""
    if kind_bytes == _PCAPNG_MAGIC:
        return _SECTION, _section_header(stream, section)
    head = kind_bytes + stream.read(4)
    if len(head) < 8:
        raise DamagedCaptureError("the capture ends inside a block header")
    kind, size = struct.unpack(section.order + "II", head)
    return kind, _body(stream, size, 8)


def _section_header(stream: BinaryIO, section: _Section) -> bytes:
    head = stream.read(8)
    if len(head) < 8:
        raise DamagedCaptureError("the capture ends inside a section header")
    section.order = "<" if head[4:] == b"\x4d\x3c\x2b\x1a" else ">"
    section.interfaces.clear()
    return _body(stream, struct.unpack(section.order + "I", head[:4])[0], 12)


def _body(stream: BinaryIO, size: int, done: int) -> bytes:
    if size < done + 4 or size > LARGEST_RECORD or size % 4:
        raise DamagedCaptureError(f"a block of {size} octets; the capture is damaged here")
    body = stream.read(size - done)
    if len(body) < size - done:
        raise DamagedCaptureError("the capture ends inside a block")
    return body[:-4]


def _interface(body: bytes, order: str) -> tuple[int, float, int]:
    if len(body) < 8:
        raise DamagedCaptureError("an interface block is too short")
    link, _, snap = struct.unpack_from(order + "HHI", body)
    return link, _tick(body, order), snap


def _tick(body: bytes, order: str) -> float:
    """Seconds per timestamp unit: option if_tsresol (9), microseconds when absent."""
    at = 8
    while at + 4 <= len(body):
        code, size = struct.unpack_from(order + "HH", body, at)
        if code == 0:
            break
        if code == 9 and size >= 1 and at + 4 < len(body):
            value = body[at + 4]
            return float(2.0 ** -(value & 0x7F)) if value & 0x80 else float(10.0**-value)
        at += 4 + (size + 3) // 4 * 4
    return 1e-6


def _packet(kind: int, body: bytes, section: _Section, number: int) -> Frame:
    if kind == _SIMPLE:
        link, _, snap = _announced(section, 0, number)
        length = _unpack(section.order + "I", body, number)[0]
        return Frame(number, None, link, body[4 : 4 + min(length, snap or length)], length)
    if kind == _ENHANCED:
        index, high, low, size, original_length = _unpack(section.order + "IIIII", body, number)
    else:
        index, _, high, low, size, original_length = _unpack(section.order + "HHIIII", body, number)
    link, tick, _ = _announced(section, index, number)
    return Frame(number, ((high << 32) | low) * tick, link, body[20 : 20 + size], original_length)


def _announced(section: _Section, index: int, number: int) -> tuple[int, float, int]:
    if index >= len(section.interfaces):
        raise DamagedCaptureError(f"frame {number}: interface {index} was never described")
    return section.interfaces[index]


def _unpack(layout: str, body: bytes, number: int) -> tuple[int, ...]:
    if len(body) < struct.calcsize(layout):
        raise DamagedCaptureError(f"frame {number}: the packet block is too short")
    return struct.unpack_from(layout, body)
