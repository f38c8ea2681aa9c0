"""The JSON log of labgen-relay: one line per packet becomes the sightings on both sides of the relay."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Direction, Message, MessageRole, MessageType
from labgen.dhcp.relay_options import RelayOptions
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import make

_UNSET = "0.0.0.0"
_STOPPED = frozenset({"dropped", "stopped-replies"})
"""Events that tell of packets the relay did not pass on, without a line for each."""


_NOTHING = msgspec.Raw(b"null")


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
    option82: msgspec.Raw = _NOTHING
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
            yield make(reading, number, text, words, MessageRole.RELAY, cause, {"interface": event.interface})
        else:
            reading.chatter(number, text)


class _LoggedOptions(dict[bytes, "RelayOptions | None"]):
    """Option 82 by its text in the log: a relay's is the same in each message, and read once."""

    def __missing__(self, key: bytes) -> RelayOptions | None:
        data = msgspec.json.decode(key)
        if len(self) >= _MOST_OPTIONS:
            self.clear()
        found = self[key] = RelayOptions.from_json(data) if isinstance(data, dict) else None
        return found


_MOST_OPTIONS = 65_536


def _packet(
    event: _Packet, options: _LoggedOptions, reading: Reading, number: int, text: str
) -> Iterable[Message]:
    """The packet as it came, and each copy as it left.

    Values stand in the order of Message's fields, and without a call for each: by name they cost as much as all the rest of a line.
    """
    kind, node, role, file, time = (
        _kind(event),
        reading.node,
        reading.role or MessageRole.RELAY,
        reading.file,
        event.ts,
    )
    mac, broadcast, interface, vrf, reason = (
        event.mac,
        event.broadcast,
        event.interface,
        event.vrf,
        event.reason,
    )
    xid, giaddr, server_id, requested = event.xid, event.giaddr, event.server_id, event.requested
    yiaddr, ciaddr, dropped = event.yiaddr, event.ciaddr, event.action == "dropped"
    xid = _xid(xid) if isinstance(xid, str) else xid
    giaddr = None if giaddr == _UNSET else giaddr
    server_id = None if server_id == _UNSET else server_id
    requested = None if requested == _UNSET else requested
    yiaddr = None if yiaddr == _UNSET else yiaddr
    ciaddr = None if ciaddr == _UNSET else ciaddr
    legs = _legs(event, giaddr, event.client or yiaddr or ciaddr, options)
    return [
        Message(
            kind, node, role, direction, time, src, dst, giaddr, server_id, requested, yiaddr, ciaddr, mac, None, xid, option82, agent,
            None, None, broadcast, hops, interface, vrf, reason, dropped, file, number, None, text,
        )
        for direction, src, dst, giaddr, hops, option82, agent in legs
    ]  # fmt: skip


_Leg = tuple[Direction, str | None, str | None, str | None, int | None, bool, RelayOptions | None]
"""A way into the relay or out of it: direction, source, destination, giaddr, hops, option 82 and what it holds."""


def _legs(event: _Packet, giaddr: str | None, client: str | None, options: _LoggedOptions) -> list[_Leg]:
    """The ways of a packet. The log shows a relayed request as it left; without giaddr and option 82 yet on the client's side."""
    hops, raw = event.hops, event.option82
    has_agent = raw != _NOTHING
    agent = options[bytes(raw)] if has_agent else None
    came = (RX, event.src, event.dst, giaddr, hops, has_agent, agent)
    if event.action == "dropped":
        return [came]
    if event.direction == "reply":
        return [came, (TX, None, client, giaddr, hops, False, None)]
    if hops == 1:
        came = (RX, event.src, event.dst, None, 0, False, None)
    return [came, *[(TX, giaddr, to, giaddr, hops, has_agent, agent) for to in event.servers or ()]]


def _kind(event: _Packet) -> MessageType:
    found = _KINDS.get(event.message or "")
    if found is None:
        found = MessageType.BOOTREPLY if event.direction == "reply" else MessageType.BOOTREQUEST
    return found


_KINDS = {prefix + kind.value: kind for kind in MessageType for prefix in ("", "DHCP")}


def _xid(value: str) -> int | None:
    try:
        return int(value, 0)
    except ValueError:
        return None


LOG = LogFormat(
    name="labgen-relay",
    title="labgen-relay log (JSON lines)",
    role=MessageRole.RELAY,
    telling=re.compile(r'^\{"ts": ?\d.*"event": ?"'),
    parse=parse,
)
FORMATS = (LOG,)
