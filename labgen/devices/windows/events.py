"""Events of Windows' DHCP client and server as the event viewer shows and copies them: a few named fields, then a description."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from labgen.devices.windows.dates import Dates
from labgen.dhcp import complaints, masked
from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageRole, MessageType, sighting

_FIELD = re.compile(
    r"^\s*(?P<name>Log Name|Source|Date|Event ID|Task Category|Level|Keywords|User|Computer|Logged|OpCode): +(?P<value>.*?)\s*$"
)
_DESCRIBED = re.compile(r"^\s*Description:\s*(?P<words>.*)$")
_SOURCE = re.compile(r"dhcp-?(?P<side>client|server|nt)", re.I)
_DATE = re.compile(r"(?P<date>\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4})[ T](?P<time>\d{1,2}:\d\d:\d\d(?: ?[AP]M)?)")
_ADDRESS = re.compile(r"(?:address lease|for the address,?|address,?) (\d{1,3}(?:\.\d{1,3}){3})")
_NAKS = frozenset({("client", "1002"), ("server", "1011")})


@dataclass
class _Event:
    """An event whose lines are still coming."""

    number: int = 0
    fields: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    described: bool = False


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Records of the events about DHCP."""
    event, dates = _Event(), Dates()
    reading.stamps.kind = "epoch"
    for number, text in chain(lines, [(0, "Log Name: end")]):
        named, described = _FIELD.match(text), _DESCRIBED.match(text)
        if named is not None and (event.described or named["name"] in event.fields):
            yield from _records(event, dates, reading)
            event = _Event()
        if named is not None:
            event.fields[named["name"]] = named["value"]
            event.number = event.number or number
        elif described is not None:
            event.described, event.words = True, [described["words"]]
            event.number = event.number if described["words"] else number + 1
        elif event.described:
            event.words.append(text.strip())
        else:
            reading.miss(number, text)


def _records(event: _Event, dates: Dates, reading: Reading) -> Iterator[Record]:
    source = _SOURCE.search(event.fields.get("Source", ""))
    words = " ".join(word for word in event.words if word)
    if source is None or not words:
        reading.chatter(event.number, " ".join(event.fields.values()))
        return
    when = _DATE.search(event.fields.get("Date") or event.fields.get("Logged") or "")
    time = dates.seconds(when["date"], when["time"]) if when is not None else None
    side = "client" if source["side"].lower() == "client" else "server"
    if (side, event.fields.get("Event ID")) in _NAKS:
        yield _refusal(event, side, words, time, reading)
        return
    remark = complaints.complaint(reading, event.number, words, time)
    if remark is None:
        reading.miss(event.number, words)
    else:
        yield replace(remark, role=MessageRole.CLIENT if side == "client" else MessageRole.SERVER)


def _refusal(event: _Event, side: str, words: str, time: float | None, reading: Reading) -> Message:
    """The event of a NAK, on either side."""
    address = _ADDRESS.search(words)
    return sighting(
        type=MessageType.NAK,
        node=reading.node,
        role=MessageRole.CLIENT if side == "client" else MessageRole.SERVER,
        direction=RX if side == "client" else TX,
        time=time,
        requested=masked.address(address.group(1)) if address is not None else None,
        mac=complaints.client(words),
        file=reading.file,
        line=event.number,
        text=words,
    )


LOG = LogFormat(
    name="windows-events",
    title="events of Windows' DHCP client and server",
    role=MessageRole.SERVER,
    telling=re.compile(r"^\s*Source: +(?:Microsoft-Windows-)?Dhcp(?:-?(?:Client|Server|NT))?\w*\s*$", re.I),
    parse=parse,
)
