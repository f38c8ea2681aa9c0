"""`debugging dhcp server | relay | client` of HPE Comware and H3C, versions 5 and 7: a head line, then the packet's fields.

Layouts: the debug manuals of Comware 5. Transaction identifiers are decimal, hardware addresses in groups of four digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp import masked
from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageRole, MessageType, sighting
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import Sayings
from labgen.dhcp.textpacket import TextPacket, message_type

_HEAD = re.compile(r"^[*%]?(?P<stamp>.*?)\s(?P<module>DHCP[SRC]P?|DHCP)/\d/(?P<event>\w+): *(?P<rest>.*)$")
_MOVES = re.compile(
    r"^\s*(?:[\w/.-]+: )?(?P<way>Rx|Tx|From client to server|From server to client|Send a DHCP packet|Receive a DHCP packet)",
    re.I,
)
_INTERFACE = re.compile(r"interface ([\w/.-]+)")
_PAIR = re.compile(
    r"(?P<label>[A-Z][A-Za-z ]*?|xid|ciaddr|yiaddr|chaddr|giaddr) ?(?:: ?|\()(?P<value>[^,;)]*?)"
    r"(?=\)|,|;|\s{2,}|$|\s[A-Z][a-z]+ (?:IP|agent))"
)
_SENT = re.compile(r"Pkt Sent: send (?P<op>request|reply).*?dest IP: (?P<dst>[\d.]+)")
_ALLOCATED = re.compile(
    r"allocated an IP address (?P<address>[\d.]+)\s?\(lease (?P<lease>\d+|unlimited)[^)]*\) for the DHCP client\s?\(MAC (?P<mac>[\w-]+)\)"
)
_ONE_FIELD = re.compile(r"[A-Z][A-Za-z ]*: \S+$")
"""Snooping tells the fields of a packet one by one, each under a head of its own."""
_SEEN = re.compile(
    r"Received an? DHCP (?P<kind>DISCOVER|OFFER|REQUEST|DECLINE|ACK|NAK|RELEASE|INFORM) packet", re.I
)
_OF_HEADER = re.compile(r"Message type: (?:request|reply)\b")
"""How the fields of a packet begin of which the text does not show the head."""
_ROLES = {
    "DHCPS": MessageRole.SERVER,
    "DHCPR": MessageRole.RELAY,
    "DHCPC": MessageRole.CLIENT,
    "DHCPSP": MessageRole.TRANSIT,
}
_SAYINGS = Sayings(
    (
        r"[Nn]o (?:available|free|usable) (?:IP|address|lease).*|pool.*(?:exhausted|used up)|no.*assignable",
        Cause.POOL_EXHAUSTED,
    ),
    (r"[Nn]o (?:matching )?(?:address )?pool.*|subnet.*not (?:found|match)", Cause.NO_SCOPE),
    (r"[Bb]egin to detect|Receive no ARP reply", None),
    (r"ICMP.*(?:in use|conflict)|conflict", Cause.CONFLICT),
    (
        r"Discard .*|Dealing with option 82 failed.*|Decoding DHCP packet failed.*|[Dd]ropped.*|too large hop count",
        Cause.DROPPED,
    ),
    (
        r"Begin to deal|Sending ICMP|ICMP Timeout|ICMP detecting|Assign Free Lease|FSM|will be sent|succeeded|Select ",
        None,
    ),
    (
        r"Receive a packet|Server host name|Hardware type|Seconds|Options|^[0-9A-F ]+$|//|DHCPServer: Rec|DhcpServer: Send",
        None,
    ),
)


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """A message for each packet whose fields are printed."""
    packet: TextPacket | None = None
    role = seen_as = MessageRole.SERVER
    headed = explains = False
    for number, text in lines:
        head = _HEAD.match(text)
        words = text.strip() if head is None else head["rest"].strip()
        if words.startswith("//") or (explains and head is None):
            reading.chatter(
                number, text
            )  # what a manual says of the lines around, to the end of the sentence
            explains = not words.endswith(".")
            continue
        explains = False
        if head is not None:
            headed, seen_as = True, _ROLES.get(head["module"], seen_as)
            reading.time(text)
        if headed and words:
            headed = False
            if seen_as is not MessageRole.TRANSIT or packet is None or not _ONE_FIELD.match(words):
                yield from _finished(packet, reading, role)
                packet = _announced(packet)
            role = seen_as
        if packet is None and (seen := _SEEN.match(words)) is not None:
            packet = _begun(words, reading, number, text)
            packet.type, packet.direction = message_type(seen["kind"]), RX
            continue
        if packet is None and _OF_HEADER.match(words):
            packet = _begun(words, reading, number, text)
        moves, allocated = _MOVES.match(words), _ALLOCATED.search(words)
        if allocated is not None:
            yield _lease(allocated, reading, number, text)
        elif moves is not None:
            packet = packet or _begun(words, reading, number, text)
            _directed(packet, moves["way"].lower(), words)
        elif packet is not None and _fields(packet, words):
            continue
        elif words:
            remark = _SAYINGS.hear(reading, number, text, words, role)
            if remark is not None:
                yield remark
    yield from _finished(packet, reading, role)


def _lease(found: re.Match[str], reading: Reading, number: int, text: str) -> Message:
    """The event of a lease stands for its ACK."""
    return sighting(
        type=MessageType.ACK,
        node=reading.node_of(text),
        role=reading.role or MessageRole.SERVER,
        direction=TX,
        time=reading.now,
        yiaddr=masked.address(found["address"]),
        mac=masked.mac(found["mac"]),
        lease_seconds=int(found["lease"]) if found["lease"].isdigit() else 0xFFFFFFFF,
        file=reading.file,
        line=number,
        text=text,
    )


def _announced(packet: TextPacket | None) -> TextPacket | None:
    """A packet of which so far only the interface was told: its fields follow under another head."""
    return packet if packet is not None and packet.type is None and packet.xid is None else None


def _begun(words: str, reading: Reading, number: int, text: str) -> TextPacket:
    packet = TextPacket(number, text)
    packet.time = reading.now
    interface = _INTERFACE.search(words)
    packet.interface = interface.group(1).rstrip(".") if interface is not None else None
    return packet


def _directed(packet: TextPacket, direction: str, words: str) -> None:
    sent = direction.startswith(("tx", "send"))
    received = direction.startswith(("rx", "receive"))
    if sent or received:
        packet.direction = TX if sent else RX
    kind = message_type(words) if "packet" not in words.lower() else None
    packet.type = packet.type or kind


def _fields(packet: TextPacket, words: str) -> bool:
    """A line of fields; False when none of them counts."""
    known = False
    for found in _PAIR.finditer(words):
        label = "transaction id" if found["label"] == "xid" else found["label"]
        known = packet.put(label, found["value"]) or known
    if "type(DHCP" in words:
        packet.type = message_type(words.partition("type(")[2])
        known = True
    return known


def _finished(packet: TextPacket | None, reading: Reading, role: MessageRole) -> Iterator[Record]:
    if packet is None or (packet.type is None and packet.xid is None):
        return
    message = packet.message(reading, role)
    if message is not None:
        yield message


LOG = LogFormat(
    name="comware",
    title="DHCP debugs of HPE Comware and H3C",
    role=MessageRole.RELAY,
    telling=re.compile(r"\bDHCP[SRC]P?/\d/(?:DHCP[SRC]_|PACKET|EVENT|ERROR)"),
    parse=parse,
)
