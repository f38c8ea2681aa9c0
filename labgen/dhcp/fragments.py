"""IPv4 fragments put together again (RFC 791 section 3.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

MOST_DATAGRAMS = 256
"""Datagrams in pieces that are kept; the oldest is given up for a new one."""

MOST_OCTETS = 65535


@dataclass(slots=True)
class _Pieces:
    number: int
    around: object
    parts: dict[int, bytes] = field(default_factory=dict)
    total: int | None = None
    time: float | None = None


@dataclass(slots=True)
class Reassembly:
    """Fragments of one capture, by source, destination, identification and protocol."""

    now: float | None = None
    seen: int = 0
    given_up: int = 0
    _open: dict[bytes, _Pieces] = field(default_factory=dict)

    def add(self, packet: bytes, around: object, number: int) -> bytes | None:
        """Take a fragment (from its IP header on); gives the whole packet once all of it is there."""
        self.seen += 1
        head = (packet[0] & 15) * 4
        key = packet[12:20] + packet[4:6] + packet[9:10]
        pieces = self._open.get(key)
        if pieces is None:
            pieces = self._open[key] = _Pieces(number, around, time=self.now)
            self._forget()
        field_ = int.from_bytes(packet[6:8], "big")
        start = (field_ & 0x1FFF) * 8
        if start + len(packet) > MOST_OCTETS + 60:
            return None
        if start == 0:
            pieces.number, pieces.around, pieces.time = number, around, self.now
            pieces.parts[-1] = packet[:head]
        pieces.parts[start] = packet[head:]
        if not field_ & 0x2000:
            pieces.total = start + len(packet) - head
        whole = _joined(pieces)
        if whole is not None:
            del self._open[key]
        return whole

    def _forget(self) -> None:
        if len(self._open) > MOST_DATAGRAMS:
            del self._open[next(iter(self._open))]
            self.given_up += 1

    def left(self) -> Iterator[tuple[int, float | None, bytes, object]]:
        """Datagrams whose first piece is there and another is not: frame, time, header and first piece, surroundings."""
        for pieces in self._open.values():
            if -1 in pieces.parts:
                yield pieces.number, pieces.time, pieces.parts[-1] + pieces.parts[0], pieces.around


def _joined(pieces: _Pieces) -> bytes | None:
    if pieces.total is None or -1 not in pieces.parts:
        return None
    body, at = bytearray(), 0
    for start in sorted(pieces.parts):
        if start < 0:
            continue
        if start > at:
            return None
        body[start:] = pieces.parts[start]
        at = len(body)
    if at < pieces.total:
        return None
    head = bytearray(pieces.parts[-1])
    head[6:8] = b"\0\0"
    head[2:4] = min(len(head) + pieces.total, 0xFFFF).to_bytes(2, "big")
    return bytes(head) + bytes(body[: pieces.total])
