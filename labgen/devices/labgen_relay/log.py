"""The JSON log of labgen-relay: one line per packet becomes the sightings on both sides of the relay."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from labgen.dhcp.jsonform import Json, as_list, as_mapping, as_text
from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Direction, Message, MessageType, RelayOptions, Role

_UNSET = (None, "0.0.0.0")


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Messages from the relay's log; events that are not packets are understood and skipped."""
    for number, text in lines:
        if not text.strip():
            continue
        try:
            event = as_mapping(json.loads(text))
        except ValueError:
            reading.miss(number, text)
            continue
        if event.get("event") == "packet":
            yield from _packet(event, reading, number, text)
        elif "event" not in event:
            reading.miss(number, text)


def _packet(event: Mapping[str, Json], reading: Reading, number: int, text: str) -> Iterator[Message]:
    """The packet as it came, and each copy as it left. The log shows a relayed request as it left."""
    reply, dropped = event.get("direction") == "reply", event.get("action") == "dropped"
    reading.stamps.kind = "epoch"
    message = _message(event, reading, number, text)
    if reply or dropped or message.hops != 1:
        yield message
    else:
        yield _at(message, RX, message.src, message.dst, first=True)
    if dropped:
        return
    if reply:
        client = as_text(event.get("client")) or message.yiaddr or message.ciaddr
        yield _at(message, TX, None, client, first=True)
        return
    for server in as_list(event.get("servers")):
        yield _at(message, TX, message.giaddr, str(server), first=False)


def _message(event: Mapping[str, Json], reading: Reading, number: int, text: str) -> Message:
    stamp, hops, options = event.get("ts"), event.get("hops"), event.get("option82")
    return Message(
        type=_kind(event),
        node=reading.node,
        role=reading.role or Role.RELAY,
        direction=RX,
        time=float(stamp) if isinstance(stamp, int | float) else None,
        src=as_text(event.get("src")),
        dst=as_text(event.get("dst")),
        giaddr=_address(event, "giaddr"),
        server_id=_address(event, "server_id"),
        requested=_address(event, "requested"),
        yiaddr=_address(event, "yiaddr"),
        ciaddr=_address(event, "ciaddr"),
        mac=as_text(event.get("mac")),
        xid=_xid(event.get("xid")),
        option82=options is not None,
        relay_options=RelayOptions.from_json(options) if isinstance(options, dict) else None,
        broadcast=_flag(event.get("broadcast")),
        hops=hops if isinstance(hops, int) else None,
        interface=as_text(event.get("interface")),
        vrf=as_text(event.get("vrf")),
        note=as_text(event.get("reason")),
        dropped=event.get("action") == "dropped",
        file=reading.file,
        line=number,
        text=text,
    )


def _kind(event: Mapping[str, Json]) -> MessageType:
    name = str(event.get("message") or "").removeprefix("DHCP")
    bare = MessageType.BOOTREPLY if event.get("direction") == "reply" else MessageType.BOOTREQUEST
    return _KINDS.get(name, bare)


_KINDS = {kind.value: kind for kind in MessageType}


def _at(message: Message, direction: Direction, src: str | None, dst: str | None, *, first: bool) -> Message:
    """The message on the other side of the relay; `first` on the client's, without option 82."""
    request = not message.type.is_reply
    return Message(
        type=message.type,
        node=message.node,
        role=message.role,
        direction=direction,
        time=message.time,
        src=src,
        dst=dst,
        giaddr=None if first and request else message.giaddr,
        server_id=message.server_id,
        requested=message.requested,
        yiaddr=message.yiaddr,
        ciaddr=message.ciaddr,
        mac=message.mac,
        xid=message.xid,
        option82=False if first else message.option82,
        relay_options=None if first else message.relay_options,
        broadcast=message.broadcast,
        hops=0 if first and request else message.hops,
        interface=message.interface,
        vrf=message.vrf,
        note=message.note,
        file=message.file,
        line=message.line,
        text=message.text,
    )


def _address(event: Mapping[str, Json], name: str) -> str | None:
    value = event.get(name)
    return None if value in _UNSET else str(value)


def _flag(value: Json) -> bool | None:
    return value if isinstance(value, bool) else None


def _xid(value: Json) -> int | None:
    if isinstance(value, int):
        return value
    try:
        return int(str(value), 0)
    except ValueError:
        return None


LOG = LogFormat(
    name="labgen-relay",
    title="labgen-relay log (JSON lines)",
    role=Role.RELAY,
    telling=re.compile(r'^\{"ts": ?\d.*"event": ?"'),
    parse=parse,
)
FORMATS = (LOG,)
