"""Text of `dhcpdump`: a packet begins with `TIME:`, one field a line, and ends with a rule."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp import masked
from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.textpacket import TextPacket

_FIELD = re.compile(
    r"^\s*(?P<name>TIME|IP|OP|HTYPE|HLEN|HOPS|XID|SECS|FLAGS|[CYSG]IADDR|CHADDR|SNAME|FNAME): ?(?P<value>.*)$"
)
_OPTION = re.compile(r"^\s*OPTION: +(?P<code>\d+) \( *\d+\) (?:.{25} )?(?P<value>.*)$")
_ENDS = re.compile(r"(?P<src>[\d.]+) \((?P<link>[0-9a-f:]+)\) > (?P<dst>[\d.]+) ")
_RULE = re.compile(r"^\s*-{10,}\s*$")
_OCTETS = 6 * 3 - 1
_OPTIONS = {
    "50": "requested ip", "51": "lease time", "53": "dhcp message type", "54": "server id", "56": "message",
    "60": "vendor class", "61": "client id",
}  # fmt: skip


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """A message for each packet."""
    packet: TextPacket | None = None
    for number, text in lines:
        field, option = _FIELD.match(text), _OPTION.match(text)
        if field is not None and (packet is None or field["name"] == "TIME"):
            yield from _finished(packet, reading)
            packet = TextPacket(number, text)
        if field is not None and packet is not None:
            _put(packet, field["name"], field["value"].strip(), reading)
        elif option is not None and packet is not None:
            packet.put(_OPTIONS.get(option["code"], ""), option["value"].strip())
        elif _RULE.match(text) or packet is not None:
            reading.chatter(number, text)
        else:
            reading.miss(number, text)
    yield from _finished(packet, reading)


def _put(packet: TextPacket, name: str, value: str, reading: Reading) -> None:
    if name == "TIME":
        packet.time = reading.time(value)
    elif name == "IP":
        ends = _ENDS.search(f"{value} ")
        if ends is not None:
            packet.src, packet.dst = masked.address(ends["src"]), masked.address(ends["dst"])
            packet.link_source = masked.mac(ends["link"])
    elif name == "CHADDR":
        packet.put("chaddr", value[:_OCTETS])
    elif name == "OP":
        packet.reply = value.startswith("2")
    elif value != "0.0.0.0":
        packet.put(name.lower(), value)


def _finished(packet: TextPacket | None, reading: Reading) -> Iterator[Record]:
    message = packet.message(reading) if packet is not None else None
    if message is not None:
        yield message


LOG = LogFormat(
    name="dhcpdump",
    title="text of dhcpdump",
    role=MessageRole.TRANSIT,
    telling=re.compile(
        r"^\s*(?:OP: [12] \(BOOTP|CHADDR: [0-9a-fA-F]{2}:|OPTION: +53 \( *1\) DHCP message type)"
    ),
    parse=parse,
)
