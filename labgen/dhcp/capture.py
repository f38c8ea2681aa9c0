"""DHCP messages out of captures, frame by frame.

A `Tap` tells whose interface was captured, so that a frame counts as sent when it left with one of the
node's hardware addresses. Without a tap the capture is a witness on the wire: role transit, direction
unknown to it, given as received, except in cooked captures, which note the direction themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from socket import inet_ntoa
from struct import Struct
from typing import BinaryIO, NamedTuple

from labgen.dhcp.frames import Datagram, dhcp_datagram
from labgen.dhcp.message import Direction, Message, MessageType, RelayOptions, Role
from labgen.dhcp.pcap import DamagedCaptureError, frames
from labgen.dhcp.suboptions import relay_options
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
    """Counts kept while a capture is read: frames, DHCP messages, DHCP that could not be decoded."""

    frames: int = 0
    messages: int = 0
    undecoded: int = 0
    problems: list[str] = field(default_factory=list)


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
    try:
        for number, time, link, data in frames(stream):
            tally.frames = number
            datagram = dhcp_datagram(link, data)
            if datagram is None:
                continue
            message = _message(datagram, witness, name, number, time)
            if message is None:
                tally.undecoded += 1
                continue
            tally.messages += 1
            yield message
    except DamagedCaptureError as error:
        tally.problems.append(str(error))


def _message(datagram: Datagram, tap: Tap, name: str, number: int, time: float | None) -> Message | None:
    payload = datagram.payload
    if len(payload) < 236:
        return None
    op, _, hlen, hops, xid, _, flags, ciaddr, yiaddr, _, giaddr = _BOOTP.unpack_from(payload)
    options = _options(payload) if payload[236:240] == _COOKIE else _Options()
    kind = _BY_CODE.get(options.type)
    if kind is None:
        kind = MessageType.BOOTREQUEST if op == 1 else MessageType.BOOTREPLY
    direction, role = _seen_by(datagram, tap)
    if datagram.vni is not None:
        role = Role.TRANSIT  # inside a tunnel: whoever's port it is, the node only carries it
    return Message(
        type=kind,
        node=tap.node,
        role=role,
        direction=direction,
        time=time,
        src=inet_ntoa(datagram.source),
        dst=inet_ntoa(datagram.destination),
        giaddr=None if giaddr == _ZERO else inet_ntoa(giaddr),
        server_id=options.server_id,
        requested=options.requested,
        yiaddr=None if yiaddr == _ZERO else inet_ntoa(yiaddr),
        ciaddr=None if ciaddr == _ZERO else inet_ntoa(ciaddr),
        mac=mac_text(payload[28 : 28 + min(hlen, 16)]) if hlen else None,
        client_id=options.client_id,
        xid=xid,
        option82=options.relay is not None,
        relay_options=options.relay,
        lease_seconds=options.lease,
        mask=options.mask,
        broadcast=bool(flags & 0x8000),
        hops=hops,
        interface=tap.interface,
        vrf=tap.vrf,
        file=name,
        frame=number,
        source_port=datagram.source_port,
        destination_port=datagram.destination_port,
        payload=payload,
    )


class _Options(NamedTuple):
    type: int = 0
    server_id: str | None = None
    requested: str | None = None
    client_id: str | None = None
    lease: int | None = None
    relay: RelayOptions | None = None
    mask: str | None = None


def _options(payload: bytes) -> _Options:
    """The options this package looks at. RFC 2131 4.1 overload and RFC 3396 splitting are followed."""
    found: dict[int, bytes] = {}
    _collect(payload, 240, len(payload), found)
    overload = found.get(52)
    if overload:
        agent = found.get(82)  # in the options field alone (RFC 3046 section 2.1)
        if overload[0] & 1:
            _collect(payload, 108, 236, found)
        if overload[0] & 2:
            _collect(payload, 44, 108, found)
        found.pop(82, None)
        if agent is not None:
            found[82] = agent
    get = found.get
    kind, server, requested, client = get(53), get(54), get(50), get(61)
    lease, relay, mask = get(51), get(82), get(1)
    return _Options(
        kind[0] if kind else 0,
        inet_ntoa(server) if server is not None and len(server) == 4 else None,
        inet_ntoa(requested) if requested is not None and len(requested) == 4 else None,
        client.hex(":") if client else None,
        int.from_bytes(lease, "big") if lease is not None and len(lease) == 4 else None,
        _cached_relay_options(relay) if relay is not None else None,
        inet_ntoa(mask) if mask is not None and len(mask) == 4 else None,
    )


def _collect(payload: bytes, at: int, end: int, found: dict[int, bytes]) -> None:
    while at < end:
        code = payload[at]
        if code == 0:
            at += 1
            continue
        if code == 255 or at + 1 >= end:
            return
        start = at + 2
        at = start + payload[at + 1]
        if at > end:
            return
        value = payload[start:at]
        found[code] = found[code] + value if code in found else value


@lru_cache(maxsize=4096)
def _cached_relay_options(octets: bytes) -> RelayOptions:
    return relay_options(octets)


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
