"""The JSON log of labgen-relay: one line per packet becomes the sightings on both sides of the relay."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Direction, Message, MessageType, RelayOptions, Role, sighting
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sayings import make

_UNSET = (None, "0.0.0.0")
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
            yield make(reading, number, text, words, Role.RELAY, cause, {"interface": event.interface})
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
) -> tuple[Message, ...]:
    """The packet as it came, and each copy as it left. The log shows a relayed request as it left."""
    kind, giaddr, hops = _kind(event), _address(event.giaddr), event.hops
    yiaddr, ciaddr = _address(event.yiaddr), _address(event.ciaddr)
    server_id, requested, xid = _address(event.server_id), _address(event.requested), _xid(event.xid)
    has_agent = event.option82 != _NOTHING
    agent = options[bytes(event.option82)] if has_agent else None
    node, role, file, dropped = (
        reading.node,
        reading.role or Role.RELAY,
        reading.file,
        event.action == "dropped",
    )

    def seen(
        direction: Direction, src: str | None, dst: str | None, *, first: bool, request: bool
    ) -> Message:
        """A sighting; `first` on the client's side, without option 82, and where a request has no giaddr yet."""
        return sighting(
            type=kind, node=node, role=role, direction=direction, time=event.ts, src=src, dst=dst,
            giaddr=None if first and request else giaddr, server_id=server_id, requested=requested, yiaddr=yiaddr, ciaddr=ciaddr,
            mac=event.mac, xid=xid, option82=not first and has_agent, relay_options=None if first else agent,
            broadcast=event.broadcast, hops=0 if first and request else hops, interface=event.interface, vrf=event.vrf,
            note=event.reason, dropped=dropped, file=file, line=number, text=text,
        )  # fmt: skip

    if event.direction == "reply":
        came = seen(RX, event.src, event.dst, first=False, request=False)
        client = event.client or yiaddr or ciaddr
        return (came,) if dropped else (came, seen(TX, None, client, first=True, request=False))
    came = seen(RX, event.src, event.dst, first=hops == 1 and not dropped, request=True)
    if dropped:
        return (came,)
    return (came, *[seen(TX, giaddr, server, first=False, request=True) for server in event.servers or ()])


def _kind(event: _Packet) -> MessageType:
    found = _KINDS.get(event.message or "")
    if found is None:
        found = MessageType.BOOTREPLY if event.direction == "reply" else MessageType.BOOTREQUEST
    return found


_KINDS = {prefix + kind.value: kind for kind in MessageType for prefix in ("", "DHCP")}


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
