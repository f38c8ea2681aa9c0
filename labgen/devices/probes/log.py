"""Output of tools that look for DHCP servers: nmap's `broadcast-dhcp-discover` and `dhcp-discover`, and Windows' dhcploc.

Each answer is a message. Who asks for servers wants to know how many there are: more than one is told, and none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from labgen.dhcp import masked
from labgen.dhcp.logs import DHCP_NAMES, RX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageRole, MessageType, sighting
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import make

_SCRIPT = re.compile(r"^\|[_ ]*(?:broadcast-)?dhcp-discover:")
_ASKED = re.compile(r"\bnmap\b.*--script[ =]\S*dhcp-discover")
_RESPONSE = re.compile(r"^\|?[_ ]*Response \d+ of \d+:")
_FIELD = re.compile(r"^\|?[_ \t]*(?P<label>[A-Z][\w ]+): (?P<value>\S.*?)\s*$")
_LOCATED = re.compile(
    r"^\d\d:\d\d:\d\d \(IP\)(?P<address>[\d.]+) (?P<kind>OFFER|ACK|NACK) \(S\)(?P<server>[\d.]+)(?P<foreign> \*\*\*)?"
)
_PROBE = "de:ad:c0:de:ca:fe"
"""The hardware address that nmap asks with."""
_SPAN = re.compile(r"(\d+) ?(?:d|days?,?)\s*|(\d+)[h:](\d+)[m:](\d+)s?")


@dataclass
class _Answer:
    """The fields of one answer, and where it begins."""

    number: int
    text: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass
class _Found:
    """The question and the answers so far."""

    asked: Line | None = None
    answer: _Answer | None = None
    servers: dict[str, Message] = field(default_factory=dict)

    def finish(self, reading: Reading) -> Iterator[Record]:
        """The answer at hand, complete."""
        answer, self.answer = self.answer, None
        server = masked.named(answer.fields.get("Server Identifier")) if answer is not None else None
        if answer is None or server is None:
            return
        message = _message(answer, server, reading)
        self.servers.setdefault(server, message)
        yield message


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """A message for each answer; a remark where several servers answer, or none."""
    found, inside = _Found(), False
    for number, text in lines:
        located = _LOCATED.match(text)
        if _ASKED.search(text):
            found.asked = (number, text)
        if located is not None:
            yield from _located(located, reading, number, text)
        elif _SCRIPT.match(text) or (inside and _RESPONSE.match(text)):
            yield from found.finish(reading)
            found.answer, inside = _Answer(number, text), True
        elif inside and (row := _FIELD.match(text)) is not None and found.answer is not None:
            found.answer.fields.setdefault(row["label"], row["value"])
            inside = not text.startswith("|_")
        else:
            inside = inside and text.startswith("|")
            reading.chatter(number, text)
    yield from found.finish(reading)
    yield from _counted(found, reading)


def _counted(found: _Found, reading: Reading) -> Iterator[Record]:
    if len(found.servers) > 1:
        each = ", ".join(
            f"{server}{f' (offers {m.yiaddr})' if m.yiaddr else ''}" for server, m in found.servers.items()
        )
        last = list(found.servers.values())[-1]
        words = f"{len(found.servers)} DHCP servers answer here: {each}"
        yield make(reading, last.line or 0, last.text or "", words, MessageRole.CLIENT, Cause.FAILED, {})
    elif found.asked is not None and not found.servers:
        number, text = found.asked
        words = "nobody answered the probe for DHCP servers"
        yield make(reading, number, text, words, MessageRole.CLIENT, Cause.FAILED, {})


def _message(answer: _Answer, server: str, reading: Reading) -> Message:
    fields = answer.fields
    kind = DHCP_NAMES.get(fields.get("DHCP Message Type", "DHCPOFFER"), MessageType.OFFER)
    return sighting(
        type=kind,
        node=reading.node,
        role=reading.role or MessageRole.CLIENT,
        direction=RX,
        yiaddr=masked.named(fields.get("IP Offered")),
        server_id=server,
        lease_seconds=_seconds(fields.get("IP Address Lease Time", "")),
        mask=masked.address(fields.get("Subnet Mask")),
        mac=_PROBE,
        interface=fields.get("Interface"),
        file=reading.file,
        line=answer.number,
        text=answer.text,
    )


def _seconds(text: str) -> int | None:
    """`1d00h00m00s`, `12h00m00s`, `0 days, 0:05:00`."""
    total = 0
    for days, hours, minutes, seconds in _SPAN.findall(text):
        total += int(days or 0) * 86400 + int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return total or None


def _located(found: re.Match[str], reading: Reading, number: int, text: str) -> Iterator[Record]:
    kind = MessageType("NAK" if found["kind"] == "NACK" else found["kind"])
    address = masked.named(found["address"])
    yield sighting(
        type=kind,
        node=reading.node,
        role=reading.role or MessageRole.TRANSIT,
        direction=RX,
        time=reading.time(text),
        yiaddr=address if kind is not MessageType.NAK else None,
        server_id=masked.named(found["server"]),
        file=reading.file,
        line=number,
        text=text,
    )
    if found["foreign"]:
        words = f"{kind}{f' of {address}' if address else ''} by {found['server']}, which is not on the list of DHCP servers"
        yield make(
            reading, number, text, words, MessageRole.TRANSIT, Cause.ROGUE, {"address": found["server"]}
        )


LOG = LogFormat(
    name="probes",
    title="tools that look for DHCP servers (nmap, dhcploc)",
    role=MessageRole.CLIENT,
    telling=re.compile(rf"{_SCRIPT.pattern}|{_ASKED.pattern}|{_LOCATED.pattern}"),
    parse=parse,
)
