"""The JSON log of labgen-relay: one line per packet becomes the sightings on both sides of the relay."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from labgen.dhcp.jsonform import Json, as_list, as_mapping, as_text
from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageType, RelayOptions, Role

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
    name = str(event.get("message") or "").removeprefix("DHCP")
    reply = event.get("direction") == "reply"
    if name not in MessageType.__members__:
        name = "BOOTREPLY" if reply else "BOOTREQUEST"
    reading.stamps.kind = "epoch"
    dropped = event.get("action") == "dropped"
    seen = _message(MessageType(name), event, reading, number, text)
    seen = replace(seen, dropped=dropped, note=as_text(event.get("reason")))
    yield seen if reply else _as_received(seen)
    if not dropped:
        yield from _sent(seen, event, reply)


def _message(
    kind: MessageType, event: Mapping[str, Json], reading: Reading, number: int, text: str
) -> Message:
    options = event.get("option82")
    relay_options = RelayOptions.from_json(as_mapping(options)) if isinstance(options, dict) else None
    stamp, hops = event.get("ts"), event.get("hops")
    return Message(
        type=kind,
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
        option82=relay_options is not None,
        relay_options=relay_options,
        broadcast=_flag(event.get("broadcast")),
        hops=hops if isinstance(hops, int) else None,
        interface=as_text(event.get("interface")),
        vrf=as_text(event.get("vrf")),
        file=reading.file,
        line=number,
        text=text,
    )


def _as_received(message: Message) -> Message:
    """The log shows a relayed request as it left; the first relay received it without giaddr and option
    82.
    """
    if message.dropped or message.hops != 1:
        return message
    return replace(message, giaddr=None, option82=False, relay_options=None, hops=0)


def _sent(seen: Message, event: Mapping[str, Json], reply: bool) -> Iterator[Message]:
    if reply:
        client = as_text(event.get("client")) or seen.yiaddr or seen.ciaddr
        yield replace(seen, direction=TX, src=None, dst=client, option82=False, relay_options=None)
        return
    for server in as_list(event.get("servers")):
        yield replace(seen, direction=TX, src=seen.giaddr, dst=str(server))


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
