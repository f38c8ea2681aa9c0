"""DHCP messages out of captures, frame by frame.

A `Tap` tells whose interface was captured, so that a frame counts as sent when it left with one of the
node's hardware addresses. Without a tap the capture is a witness on the wire: role transit, direction
unknown to it, given as received, except in cooked captures, which note the direction themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from socket import inet_ntoa
from struct import Struct
from typing import BinaryIO

from labgen.dhcp.capture_options import NO_OPTIONS, address_text, captured_options
from labgen.dhcp.encapsulation import Dissector, Refusal
from labgen.dhcp.frames import Datagram
from labgen.dhcp.message import Direction, Message, MessageType, Role, sighting
from labgen.dhcp.neighbours import Neighbours
from labgen.dhcp.pcap import DamagedCaptureError, frames
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
    stream: BinaryIO, name: str, tap: Tap | None = None, tally: CaptureTally | None = None
) -> Iterator[Message]:
    """Like `read_capture`, from an open binary stream."""
    tally = tally if tally is not None else CaptureTally()
    witness = tap if tap is not None else Tap(Path(name).stem, Role.TRANSIT)
    dissector, seen = Dissector(closed=tally.closed), Copies()
    for number, time, datagram in _datagrams(stream, dissector, tally):
        message = _message(datagram, witness, name, number, time, seen.is_copy(datagram, time))
        if message is None:
            tally.undecoded += 1
            tally.too_short += datagram.cut
            continue
        tally.messages += 1
        tally.copies += message.copy
        tally.cut += message.cut
        yield message
    tally.dhcpv6 = dissector.dhcpv6
    tally.refusals, tally.neighbours = dissector.refusals, dissector.neighbours


_Found = tuple[int, float | None, Datagram]
_OFTEN = 100_000
"""Frames between two words about progress."""


def _datagrams(stream: BinaryIO, dissector: Dissector, tally: CaptureTally) -> Iterator[_Found]:
    """DHCP datagrams; last those of which fragments are missing."""
    look, pieces = dissector.datagram, dissector.fragments
    try:
        for number, time, link, data, wire in frames(stream):
            tally.frames = number
            if tally.progress is not None and number % _OFTEN == 0:
                tally.progress(number, tally.messages)
            if time is not None:
                tally.first = time if tally.first is None else tally.first
                tally.last = pieces.now = time
            if wire > len(data):
                tally.snap = max(tally.snap, len(data))
            datagram = look(link, data, number, wire)
            if datagram is not None:
                yield number, time, datagram
    except DamagedCaptureError as error:
        tally.problems.append(str(error))
    for number, time, datagram in dissector.incomplete():
        tally.broken_up += 1
        yield number, time, datagram


class Copies:
    """Tells a frame that repeats an earlier one from a message sent again.

    A mirror of both directions, a broadcast replicated at the head end, and both sides of a router give one datagram
    twice: the same payload between the same addresses with the same IP identification, or, where that is 0, within
    `_INSTANT`. A client that sends again does so later.
    """

    _INSTANT = 0.05
    _SOON = 0.9

    def __init__(self) -> None:
        self._new: dict[_Look, _Where] = {}
        self._old: dict[_Look, _Where] = {}
        self._since = 0.0

    def is_copy(self, datagram: Datagram, time: float | None) -> bool:
        """Whether this datagram was seen before, moments ago. Two VLANs or two VNIs are two places where it was broadcast."""
        if time is None or datagram.cut:
            return False
        if not 0 <= time - self._since <= self._SOON:
            self._old, self._new, self._since = self._new, {}, time
        key = (hash(datagram.payload), datagram.source, datagram.destination, datagram.ip_id)
        before = self._new.get(key) or self._old.get(key)
        if before is not None and 0 <= time - before[0] <= (self._SOON if datagram.ip_id else self._INSTANT):
            place = (datagram.vlan, datagram.vni, datagram.outer_vlan)
            if datagram.destination != _BROADCAST or _may_be_one(before[1:], place):
                return True
        self._new[key] = (time, datagram.vlan, datagram.vni, datagram.outer_vlan)
        return False


_Look = tuple[int, bytes, bytes, int]
_Place = tuple[int | None, int | None, int | None]
_Where = tuple[float, int | None, int | None, int | None]


def _may_be_one(one: _Place, other: _Place) -> bool:
    """Places that differ only in what one of them does not tell."""
    return all(a is None or b is None or a == b for a, b in zip(one, other, strict=True))


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
