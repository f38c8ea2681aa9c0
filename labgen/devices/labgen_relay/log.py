"""The JSON log of labgen-relay: one line per packet becomes the sightings on both sides of the relay."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Direction, Message, MessageType, RelayOptions, Role
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sayings import make

_UNSET = (None, "0.0.0.0")
_STOPPED = frozenset({"dropped", "stopped-replies"})
"""Events that tell of packets the relay did not pass on, without a line for each."""


class _Packet(msgspec.Struct, gc=False):
    """An event of the log. Fields of other types than the relay writes make the line one that is not understood."""

    event: str = ""
    ts: float | None = None
    direction: str | None = None
    action: str | None = None
    interface: str | None = None
    vrf: str | None = None
    src: str | None = None
    dst: str | None = None
    message: str | None = None
    xid: str | int | None = None
    mac: str | None = None
    ciaddr: str | None = None
    yiaddr: str | None = None
    giaddr: str | None = None
    server_id: str | None = None
    requested: str | None = None
    hops: int | None = None
    broadcast: bool | None = None
    option82: dict[str, Any] | bool | None = None
    servers: list[str] | None = None
    client: str | None = None
    reason: str | None = None


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Messages from the relay's log; events that are not packets are noise, drops of unread packets remarks."""
    decode = msgspec.json.Decoder(_Packet).decode
    options = _LoggedOptions()
    for number, text in lines:
        try:
            event = decode(text)
        except msgspec.DecodeError:
            reading.miss(number, text)
            continue
        if event.event == "packet":
            reading.stamps.kind = "epoch"
            yield from _packet(event, options, reading, number, text)
        elif not event.event:
            reading.miss(number, text)
        elif event.reason:
            words = f"{event.event}: {event.reason}"
            cause = Cause.DROPPED if event.event in _STOPPED else Cause.OTHER
            yield make(reading, number, text, words, Role.RELAY, cause, {"interface": event.interface})
        else:
            reading.chatter(number, text)


class _LoggedOptions(dict[str, RelayOptions]):
    """Option 82 by what it says: a relay's is the same in each message."""

    def of(self, data: dict[str, Any] | bool | None) -> RelayOptions | None:
        if not isinstance(data, dict):
            return None
        key = repr(data)
        found = self.get(key)
        if found is None:
            found = self[key] = RelayOptions.from_json(data)
        return found


def _packet(
    event: _Packet, options: _LoggedOptions, reading: Reading, number: int, text: str
) -> Iterator[Message]:
    """The packet as it came, and each copy as it left. The log shows a relayed request as it left."""
    reply, dropped = event.direction == "reply", event.action == "dropped"
    message = _message(event, options, reading, number, text)
    if reply or dropped or message.hops != 1:
        yield message
    else:
        yield _at(message, RX, message.src, message.dst, first=True)
    if dropped:
        return
    if reply:
        client = event.client or message.yiaddr or message.ciaddr
        yield _at(message, TX, None, client, first=True)
        return
    for server in event.servers or ():
        yield _at(message, TX, message.giaddr, server, first=False)


def _message(event: _Packet, options: _LoggedOptions, reading: Reading, number: int, text: str) -> Message:
    return Message(
        type=_kind(event),
        node=reading.node,
        role=reading.role or Role.RELAY,
        direction=RX,
        time=event.ts,
        src=event.src,
        dst=event.dst,
        giaddr=_address(event.giaddr),
        server_id=_address(event.server_id),
        requested=_address(event.requested),
        yiaddr=_address(event.yiaddr),
        ciaddr=_address(event.ciaddr),
        mac=event.mac,
        xid=_xid(event.xid),
        option82=event.option82 is not None,
        relay_options=options.of(event.option82),
        broadcast=event.broadcast,
        hops=event.hops,
        interface=event.interface,
        vrf=event.vrf,
        note=event.reason,
        dropped=event.action == "dropped",
        file=reading.file,
        line=number,
        text=text,
    )


def _kind(event: _Packet) -> MessageType:
    bare = MessageType.BOOTREPLY if event.direction == "reply" else MessageType.BOOTREQUEST
    return _KINDS.get((event.message or "").removeprefix("DHCP"), bare)


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


def _address(value: str | None) -> str | None:
    return None if value in _UNSET else value


def _xid(value: str | int | None) -> int | None:
    if value is None or isinstance(value, int):
        return value
    try:
        return int(value, 0)
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
