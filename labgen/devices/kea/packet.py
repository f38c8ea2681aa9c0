"""A packet put together from the lines Kea's log spends on it."""

from __future__ import annotations

import re
from socket import inet_ntoa

from labgen.dhcp import masked
from labgen.dhcp.logs import Reading
from labgen.dhcp.message import Direction, Message, MessageRole, MessageType, sighting
from labgen.dhcp.relay_options import RelayOptions
from labgen.dhcp.suboptions import relay_options

_HEX = re.compile(r"(?:0x)?((?:[0-9a-fA-F]{2}[: ]?)+)(?:\(|$| )")
_IP = re.compile(r"(\d+\.\d+\.\d+\.\d+)")
_NUMBER = re.compile(r"(\d+)")


class PacketDraft:
    """A packet as far as it is known."""

    def __init__(self, kind: MessageType, direction: Direction, number: int, text: str) -> None:
        self.type = kind
        self.direction = direction
        self.number = number
        self.text = text
        self.mac: str | None = None
        self.client_id: str | None = None
        self.xid: int | None = None
        self.src: str | None = None
        self.dst: str | None = None
        self.interface: str | None = None
        self.giaddr: str | None = None
        self.yiaddr: str | None = None
        self.ciaddr: str | None = None
        self.server_id: str | None = None
        self.requested: str | None = None
        self.mask: str | None = None
        self.lease: int | None = None
        self.note: str | None = None
        self.detailed = False
        self.from_relay = False
        self.in_relay_option = False
        self.sub_options = b""
        self.has_relay_option = False

    @property
    def key(self) -> tuple[str | None, int | None]:
        """The client and transaction that tie a lease line to the reply it announces."""
        return (self.mac or self.client_id, self.xid)

    def identify(self, label: re.Match[str] | None) -> None:
        """Take MAC, client identifier and xid from the label Kea prints on most lines."""
        if label is None:
            return
        mac, client_id, xid = label.group(1), label.group(2), label.group(3)
        self.mac = masked.mac(mac)
        self.client_id = client_id if ":" in client_id else None
        self.xid = int(xid, 16) if xid else None

    def option(self, code: int, value: str, *, indented: bool) -> None:
        """Take one line of the option dump; sub-options of option 82 are indented deeper."""
        if indented and self.in_relay_option:
            self.sub_options += _tlv(code, value)
            return
        self.in_relay_option = code == 82
        self.has_relay_option = self.has_relay_option or code == 82
        if code == 50:
            self.requested = _address(value)
        elif code == 51:
            self.lease = _number(value)
        elif code == 54:
            self.server_id = _address(value)
        elif code == 1:
            self.mask = _mask(value)
        elif code == 61 and self.client_id is None:
            match = _HEX.match(value)
            self.client_id = match.group(1).strip().lower() if match else None

    def text_more(self, number: int) -> None:
        """A later line says more about this packet than its first: point there."""
        self.number = number

    def message(self, reading: Reading) -> Message:
        """The finished sighting."""
        renewing = self.type is MessageType.REQUEST and self.detailed and self.requested is None
        ciaddr = self.ciaddr
        if renewing and ciaddr is None and not self.from_relay and self.giaddr is None:
            ciaddr = self.src
        note = self.note
        if renewing and ciaddr is None and note is None:
            note = "renewing or rebinding"
        return sighting(
            type=self.type,
            node=reading.node_of(self.text),
            role=reading.role or MessageRole.SERVER,
            direction=self.direction,
            time=reading.time(self.text),
            src=self.src,
            dst=self.dst,
            giaddr=self.giaddr,
            server_id=self.server_id,
            requested=self.requested,
            yiaddr=self.yiaddr,
            ciaddr=ciaddr,
            mac=self.mac,
            client_id=self.client_id,
            xid=self.xid,
            option82=self.has_relay_option if self.detailed else None,
            relay_options=self._relay_options(),
            lease_seconds=self.lease,
            mask=self.mask,
            interface=self.interface,
            note=note,
            file=reading.file,
            line=self.number,
            text=self.text,
        )

    def _relay_options(self) -> RelayOptions | None:
        """Option 82 as far as the log shows it; a dump that stops at its head tells nothing of what is in it."""
        if not self.has_relay_option:
            return None
        return relay_options(self.sub_options) if self.sub_options else RelayOptions()


def _tlv(code: int, value: str) -> bytes:
    match = _HEX.match(value)
    octets = bytes.fromhex(re.sub(r"[^0-9a-fA-F]", "", match.group(1))) if match else b""
    return bytes((code, len(octets))) + octets if len(octets) < 256 else b""


def _address(value: str) -> str | None:
    match = _IP.search(value)
    return match.group(1) if match else None


def _number(value: str) -> int | None:
    match = _NUMBER.match(value)
    return int(match.group(1)) if match else None


def _mask(value: str) -> str | None:
    """Kea prints the subnet mask as an unsigned number, or as an address."""
    found = _address(value)
    if found is not None:
        return found
    number = _number(value)
    return inet_ntoa(number.to_bytes(4, "big")) if number is not None and number < 1 << 32 else None
