"""MikroTik RouterOS: the `dhcp` topic of its log, from the terminal, an export or syslog; with `debug,packet` whole packets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp import masked
from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageRole, MessageType, sighting
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import Sayings, make
from labgen.dhcp.textpacket import TextPacket, message_type

_TOPIC = re.compile(r"(?:^|[\s:])(?:[a-z]+,)*dhcp(?:,[a-z!]+)*:? +(?P<words>.*)$")
_V = masked.VALUE
_PACKET = re.compile(
    r"(?:(?P<server>\S+) )?(?P<did>received|sending|sent) (?P<kind>[a-z]+) with id (?P<xid>\d+) (?:from|to) (?P<peer>[\d.]+)"
)
_CLIENT_PACKET = re.compile(
    r"dhcp-client on (?P<port>\S+) (?P<did>sending|received|sent) (?P<kind>[a-z]+) with id (?P<xid>\d+)(?: (?:to|from) (?P<peer>[\d.]+))?"
)
_FIELD = re.compile(r"^\s*(?P<label>[A-Za-z][\w-]*) = (?P<value>.*)$")
_ASSIGNED = re.compile(rf"(?P<server>\S+) assigned (?P<address>{_V}) (?:to|for) (?P<mac>{_V})")
_DEASSIGNED = re.compile(rf"(?P<server>\S+) deassigned (?P<address>{_V}) (?:from|for) (?P<mac>{_V})")
_OFFERED = re.compile(
    rf"(?P<server>\S+?):? offering lease (?P<address>{_V}) (?:to|for) (?P<mac>{_V}) (?:\S+ )?without success"
)
_GOT = re.compile(rf"dhcp-client on (?P<port>\S+) got IP address (?P<address>{_V})")
_REFUSED = re.compile(
    rf"dhcp-client on (?P<port>\S+) lost IP address (?P<address>{_V}) - received NAK from dhcp server (?P<peer>{_V})"
)
_SAYINGS = Sayings(
    (
        r"failed to give out IP address: pool <?(?P<subnet>[^>\s]+)>? is empty|no (?:more )?(?:free )?(?:ip )?address",
        Cause.POOL_EXHAUSTED,
    ),
    (r"unknown dhcp server|discovered unknown|rogue", Cause.ROGUE),
    (rf"conflict|address (?P<address>{_V}) is (?:already )?(?:in use|taken)|declin", Cause.CONFLICT),
    (
        r"lost IP address|lease (?:expired|stopped)|no (?:response|answer)|rejected|could not|failed|not bound",
        Cause.OTHER,
    ),
    (r"^\s*[A-Za-z][\w-]* = |defconf|^\s*$", None),
)


_ENDING = frozenset({MessageType.REQUEST, MessageType.ACK})
"""Where these are logged, the line about the lease says nothing more."""


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Packets where they are logged, else what leases tell: an assignment stands for the ACK."""
    packet: TextPacket | None = None
    debugged = False
    for number, text in lines:
        topic = _TOPIC.search(text)
        if topic is None:
            reading.miss(number, text)
            continue
        words = topic["words"]
        field = _FIELD.match(words)
        if packet is not None and field is not None:
            if not packet.put(field["label"], field["value"]):
                reading.chatter(number, text)
            continue
        found = _CLIENT_PACKET.search(words) or _PACKET.search(words)
        if found is not None:
            yield from _finished(packet, reading)
            packet = _begun(found, reading, number, text)
            debugged = debugged or packet.type in _ENDING
            continue
        yield from _sentence(words, debugged, reading, number, text)
    yield from _finished(packet, reading)


def _begun(found: re.Match[str], reading: Reading, number: int, text: str) -> TextPacket:
    packet = TextPacket(number, text)
    fields = found.groupdict()
    packet.time, packet.node = reading.time(text.lstrip()), reading.node_of(text)
    packet.type, packet.xid = message_type(found["kind"]), int(found["xid"])
    packet.direction = RX if found["did"] == "received" else TX
    packet.role = MessageRole.CLIENT if fields.get("port") else MessageRole.SERVER
    packet.interface = fields.get("port") or fields.get("server")
    peer = masked.named(found["peer"])
    packet.src, packet.dst = (peer, None) if packet.direction is RX else (None, peer)
    return packet


def _finished(packet: TextPacket | None, reading: Reading) -> Iterator[Record]:
    message = packet.message(reading, packet.role or MessageRole.SERVER) if packet is not None else None
    if message is not None:
        yield message


def _sentence(words: str, debugged: bool, reading: Reading, number: int, text: str) -> Iterator[Record]:
    assigned, taken, offered, got = (p.search(words) for p in (_ASSIGNED, _DEASSIGNED, _OFFERED, _GOT))
    if offered is not None:
        said = f"offering lease {offered['address']} to {offered['mac']} without success"
        yield make(
            reading,
            number,
            text,
            said,
            MessageRole.SERVER,
            Cause.UNTAKEN,
            {"mac": masked.mac(offered["mac"])},
        )
    elif (refused := _REFUSED.search(words)) is not None and not debugged:
        yield _nak(refused, reading, number, text)
    elif (assigned or got) is not None and not debugged:
        yield _lease(assigned or got, reading, number, text)
    elif assigned or taken or got:
        reading.chatter(number, text)
    else:
        remark = _SAYINGS.hear(reading, number, text, words, MessageRole.SERVER)
        if remark is not None:
            yield remark


def _nak(found: re.Match[str], reading: Reading, number: int, text: str) -> Message:
    """The NAK by which a client lost its address."""
    return sighting(
        type=MessageType.NAK,
        node=reading.node_of(text),
        role=reading.role or MessageRole.CLIENT,
        direction=RX,
        time=reading.time(text.lstrip()),
        requested=masked.address(found["address"]),
        server_id=masked.named(found["peer"]),
        interface=found["port"],
        file=reading.file,
        line=number,
        text=text,
    )


def _lease(found: re.Match[str] | None, reading: Reading, number: int, text: str) -> Message:
    assert found is not None
    fields = found.groupdict()
    client = fields.get("port") is not None
    return sighting(
        type=MessageType.ACK,
        node=reading.node_of(text),
        role=reading.role or (MessageRole.CLIENT if client else MessageRole.SERVER),
        direction=RX if client else TX,
        time=reading.time(text.lstrip()),
        yiaddr=masked.address(found["address"]),
        mac=masked.mac(fields.get("mac")),
        interface=fields.get("port") or fields.get("server"),
        file=reading.file,
        line=number,
        text=text,
    )


LOG = LogFormat(
    name="mikrotik",
    title="MikroTik RouterOS DHCP log",
    role=MessageRole.SERVER,
    telling=re.compile(r"(?:^|[\s:])(?:[a-z]+,)*dhcp,(?:info|debug|error|warning|critical|packet|state)"),
    parse=parse,
)
