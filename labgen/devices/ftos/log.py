"""`debug ip dhcp` of Dell FTOS and OS9 relays: `%RELAY-I-PACKET` lines, wrapped as terminals do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.devices.ftos.wrapped import events
from labgen.dhcp import masked
from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole, MessageType, sighting
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import Sayings

_HEAD = re.compile(r"%RELAY-\w-(?P<event>\w+): *(?P<rest>.*)$")
_PROMPT = re.compile(r"\S+[#>]")
_PACKET = re.compile(
    r"BOOTP (?P<op>REQUEST|REPLY).*?received (?:at|on) interface (?P<interface>\S+).*?hops ?= ?(?P<hops>\d+), XID ?= ?(?P<xid>0x[0-9a-f]+)"
    r".*?hwaddr ?= ?(?P<mac>[0-9A-Fa-f:]+), ?giaddr ?= ?(?P<giaddr>[\d.]+)",
    re.IGNORECASE,
)
_FORWARDED = re.compile(r"[Ff]orwarded (?P<op>BOOTREQUEST|BOOTREPLY) for (?P<mac>\S+) to (?P<to>[\d.]+)")
_SAYINGS = Sayings(
    (
        r"[Dd]rop.*|[Dd]iscard.*|[Ii]gnor.*|hop.*exceed.*|not from a (?:valid|configured) server.*",
        Cause.DROPPED,
    ),
)


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Messages that the relay received and forwarded; an event goes on in the lines without head."""
    for held in events(lines, reading, _HEAD, _PROMPT):
        yield from _event(held, reading)


def _event(held: list[Line], reading: Reading) -> Iterator[Record]:
    number, text = held[0]
    whole = " ".join([text, *(part.strip() for _, part in held[1:])])
    packet, forwarded = _PACKET.search(whole), _FORWARDED.search(whole)
    found = packet or forwarded
    if found is None:
        head = _HEAD.search(whole)
        remark = _SAYINGS.hear(reading, number, text, head["rest"] if head else whole, MessageRole.RELAY)
        if remark is not None:
            yield remark
        return
    reply = "REPLY" in found["op"].upper()
    yield sighting(
        type=MessageType.BOOTREPLY if reply else MessageType.BOOTREQUEST,
        node=reading.node_of(text),
        role=reading.role or MessageRole.RELAY,
        direction=TX if forwarded else RX,
        time=reading.time(text.lstrip()),
        dst=masked.address(forwarded["to"]) if forwarded else None,
        giaddr=masked.named(packet["giaddr"]) if packet else None,
        mac=masked.mac(found["mac"]),
        xid=int(packet["xid"], 16) if packet else None,
        hops=int(packet["hops"]) if packet else None,
        interface=packet["interface"] if packet else None,
        file=reading.file,
        line=number,
        text=text,
    )


LOG = LogFormat(
    name="ftos",
    title="DHCP relay debug of Dell FTOS and OS9",
    role=MessageRole.RELAY,
    telling=re.compile(r"%RELAY-\w-(?:PACKET|BOOT\w+|ERROR|DROP)"),
    parse=parse,
)
