"""A DHCP datagram of a capture into a message.

Captures hold hundreds of thousands of them: the fields of a message are given in their order, since to give fifty of them by name
takes as long as to decode the packet.
"""

from __future__ import annotations

from struct import Struct

from labgen.dhcp.capture_options import (
    NO_OPTIONS,
    CapturedOptions,
    OptionReader,
    address_text,
    mac_text,
)
from labgen.dhcp.frames import Datagram
from labgen.dhcp.message import Direction, Message, MessageRole, MessageType
from labgen.dhcp.octet_cache import kept
from labgen.dhcp.taps import Tap, seen_by

_BOOTP = Struct(">BBBBIHH4s4s4s4s16s")
_HEADER, _SHORTEST = 236, 34
"""Octets of the fixed header; what a cut packet has to have of it to tell a client."""
COOKIE = b"\x63\x82\x53\x63"
_NOBODY = b"\0\0\0\0"
TYPES = {
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
"""Message types by the value of option 53."""
REPLY_CODES = frozenset({2, 5, 6})
"""Those of RFC 2131 that servers send, with op 2."""
_LAST_OF_RFC_2131 = 8
BOOT_FILE = 108
"""Where the name of a boot file begins."""


def message_of(
    datagram: Datagram, tap: Tap, name: str, number: int, time: float | None, copy: bool, reader: OptionReader
) -> Message | None:
    """The message in a datagram of frame `number` of the file `name`; None where it is too short to be one."""
    payload, cut, vni = datagram.payload, datagram.cut, datagram.vni
    size: int | None = len(payload)
    if cut or len(payload) < _HEADER:
        if not cut or len(payload) < _SHORTEST:
            return None
        payload, size = payload.ljust(_HEADER, b"\0"), None
    op, _, hlen, hops, xid, secs, flags, ciaddr, yiaddr, _, giaddr, chaddr = _BOOTP.unpack_from(payload)
    options = _options(payload, reader)
    code, relay = options.type, options.relay_options
    option82: bool | None = relay is not None
    if code and (code in REPLY_CODES) is not (op == 2) and code <= _LAST_OF_RFC_2131:
        options = options._replace(
            malformed=_joined(options.malformed, f"its op is {op}, which its type {TYPES[code]} has not")
        )
    if cut:
        options, cut = options._replace(malformed=None), not options.complete
        option82 = None if relay is None and cut else option82
    direction, role = seen_by(datagram, tap) if tap.macs or datagram.outgoing else (Direction.RX, tap.role)
    if vni is not None:
        role = MessageRole.TRANSIT  # inside a tunnel: whoever's port it is, the node only carries it
    link, target = datagram.link_source, datagram.link_destination
    source, destination = datagram.source, datagram.destination
    return Message(
        TYPES.get(code) or (MessageType.BOOTREQUEST if op == 1 else MessageType.BOOTREPLY),
        tap.node, role, direction, time, address_text(source), address_text(destination),
        None if giaddr == _NOBODY else address_text(giaddr), options.server_id, options.requested,
        None if yiaddr == _NOBODY else address_text(yiaddr),
        None if ciaddr == _NOBODY else address_text(ciaddr),
        hardware(chaddr[:hlen]), options.client_id, xid, option82, relay,
        options.lease_seconds, options.mask, flags & 0x8000 != 0, hops, tap.interface, tap.vrf,
        options.said or (f"message type {code}" if code and code not in TYPES else None),
        False, name, None, number, None, (),
        datagram.vlan, vni, datagram.outer_vlan, datagram.mpls_label, datagram.tunnel, copy, cut,
        mac_text(link) if link else None, options.vendor_class, options.ipv6_only_wait, options.renewal_seconds,
        None if options.classless_routes is not None else options.router, size, options.largest, datagram.bad_checksum,
        options.malformed, None,
        options.rebinding_seconds, options.dns, options.classless_routes is not None, mac_text(target) if target else None,
        options.router if options.classless_routes is False else None, options.boots or payload[BOOT_FILE] != 0, secs,
        datagram.source_port, datagram.destination_port, payload if tap.macs else None,
    )  # fmt: skip


def _options(payload: bytes, reader: OptionReader) -> CapturedOptions:
    """The options behind the magic cookie, or behind another word that a DHCP message type follows."""
    word = payload[236:240]
    if word == COOKIE:
        return reader.read(payload)
    follows = payload[240:243]
    if len(follows) < 3 or follows[:2] != b"\x35\x01" or not 0 < follows[2] <= _LAST_OF_RFC_2131:
        return NO_OPTIONS
    found = reader.read(payload)
    wrong = f"its magic cookie is {word.hex()}, not {COOKIE.hex()} (RFC 2131 section 3)"
    return found._replace(malformed=_joined(found.malformed, wrong))


def _joined(one: str | None, other: str) -> str:
    return other if one is None else f"{one}, {other}"


@kept
def hardware(octets: bytes) -> str | None:
    """chaddr as text, None where it is empty or zero (a LEASEQUERY by address)."""
    return mac_text(octets) if octets.strip(b"\0") else None
