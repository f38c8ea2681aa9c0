"""Messages straight out of the frames that most captures are full of: DHCP in UDP in IPv4 in Ethernet, with one VLAN tag at most.

In one step what `labgen.dhcp.frames.plain`, `Copies` and `message_of` do one after the other for whatever a frame holds; every other
frame is left to those. A test holds both to each other.
"""

from __future__ import annotations

from struct import Struct

from labgen.dhcp.capture_options import OptionReader, address_text, mac_text
from labgen.dhcp.captured import BOOT_FILE, COOKIE, REPLY_CODES, TYPES, hardware
from labgen.dhcp.copies import Copies
from labgen.dhcp.frames import checksum_holds
from labgen.dhcp.message import Direction, Message, MessageType
from labgen.dhcp.ports import DHCP_PORTS
from labgen.dhcp.taps import Tap

_FRAME = Struct(">BxxxHHxBxx4s4sHHHxxBxBBIHH4s4s4x4s16s192x4s")
"""From the IP header, without options, to the magic cookie."""
_LINK = 14
_UDP, _PAYLOAD = 20, 28
_NOBODY = b"\0\0\0\0"
_RX = Direction.RX
_LAST = 8
"""The last message type that RFC 2131 has."""


class PlainFrames:
    """Reads frame after frame of an Ethernet capture by a tap that does not know whose port it is at."""

    def __init__(self, tap: Tap, name: str, copies: Copies, options: OptionReader) -> None:
        self._tap, self._name = tap, name
        self._copies, self._options = copies, options

    def message(self, data: bytes, number: int, time: float | None) -> Message | None:
        """The message in a frame; None where it is not as plain as that, or holds none."""
        kind, at, vlan = data[12:14], _LINK, None
        if kind == b"\x81\x00":
            vlan, kind, at = (((data[14] << 8) | data[15]) & 0xFFF) or None, data[16:18], 18
        size = len(data)
        if kind != b"\x08\x00" or size < at + _FRAME.size or data[at + 9] != 17:
            return None
        (
            version, ip_id, fragment, _, source, destination, source_port, port, length,
            op, hlen, hops, xid, secs, flags, ciaddr, yiaddr, giaddr, chaddr, cookie,
        ) = _FRAME.unpack_from(data, at)  # fmt: skip
        udp = at + _UDP
        end = udp + length if length >= 8 else size
        if version != 0x45 or fragment & 0x3FFF or end > size or end < at + _FRAME.size or cookie != COOKIE:
            return None
        if source_port not in DHCP_PORTS and port not in DHCP_PORTS:
            return None
        payload, tap = data[at + _PAYLOAD : end], self._tap
        (
            code, _, said, relay, server_id, requested, client_id, lease, mask, vendor, wait, renewal, router, largest, malformed,
            rebinding, dns, routes, boots,
        ) = self._options.values(payload, given=op != 1)  # fmt: skip
        if code <= _LAST and (code in REPLY_CODES) is not (op == 2) and code:
            return None
        copy = time is not None and self._copies.repeats(
            (hash(payload), source, destination, ip_id), (time, vlan, None, None)
        )
        return Message(
            TYPES.get(code) or (MessageType.BOOTREQUEST if op == 1 else MessageType.BOOTREPLY),
            tap.node, tap.role, _RX, time, address_text(source), address_text(destination),
            None if giaddr == _NOBODY else address_text(giaddr), server_id, requested,
            None if yiaddr == _NOBODY else address_text(yiaddr),
            None if ciaddr == _NOBODY else address_text(ciaddr),
            hardware(chaddr[:hlen]), client_id, xid, relay is not None, relay,
            lease, mask, flags & 0x8000 != 0, hops, tap.interface, tap.vrf,
            said or (f"message type {code}" if code and code not in TYPES else None),
            False, self._name, None, number, None, (),
            vlan, None, None, None, None, copy, False,
            mac_text(data[6:12]), vendor, wait, renewal,
            router if routes is None else None, len(payload), largest,
            not checksum_holds(data, at, udp, end), malformed, None, rebinding, dns, routes is not None,
            mac_text(data[:6]), router if routes is False else None, boots or payload[BOOT_FILE] != 0, secs,
            source_port, port, None,
        )  # fmt: skip
