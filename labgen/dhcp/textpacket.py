"""A packet put together from the lines a text spends on it, whoever wrote them.

tcpdump, Wireshark and the debugs of many systems print a packet as a head and a list of fields. What the fields are called
differs; what they mean does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from labgen.dhcp import masked
from labgen.dhcp.logs import RX, TX, Reading
from labgen.dhcp.message import Direction, Message, MessageRole, MessageType, sighting
from labgen.dhcp.relay_options import RelayOptions

_WORD = re.compile(r"[^a-z0-9]+")
_NUMBER = re.compile(r"0x([0-9a-fA-F]+)|(\d+)")
_ADDRESS = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?![\d.]*\d)")
_MAC = re.compile(
    r"[0-9a-fA-F]{1,2}(?:[:-][0-9a-fA-F]{1,2}){5}(?![0-9a-fA-F:-])|[0-9a-fA-F]{4}(?:[.-][0-9a-fA-F]{4}){2}"
)
_SECONDS = (re.compile(r"\((\d+)s?\)"), re.compile(r"(\d+)"))
_TYPE = re.compile(
    r"(?:DHCP[ _-]?)?(discover|offer|request|decline|ack|nak|nack|release|inform|force ?renew|lease ?query"
    r"|lease ?unassigned|lease ?unknown|lease ?active)\b",
    re.IGNORECASE,
)
_CODES = ("DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM", "FORCERENEW")


def message_type(text: str) -> MessageType | None:
    """The message type a text names (`DHCPDISCOVER`, `DHCP-Offer`, `Ack`, `nack`) or numbers (`5`)."""
    found = _TYPE.search(text)
    if found is not None:
        name = found.group(1).upper().replace(" ", "")
        return MessageType("NAK" if name == "NACK" else name)
    number = re.fullmatch(r"\D*(\d{1,2})\D*", text.strip())
    if number is not None and 1 <= int(number.group(1)) <= len(_CODES):
        return MessageType(_CODES[int(number.group(1)) - 1])
    return None


def is_field(label: str) -> bool:
    """True if a packet has a field of this name, in lower case words."""
    return label in _SETTERS


class TextPacket:
    """A packet as far as it is known; `message` freezes it."""

    def __init__(self, number: int, text: str) -> None:
        self.number = number
        self.text = text
        self.time: float | None = None
        self.node: str | None = None
        self.type: MessageType | None = None
        self.reply: bool | None = None
        self.direction: Direction | None = None
        self.role: MessageRole | None = None
        self.src: str | None = None
        self.dst: str | None = None
        self.source_port: int | None = None
        self.destination_port: int | None = None
        self.mac: str | None = None
        self.client_id: str | None = None
        self.xid: int | None = None
        self.hops: int | None = None
        self.giaddr: str | None = None
        self.ciaddr: str | None = None
        self.yiaddr: str | None = None
        self.requested: str | None = None
        self.server_id: str | None = None
        self.lease: int | None = None
        self.mask: str | None = None
        self.router: str | None = None
        self.dns: str | None = None
        self.classless_routes = False
        self.broadcast: bool | None = None
        self.vlan: int | None = None
        self.interface: str | None = None
        self.vendor_class: str | None = None
        self.link_source: str | None = None
        self.note: str | None = None
        self.dropped = False
        self.bad_checksum = False
        self.complete = False
        self.sub_options: dict[str, str] = {}

    def put(self, label: str, value: str) -> bool:
        """Take a field under whatever name; False when it is none that counts."""
        setter = _SETTERS.get(_WORD.sub(" ", label.lower()).strip())
        if setter is None:
            return False
        setter(self, value)
        return True

    def message(self, reading: Reading, role: MessageRole = MessageRole.TRANSIT) -> Message | None:
        """The finished sighting; None when neither type nor direction of the packet is known."""
        kind = self.type
        reading.open_packet = self.number
        if kind is None:
            if self.reply is None:
                return None
            kind = MessageType.BOOTREPLY if self.reply else MessageType.BOOTREQUEST
        return sighting(
            type=kind,
            node=self.node or reading.node,
            role=reading.role or self.role or role,
            direction=self.direction or self._direction(kind, reading.role or role),
            time=self.time,
            src=self.src,
            dst=self.dst,
            giaddr=self.giaddr,
            server_id=self.server_id,
            requested=self.requested,
            yiaddr=self.yiaddr,
            ciaddr=self.ciaddr,
            mac=self.mac,
            client_id=self._identifier(),
            xid=self.xid,
            option82=True if self.sub_options else (False if self.complete else None),
            relay_options=RelayOptions(**self.sub_options) if self.sub_options else None,  # type: ignore[arg-type]
            lease_seconds=self.lease,
            mask=self.mask,
            router=None if self.classless_routes else self.router,
            dns=self.dns,
            classless_routes=self.classless_routes,
            broadcast=self.broadcast,
            hops=self.hops,
            interface=self.interface,
            note=self.note,
            dropped=self.dropped,
            bad_checksum=self.bad_checksum,
            file=reading.file,
            line=self.number,
            text=self.text,
            vlan=self.vlan,
            link_source=self.link_source,
            vendor_class=self.vendor_class,
            source_port=self.source_port,
            destination_port=self.destination_port,
        )

    def _identifier(self) -> str | None:
        """The client identifier; one printed without its type, or cut, that holds the hardware address tells no more than that."""
        own, identifier = self.mac, self.client_id
        if own is None or identifier is None:
            return identifier
        return (
            None
            if identifier == own or (len(identifier) < len(own) + 3 and f"01:{own}".startswith(identifier))
            else identifier
        )

    def _direction(self, kind: MessageType, role: MessageRole) -> Direction:
        """At a node whose role is known: what a server, relay or client sends follows from the packet."""
        if role is MessageRole.CLIENT:
            return RX if kind.is_reply else TX
        if role is MessageRole.SERVER:
            return TX if kind.is_reply else RX
        if role is MessageRole.RELAY and self.giaddr is not None:
            sent = self.dst != self.giaddr if kind.is_reply else self.src == self.giaddr
            return TX if sent else RX
        return RX


_Setter = Callable[[TextPacket, str], None]


def _xid(packet: TextPacket, value: str) -> None:
    text = value.strip()
    found = _NUMBER.match(text)
    if found is None and re.fullmatch(r"[0-9a-fA-F]{1,8}", text):
        packet.xid = int(text, 16)
    elif found is not None:
        bare_hex = found.group(1) is None and re.fullmatch(r"[0-9a-fA-F]{8}", text) and not text.isdecimal()
        packet.xid = (
            int(text, 16) if bare_hex else int(found.group(1), 16) if found.group(1) else int(found.group(2))
        )


def _hex_xid(packet: TextPacket, value: str) -> None:
    text = value.strip().lower().removeprefix("0x")
    if re.fullmatch(r"[0-9a-f]{1,8}", text):
        packet.xid = int(text, 16)
    elif re.fullmatch(r"\d{9,10}", text):
        packet.xid = int(text)


def _address(name: str) -> _Setter:
    def put(packet: TextPacket, value: str) -> None:
        found = _ADDRESS.search(value)
        if found is not None:
            setattr(packet, name, masked.named(found.group(1)))

    return put


def _put_mac(packet: TextPacket, value: str) -> None:
    found = _MAC.findall(value) or re.findall(r"^(?:0x)?([0-9a-fA-F]{12})$", value.strip())
    if found:
        packet.mac = masked.mac(found[-1])


def _client_id(packet: TextPacket, value: str) -> None:
    found = _MAC.search(value)
    if found is not None and "ether" in value:
        packet.client_id = f"01:{masked.mac(found.group())}"
        return
    parts = re.fullmatch(
        r"(?:0x)?((?:[0-9a-fA-F]{1,2}[:.-])+[0-9a-fA-F]{1,2}|[0-9a-fA-F]{4,})", value.strip()
    )
    if parts is None:
        return
    text = parts.group(1)
    octets = re.split("[:.-]", text) if re.search("[:.-]", text) else re.findall("..", text)
    packet.client_id = ":".join(octet.zfill(2) for octet in octets).lower()


def _lease(packet: TextPacket, value: str) -> None:
    if "infinit" in value.lower():
        packet.lease = 0xFFFFFFFF
        return
    if re.fullmatch(r"0x[0-9a-fA-F]{1,8}", value.strip()):
        packet.lease = int(value, 16)
        return
    found = next((match for pattern in _SECONDS if (match := pattern.search(value))), None)
    if found is not None:
        packet.lease = int(found.group(1))


def _kind(packet: TextPacket, value: str) -> None:
    packet.type = message_type(value) or packet.type


def _said(packet: TextPacket, value: str) -> None:
    """Option 56 (RFC 2132 section 9.9): why a server refuses, or a client declines."""
    packet.note = value.strip().strip('"') or packet.note


def _message(packet: TextPacket, value: str) -> None:
    """A field that some call the message type by, and some option 56."""
    named = message_type(value) if len(value.split()) == 1 else None
    if named is None:
        _said(packet, value)
    else:
        packet.type = named


_NAMES_A_TYPE = re.compile(r"dhcp|discover|offer|n?ack|nak|decline|release|inform")


def _op(packet: TextPacket, value: str) -> None:
    lowered = value.lower()
    if _NAMES_A_TYPE.search(lowered):
        _kind(packet, value)
    elif "reply" in lowered or lowered.strip() == "2":
        packet.reply = True
    elif "request" in lowered or lowered.strip() == "1":
        packet.reply = False


def _hops(packet: TextPacket, value: str) -> None:
    found = re.search(r"\d+", value)
    packet.hops = int(found.group()) if found is not None else None


def _flags(packet: TextPacket, value: str) -> None:
    lowered = value.lower()
    number = _NUMBER.search(value)
    if "broadcast" in lowered or "unicast" in lowered or "none" in lowered:
        packet.broadcast = "broadcast" in lowered
    elif number is not None:
        packet.broadcast = (
            number.group(1) is not None and int(number.group(1), 16) & 0x8000 != 0
        ) or number.group(2) == "1"


def _sub_option(name: str) -> _Setter:
    def put(packet: TextPacket, value: str) -> None:
        packet.sub_options[name] = value.strip().strip('"')

    return put


def _sub_address(name: str) -> _Setter:
    def put(packet: TextPacket, value: str) -> None:
        found = _ADDRESS.search(value)
        if found is not None:
            packet.sub_options[name] = found.group(1)

    return put


def _dns(packet: TextPacket, value: str) -> None:
    packet.dns = ", ".join(_ADDRESS.findall(value)) or packet.dns


def _classless(packet: TextPacket, value: str) -> None:
    packet.classless_routes = packet.classless_routes or _ADDRESS.search(value) is not None


def _vendor(packet: TextPacket, value: str) -> None:
    packet.vendor_class = value.strip().strip('"')


def _both(*labels: str, setter: _Setter) -> dict[str, _Setter]:
    return dict.fromkeys(labels, setter)


_SETTERS: dict[str, _Setter] = {
    **_both("transaction id", "dhcp transaction id", "transactionid", "tid", "id", setter=_xid),
    **_both("xid", setter=_hex_xid),
    **_both(
        "ciaddr", "client ip address", "client ip", "client address", "dhcp client ip address", setter=_address("ciaddr"),
    ),
    **_both(
        "yiaddr", "your ip address", "your client ip address", "your ip", "your address", "your client address",
        "dhcp your ip address", setter=_address("yiaddr")
    ),
    **_both("giaddr", "relay agent ip address", "relay ip address", "relay agent ip", "relay ip", "gateway ip", "gateway ip address",
        "gateway address", "dhcp gateway ip address", setter=_address("giaddr")),
    **_both(
        "chaddr", "client hardware address", "client mac address", "client ethernet address", "hwaddr",
        "client mac", "client hw address", "client hardware", "client hwaddr",
        "dhcp client hardware address", setter=_put_mac,
    ),
    **_both("hops", "hop count", "hopcount", "dhcp hop count", setter=_hops),
    **_both("flags", "broadcast flag", "bootp flags", "dhcp flags", setter=_flags),
    **_both("dhcp message type", "msg type", "dhcp message", "dhcp", setter=_kind),
    **_both("msg", "dhcp msg", "error message", "dhcp error message", setter=_said),
    **_both("message", setter=_message),
    **_both("message type", "op", "opcode", "op code", "dhcp opcode", setter=_op),
    **_both(
        "requested ip", "requested address", "request ip address", "request", "dhcp requested address",
        "requested ip address", "dhcp requested ip address", "address request",
        "rq", setter=_address("requested"),
    ),
    **_both(
        "server id", "dhcp server id", "dhcp server identifier", "server identifier", "dhcp dhcp server identifier", "sid",
        setter=_address("server_id"),
    ),
    **_both("client id", "client identifier", "dhcp client identifier", setter=_client_id),
    **_both(
        "lease time", "ip address lease time", "dhcp lease time", "dhcp ip address lease time", "address time", "lt",
        setter=_lease,
    ),
    **_both("subnet mask", "dhcp subnet mask", "netmask", "sm", setter=_address("mask")),
    **_both("default gateway", "router", "routers", "dhcp router", setter=_address("router")),
    **_both(
        "domain name server", "domain name servers", "dns server", "dns servers", "domain server", "name servers",
        "dhcp domain name server",
        setter=_dns,
    ),
    **_both("classless static route", "classless static routes", "classless routes", setter=_classless),
    **_both("circuit id", "agent circuit id", setter=_sub_option("circuit_id")),
    **_both("remote id", "agent remote id", setter=_sub_option("remote_id")),
    **_both("link selection", "link selection suboption", setter=_sub_address("link_selection")),
    **_both("server id override", "server id override suboption", setter=_sub_address("server_id_override")),
    **_both("vendor class", "vendor class identifier", "class id", "dhcp class identifier", setter=_vendor),
}  # fmt: skip
