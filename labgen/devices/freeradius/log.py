"""FreeRADIUS as a DHCP server: `radiusd -X`, versions 2 to 4: a head with the packet's ends, then its attributes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp import masked
from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import Sayings
from labgen.dhcp.textpacket import TextPacket, message_type

_HEAD = re.compile(
    r"(?P<did>Received|Sent|Sending) (?P<kind>DHCP-\w+|\w+) (?:of Id|Id|XID) (?P<xid>[0-9a-fx]+)"
    r"(?: from (?:\[\S+\] )?(?P<src>[\d.]+):(?P<sport>\d+))?(?: to (?:\[\S+\] )?(?P<dst>[\d.]+):(?P<dport>\d+))?"
    r"|(?P<coded>Received|Sent|Sending) code 10(?P<code>\d\d) Id (?P<coded_xid>-?\d+)"
    r" from (?P<coded_src>[\d.]+):\d+ to (?P<coded_dst>[\d.]+):\d+"
    r"|(?P<old>Received|Sending) (?P<old_kind>DHCP-\w+) of id (?P<old_xid>[0-9a-f]+) (?:from|to) (?P<peer>[\d.]+):(?P<port>\d+)"
)
_FIRST_CODE = 24
"""FreeRADIUS 3 numbers DHCP's message types from 1024 on; the last two digits are looked at."""

_LEAD = re.compile(r"^(?:[A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ [\d:]+ \d{4} : )?(?:Debug|Info): (?=\()")
_FIELD = re.compile(r"^\(?\d*\)?\s*&?(?P<label>[A-Za-z][\w-]*) (?::?=|\+=) (?P<value>.*)$")
_SAYINGS = Sayings(
    (
        r"(?:pool|sqlippool|redis_ippool).*(?:[Nn]o free|full|not found|exhausted|failed to (?:allocate|find)).*",
        Cause.POOL_EXHAUSTED,
    ),
    (r"(?:ERROR|Error): .*(?:dhcp|pool|[Ss]egmentation)", Cause.FAILED),
    (
        r"[Dd]iscarding .*|[Ii]gnoring .*(?:DHCP|request).*|DHCP-?.*[Dd]o not respond|No reply|not responding",
        Cause.DROPPED,
    ),
    (
        r"^\(?\d*\)?\s*[\w&-]+ :?= |^\(\d+\)|Executing|Waking|Ready|Listening|^\s*$|[{}]|^\s+|server |Cleaning",
        None,
    ),
)


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """A message for each packet received or sent."""
    packet: TextPacket | None = None
    for number, text in lines:
        head = _HEAD.search(text)
        if head is not None:
            yield from _finished(packet, reading)
            packet = _begun(head, reading, number, text)
            continue
        packet = packet or _headless(reading, number, text)
        field = _FIELD.match(_LEAD.sub("", text.strip())) if packet is not None else None
        if field is not None and packet is not None and packet.put(field["label"], field["value"]):
            continue
        if field is None and packet is not None:
            yield from _finished(packet, reading)
            packet = None
        remark = _SAYINGS.hear(reading, number, text, text.rstrip(), MessageRole.SERVER)
        if remark is not None:
            yield remark
    yield from _finished(packet, reading)


_OF_HEADER = re.compile(
    r"^\s*(?:\(\d+\))?\s*DHCP-(?:Opcode|Hop-Count|Transaction-Id|Client-IP-Address|Your-IP-Address|Client-Hardware-Address) = "
)


def _headless(reading: Reading, number: int, text: str) -> TextPacket | None:
    """A packet of which the text shows the attributes only."""
    if _OF_HEADER.match(text) is None:
        return None
    packet = TextPacket(number, text)
    packet.time, packet.node = reading.time(text), reading.node_of(text)
    return packet


def _begun(head: re.Match[str], reading: Reading, number: int, text: str) -> TextPacket:
    packet = TextPacket(number, text)
    packet.time, packet.node = reading.time(text), reading.node_of(text)
    code = str(int(head["code"]) - _FIRST_CODE) if head["code"] else ""
    packet.type = message_type(head["kind"] or head["old_kind"] or code)
    packet.direction = RX if (head["did"] or head["old"] or head["coded"]) == "Received" else TX
    if head["coded"]:
        packet.xid = int(head["coded_xid"]) & 0xFFFFFFFF
        packet.src, packet.dst = masked.address(head["coded_src"]), masked.address(head["coded_dst"])
        return packet
    packet.put("xid", head["xid"] or head["old_xid"])
    if head["peer"]:
        peer = masked.address(head["peer"])
        packet.src, packet.dst = (peer, None) if packet.direction is RX else (None, peer)
    else:
        packet.src, packet.dst = masked.address(head["src"]), masked.address(head["dst"])
    return packet


def _finished(packet: TextPacket | None, reading: Reading) -> Iterator[Record]:
    message = packet.message(reading, MessageRole.SERVER) if packet is not None and packet.type else None
    if message is not None:
        yield message


LOG = LogFormat(
    name="freeradius",
    title="FreeRADIUS as DHCP server",
    role=MessageRole.SERVER,
    telling=re.compile(
        r"(?:Received|Sent|Sending) code 10[2-4]\d Id -?\d"
        r"|(?:Received|Sent|Sending) DHCP-\w+ (?:Id|XID|of [Ii]d) |(?:^|: )\s*(?:\(\d+\)\s+)?DHCP-(?:Transaction-Id|Message-Type) = "
    ),
    parse=parse,
)
