"""DHCP messages out of captures, frame by frame.

A `Tap` tells whose interface was captured, so that a frame counts as sent when it left with one of the
node's hardware addresses. Without a tap the capture is a witness on the wire: role transit, direction
unknown to it, given as received, except in cooked captures, which note the direction themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from labgen.dhcp.capture_options import OptionReader, cached_relay_options
from labgen.dhcp.captured import TYPES, message_of
from labgen.dhcp.copies import Copies
from labgen.dhcp.encapsulation import UDP_PORTS, Dissector
from labgen.dhcp.frames import ETHERNET, Datagram
from labgen.dhcp.icmp import Refusal
from labgen.dhcp.message import FRAGMENT, Direction, Message, MessageRole, MessageType, sighting
from labgen.dhcp.neighbours import Neighbours
from labgen.dhcp.pcap import DamagedCaptureError, Opening, frames, opening
from labgen.dhcp.plain_frames import PlainFrames
from labgen.dhcp.ports import DHCP_PORTS
from labgen.dhcp.scan import LIBRARY, Scanner, blocks, compiled, scanner
from labgen.dhcp.taps import Tap
from labgen.ground.errors import InputError


@dataclass(slots=True)
class CaptureTally:
    """Counts of what was met while a capture was read.

    `undecoded` DHCP packets were too short to say anything, `too_short` of them because the capture cut them; of `cut` ones it
    holds a part, `snap` octets of a frame at most. `copies` repeat a frame. `refusals` are ICMP errors about DHCP
    datagrams, `neighbours` what ARP tells of who uses which address.
    `closed` counts by name what was not looked into.
    """

    frames: int = 0
    messages: int = 0
    undecoded: int = 0
    too_short: int = 0
    cut: int = 0
    snap: int = 0
    copies: int = 0
    first: float | None = None
    last: float | None = None
    dhcpv6: int = 0
    broken_up: int = 0
    closed: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    neighbours: Neighbours = field(default_factory=Neighbours)
    progress: Callable[[int, int], None] | None = None


def read_capture(
    path: Path, tap: Tap | None = None, *, name: str | None = None, tally: CaptureTally | None = None
) -> Iterator[Message]:
    """The DHCP messages of a capture file, in file order.

    A damaged or cut file yields what precedes the damage, and the reason goes to `tally.problems`. Raises
    InputError when the file cannot be opened.
    """
    try:
        stream = path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}: check the name and the permissions") from error
    with stream:
        yield from read_stream(stream, name or str(path), tap, tally)


def read_stream(
    stream: BinaryIO,
    name: str,
    tap: Tap | None = None,
    tally: CaptureTally | None = None,
    *,
    library: Path | None = LIBRARY,
) -> Iterator[Message]:
    """Like `read_capture`, from an open binary stream. `library`: where the compiled reader is, if it is: that of the installation, or the
    caller's own in its place; None: read in Python alone.
    """
    tally = tally if tally is not None else CaptureTally()
    witness = tap if tap is not None else Tap(Path(name).stem, MessageRole.TRANSIT)
    reading = _Reading(witness, name, tally)
    try:
        begun = opening(stream)
        plain = library is None or begun.link != ETHERNET or witness.macs
        found = None if plain else compiled() if library is LIBRARY else library
        scanned = None if found is None else reading.scanner(found)
        yield from (
            reading.plain(stream, begun) if scanned is None else reading.scanned(stream, begun, scanned)
        )
    except DamagedCaptureError as error:
        tally.problems.append(str(error))
    yield from reading.incomplete()


_LOOKED_INTO = (*DHCP_PORTS, 546, 547, *UDP_PORTS)
"""UDP ports of DHCP, of DHCPv6, and of what carries frames."""
QUICKLY = True
"""Whether plain frames are read in one step; a test asks for the steps."""
_OFTEN = 100_000
"""Frames between two words about progress."""


class _Reading:
    """A capture while it is read."""

    def __init__(self, tap: Tap, name: str, tally: CaptureTally) -> None:
        self._tap, self._name, self._tally = tap, name, tally
        self._dissector, self._copies = Dissector(closed=tally.closed), Copies()
        self._options = OptionReader()
        self._scanned = 0, 0
        self._is_copy: Callable[[Datagram, float | None], bool] = self._copies.is_copy

    def plain(self, stream: BinaryIO, begun: Opening) -> Iterator[Message]:
        """The messages of a capture, frame by frame."""
        tally, look, pieces = self._tally, self._dissector.datagram, self._dissector.fragments
        quick = PlainFrames(self._tap, self._name, self._copies, self._options).message
        quickly = QUICKLY and not self._tap.macs
        for number, time, link, data, original_length in frames(stream, begun):
            tally.frames = number
            if tally.progress is not None and number % _OFTEN == 0:
                tally.progress(number, tally.messages)
            if time is not None:
                tally.first = time if tally.first is None else tally.first
                tally.last = pieces.now = time
            if original_length > len(data):
                tally.snap = max(tally.snap, len(data))
            message = quick(data, number, time) if quickly and link == ETHERNET else None
            if message is not None:
                tally.messages += 1
                tally.copies += message.copy
            elif (datagram := look(link, data, number, original_length)) is not None:
                message = self._take(datagram, number, time)
            if message is not None:
                yield message

    def scanner(self, library: Path) -> Scanner | None:
        """The scanner that reads plain frames in place of Python, where it was compiled."""
        bare = sighting(
            type=MessageType.DISCOVER,
            node=self._tap.node,
            role=self._tap.role,
            direction=Direction.RX,
            interface=self._tap.interface,
            vrf=self._tap.vrf,
            file=self._name,
        )
        return scanner(library, bare, tuple(TYPES.values()), cached_relay_options, _LOOKED_INTO)

    def scanned(self, stream: BinaryIO, begun: Opening, scan: Scanner) -> Iterator[Message]:
        """Like `plain`, with a scanner for what is plain."""
        self._is_copy = partial(_scanned_copy, scan)
        for items in blocks(stream, begun, scan):
            self._count(scan)
            for item in items:
                message = item if isinstance(item, Message) else self._unplain(*item)
                if message is None:
                    continue
                try:
                    yield message
                except GeneratorExit:  # whoever reads has enough: what comes after was not read
                    self._tally.frames, self._tally.last = message.frame or 0, message.time
                    raise

    def _count(self, scan: Scanner) -> None:
        """Take what a scanner read by now into the tally."""
        tally, before = self._tally, self._tally.frames
        tally.frames, tally.snap = scan.number, max(tally.snap, scan.snap)
        if scan.number:
            tally.first, tally.last = scan.first, scan.last
        tally.messages += scan.messages - self._scanned[0]
        tally.copies += scan.copies - self._scanned[1]
        self._scanned = scan.messages, scan.copies
        if tally.progress is not None and tally.frames // _OFTEN != before // _OFTEN:
            tally.progress(tally.frames, tally.messages)

    def _unplain(self, number: int, time: float, data: bytes, original_length: int) -> Message | None:
        self._dissector.fragments.now = time
        datagram = self._dissector.datagram(ETHERNET, data, number, original_length)
        return None if datagram is None else self._take(datagram, number, time)

    def incomplete(self) -> Iterator[Message]:
        """The rest at the end: datagrams with missing fragments, and the tally of frames that are no messages."""
        for number, time, datagram in self._dissector.incomplete():
            self._tally.broken_up += 1
            message = self._take(datagram, number, time)
            if message is not None:
                yield replace(message, malformed=FRAGMENT)
        self._tally.dhcpv6 = self._dissector.dhcpv6
        self._tally.refusals, self._tally.neighbours = self._dissector.refusals, self._dissector.neighbours

    def _take(self, datagram: Datagram, number: int, time: float | None) -> Message | None:
        """The message in a datagram, counted."""
        tally = self._tally
        message = message_of(
            datagram, self._tap, self._name, number, time, self._is_copy(datagram, time), self._options
        )
        if message is None:
            tally.undecoded += 1
            tally.too_short += datagram.cut
            return None
        tally.messages += 1
        tally.copies += message.copy
        tally.cut += message.cut
        return message


def _scanned_copy(scan: Scanner, datagram: Datagram, time: float | None) -> bool:
    """`Copies.is_copy`, by the scanner, which knows the plain frames before."""
    if time is None or datagram.cut:
        return False
    places = (-1 if place is None else place for place in (datagram.vlan, datagram.vni, datagram.outer_vlan))
    return scan.is_copy(
        datagram.payload, datagram.source, datagram.destination, datagram.ip_id, time, *places
    )
