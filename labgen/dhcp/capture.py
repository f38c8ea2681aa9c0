"""DHCP messages out of captures, frame by frame.

A `Tap` tells whose interface was captured, so that a frame counts as sent when it left with one of the
node's hardware addresses. Without a tap the capture is a witness on the wire: role transit, direction
unknown to it, given as received, except in cooked captures, which note the direction themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from socket import inet_ntoa
from struct import Struct
from typing import BinaryIO

from labgen.dhcp.capture_options import NO_OPTIONS, address_text, cached_relay_options, captured_options
from labgen.dhcp.copies import Copies
from labgen.dhcp.encapsulation import UDP_PORTS, Dissector, Refusal
from labgen.dhcp.frames import ETHERNET, Datagram
from labgen.dhcp.message import Direction, Message, MessageType, Role, sighting
from labgen.dhcp.neighbours import Neighbours
from labgen.dhcp.pcap import DamagedCaptureError, Opening, frames, opening
from labgen.dhcp.ports import DHCP_PORTS
from labgen.dhcp.scan import LIBRARY, Scanner, blocks, scanner
from labgen.ground.errors import InputError

_BOOTP = Struct(">BBBBIHH4s4s4s4s")
_COOKIE = b"\x63\x82\x53\x63"
_ZERO = b"\0\0\0\0"
_BROADCAST = b"\xff\xff\xff\xff"
_BY_CODE = {
    1: MessageType.DISCOVER,
    2: MessageType.OFFER,
    3: MessageType.REQUEST,
    4: MessageType.DECLINE,
    5: MessageType.ACK,
    6: MessageType.NAK,
    7: MessageType.RELEASE,
    8: MessageType.INFORM,
    9: MessageType.FORCERENEW,
    10: MessageType.LEASEQUERY,
    11: MessageType.LEASEUNASSIGNED,
    12: MessageType.LEASEUNKNOWN,
    13: MessageType.LEASEACTIVE,
}


@dataclass(frozen=True, slots=True)
class Tap:
    """Whose traffic a capture holds. `macs` and `addresses` are all of the node's own, lower case text."""

    node: str
    role: Role
    macs: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    interface: str | None = None
    vrf: str | None = None


@dataclass(slots=True)
class CaptureTally:
    """What was met while a capture was read.

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
    """Like `read_capture`, from an open binary stream. `library`: where the compiled reader is, if it is; None: read in Python alone."""
    tally = tally if tally is not None else CaptureTally()
    witness = tap if tap is not None else Tap(Path(name).stem, Role.TRANSIT)
    reading = _Reading(witness, name, tally)
    try:
        begun = opening(stream)
        plain = library is None or begun.link != ETHERNET or witness.macs
        scanned = None if plain or library is None else reading.scanner(library)
        yield from (
            reading.plain(stream, begun) if scanned is None else reading.scanned(stream, begun, scanned)
        )
    except DamagedCaptureError as error:
        tally.problems.append(str(error))
    yield from reading.incomplete()


_LOOKED_INTO = (*DHCP_PORTS, 546, 547, *UDP_PORTS)
"""UDP ports of DHCP, of DHCPv6, and of what carries frames."""
_OFTEN = 100_000
"""Frames between two words about progress."""


class _Reading:
    """A capture while it is read."""

    def __init__(self, tap: Tap, name: str, tally: CaptureTally) -> None:
        self._tap, self._name, self._tally = tap, name, tally
        self._dissector, self._copies = Dissector(closed=tally.closed), Copies()
        self._scanned = 0, 0
        self._is_copy: Callable[[Datagram, float | None], bool] = self._copies.is_copy

    def plain(self, stream: BinaryIO, begun: Opening) -> Iterator[Message]:
        """The messages of a capture, frame by frame."""
        tally, look, pieces = self._tally, self._dissector.datagram, self._dissector.fragments
        for number, time, link, data, wire in frames(stream, begun):
            tally.frames = number
            if tally.progress is not None and number % _OFTEN == 0:
                tally.progress(number, tally.messages)
            if time is not None:
                tally.first = time if tally.first is None else tally.first
                tally.last = pieces.now = time
            if wire > len(data):
                tally.snap = max(tally.snap, len(data))
            datagram = look(link, data, number, wire)
            message = None if datagram is None else self._take(datagram, number, time)
            if message is not None:
                yield message

    def scanner(self, library: Path) -> Scanner | None:
        """What reads plain frames in place of Python, where it was compiled."""
        bare = sighting(
            type=MessageType.DISCOVER,
            node=self._tap.node,
            role=self._tap.role,
            direction=Direction.RX,
            interface=self._tap.interface,
            vrf=self._tap.vrf,
            file=self._name,
        )
        return scanner(library, bare, tuple(_BY_CODE.values()), cached_relay_options, _LOOKED_INTO)

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

    def _unplain(self, number: int, time: float, data: bytes, wire: int) -> Message | None:
        self._dissector.fragments.now = time
        datagram = self._dissector.datagram(ETHERNET, data, number, wire)
        return None if datagram is None else self._take(datagram, number, time)

    def incomplete(self) -> Iterator[Message]:
        """What is left at the end: datagrams of which fragments are missing; and the tally of what is no message."""
        for number, time, datagram in self._dissector.incomplete():
            self._tally.broken_up += 1
            message = self._take(datagram, number, time)
            if message is not None:
                yield message
        self._tally.dhcpv6 = self._dissector.dhcpv6
        self._tally.refusals, self._tally.neighbours = self._dissector.refusals, self._dissector.neighbours

    def _take(self, datagram: Datagram, number: int, time: float | None) -> Message | None:
        """The message in a datagram, counted."""
        tally = self._tally
        message = _message(datagram, self._tap, self._name, number, time, self._is_copy(datagram, time))
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


def _message(
    datagram: Datagram, tap: Tap, name: str, number: int, time: float | None, copy: bool = False
) -> Message | None:
    payload, cut = datagram.payload, datagram.cut
    if len(payload) < 236:
        if not cut or len(payload) < 34:
            return None
        payload = payload.ljust(236, b"\0")
    op, _, hlen, hops, xid, _, flags, ciaddr, yiaddr, _, giaddr = _BOOTP.unpack_from(payload)
    options = captured_options(payload) if payload[236:240] == _COOKIE else NO_OPTIONS
    code, relay = options.type, options.relay
    kind = _BY_CODE.get(code) or (MessageType.BOOTREQUEST if op == 1 else MessageType.BOOTREPLY)
    direction, role = _seen_by(datagram, tap) if tap.macs or datagram.outgoing else (Direction.RX, tap.role)
    if datagram.vni is not None:
        role = Role.TRANSIT  # inside a tunnel: whoever's port it is, the node only carries it
    return sighting(
        type=kind,
        node=tap.node,
        role=role,
        direction=direction,
        time=time,
        src=address_text(datagram.source),
        dst=address_text(datagram.destination),
        giaddr=None if giaddr == _ZERO else address_text(giaddr),
        server_id=options.server_id,
        requested=options.requested,
        yiaddr=None if yiaddr == _ZERO else address_text(yiaddr),
        ciaddr=None if ciaddr == _ZERO else address_text(ciaddr),
        mac=_hardware(payload, hlen),
        client_id=options.client_id,
        xid=xid,
        option82=None if relay is None and cut and not options.complete else relay is not None,
        relay_options=relay,
        lease_seconds=options.lease,
        mask=options.mask,
        broadcast=flags & 0x8000 != 0,
        hops=hops,
        interface=tap.interface,
        vrf=tap.vrf,
        note=options.said or (f"message type {code}" if code and code not in _BY_CODE else None),
        file=name,
        frame=number,
        source_port=datagram.source_port,
        destination_port=datagram.destination_port,
        payload=payload if tap.macs else None,
        vlan=datagram.vlan,
        outer_vlan=datagram.outer_vlan,
        vni=datagram.vni,
        copy=copy,
        cut=cut and not options.complete,
        link_source=mac_text(datagram.link_source) if datagram.link_source else None,
        vendor_class=options.vendor_class,
        ipv6_only_wait=options.ipv6_only_wait,
        renewal_seconds=options.renewal,
        router=options.router,
        size=None if cut else len(payload),
        largest=options.largest,
        bad_checksum=datagram.bad_checksum,
        mpls_label=datagram.mpls_label,
        tunnel=datagram.tunnel,
        malformed=None if cut else options.malformed,
    )


def _hardware(payload: bytes, hlen: int) -> str | None:
    """chaddr, None where it is empty or zero (a LEASEQUERY by address)."""
    address = payload[28 : 28 + min(hlen, 16)]
    return mac_text(address) if address.strip(b"\0") else None


@lru_cache(maxsize=65536)
def mac_text(octets: bytes) -> str:
    """A hardware address as lower case octets with colons."""
    return octets.hex(":")


def _seen_by(datagram: Datagram, tap: Tap) -> tuple[Direction, Role]:
    """Direction at the tapped node, and its role: a relay or server that only forwards a packet is
    transit.
    """
    source = mac_text(datagram.link_source)
    if source in tap.macs or (datagram.outgoing and not tap.macs):
        foreign = datagram.source != _ZERO and _foreign(datagram.source, tap)
        return Direction.TX, Role.TRANSIT if foreign else tap.role
    if tap.macs and len(datagram.link_destination) == 6 and not datagram.link_destination[0] & 1:
        missed = mac_text(datagram.link_destination) not in tap.macs
        if missed or (datagram.destination != _BROADCAST and _foreign(datagram.destination, tap)):
            return Direction.RX, Role.TRANSIT
    return Direction.RX, tap.role


def _foreign(address: bytes, tap: Tap) -> bool:
    """True when a relay or server handles a packet from or to somebody else's address."""
    if tap.role is Role.CLIENT or not tap.addresses:
        return False
    return inet_ntoa(address) not in tap.addresses
