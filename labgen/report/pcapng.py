"""Captures of a run as one pcapng file: a comment at each frame names its exchange and the checks it proves."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from labgen.dhcp.ladder import title
from labgen.dhcp.pcap import DamagedCaptureError, Frame, frames
from labgen.verify.verdict import Verdict

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_COMMENT, _NAME, _RESOLUTION, _APPLICATION = 1, 2, 9, 4
_NANOSECONDS = 9
_LARGEST_COMMENT = 2000

Place = tuple[str, int]
"""A capture, as a path in the run's folder, and a frame of it, counted from 1."""


@dataclass(frozen=True, slots=True)
class _Taken:
    time: float
    interface: int
    frame: Frame
    comment: str


def write(verdict: Verdict, folder: Path) -> bytes:
    """The captures below a run's folder as one file, in order of time, an interface for each (`srv1-eth1`). What a damaged capture
    has before the damage is in it. Draft: draft-ietf-opsawg-pcapng.
    """
    files = sorted((folder / "captures").glob("*.pcap"))
    comment_of = comments(verdict)
    taken = sorted(
        (found for number, file in enumerate(files) for found in _frames(file, number, folder, comment_of)),
        key=lambda found: found.time,
    )
    links = {found.interface: found.frame.link for found in taken}
    parts = [
        _block(_SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + _options([(_APPLICATION, b"labgen")]))
    ]
    parts += (_interface(file.stem, links.get(number, 1)) for number, file in enumerate(files))
    parts += (_packet(found) for found in taken)
    return b"".join(parts)


def comments(verdict: Verdict) -> dict[Place, str]:
    """A comment for each frame: the exchange it belongs to, and the checks that lean on it."""
    exchanges: dict[Place, str] = {}
    for exchange in verdict.exchanges:
        for message in exchange.messages:
            if message.file and message.frame is not None:
                exchanges[message.file, message.frame] = f"{message.type.value} of {title(exchange)}"
    checks: dict[Place, dict[str, None]] = {}
    for result in verdict.checks:
        for proof in result.judgement.proofs:
            if proof.file and proof.frame is not None:
                word = f"{result.id} {result.judgement.outcome.value}"
                checks.setdefault((proof.file, proof.frame), {})[word] = None
    return {
        place: _comment(exchanges.get(place, ""), checks.get(place, ())) for place in {*exchanges, *checks}
    }


def _comment(exchange: str, checks: Iterable[str]) -> str:
    words = "; ".join(checks)
    return "\n".join(filter(None, (exchange, f"checks: {words}" if words else "")))[:_LARGEST_COMMENT]


def _frames(file: Path, interface: int, folder: Path, comment_of: Mapping[Place, str]) -> Iterator[_Taken]:
    name = file.relative_to(folder).as_posix()
    with file.open("rb") as stream:
        try:
            for frame in frames(stream):
                yield _Taken(frame.time or 0.0, interface, frame, comment_of.get((name, frame.number), ""))
        except DamagedCaptureError:
            return


def _interface(name: str, link: int) -> bytes:
    options = _options([(_NAME, name.encode()), (_RESOLUTION, bytes([_NANOSECONDS]))])
    return _block(_INTERFACE, struct.pack("<HHI", link, 0, 0) + options)


def _packet(found: _Taken) -> bytes:
    data = found.frame.data
    ticks = round(found.time * 10**_NANOSECONDS)
    head = struct.pack(
        "<IIIII", found.interface, ticks >> 32, ticks & 0xFFFFFFFF, len(data), found.frame.original_length
    )
    comment = [(_COMMENT, found.comment.encode())] if found.comment else []
    return _block(_PACKET, head + _padded(data) + _options(comment))


def _options(options: Iterable[tuple[int, bytes]]) -> bytes:
    known = list(options)
    if not known:
        return b""
    return b"".join(struct.pack("<HH", code, len(value)) + _padded(value) for code, value in known) + bytes(4)


def _block(kind: int, body: bytes) -> bytes:
    size = len(body) + 12
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
