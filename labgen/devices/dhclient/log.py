"""Output of ISC dhclient (`-v`, or its syslog lines)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp.logs import DHCP_NAMES, RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageType, Role

_LINE = re.compile(
    r"(?:dhclient(?:\[\d+\])?: )?(?:"
    r"(?P<sent>DHCP[A-Z]+) (?:(?:for|of) (?P<wanted>[\d.]+) )?"
    r"on (?P<interface>\S+) to (?P<dst>[\d.]+) port \d+"
    r"|(?P<got>DHCP(?:OFFER|ACK|NAK))(?: of (?P<given>[\d.]+))? from (?P<src>[\d.]+)"
    r"|bound to (?P<bound>[\d.]+) -- renewal in (?P<renew>\d+) seconds"
    r"|(?:Listening|Sending) on +\w+/(?P<on>[^/\s]+)/(?P<mac>[0-9a-f:]{17})"
    r"|(?P<known>Internet Systems|Copyright |All rights|For info|Sending on|Killed old|removed stale"
    r"|No DHCPOFFERS|No working leases|Trying recorded|RTNETLINK|can't create|receive_packet|send_packet"
    r"|XMT:|PRC:|RCV:|xid:|Corrupt lease|Created duid|DHCP\w+ \(xid=))"
)
_XID = re.compile(r"\(xid=0x([0-9a-f]+)\)")


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Messages the client sent and received. The MAC comes from the banner, one per interface."""
    macs: dict[str, str] = {}
    interface: str | None = None
    for number, text in lines:
        found = _LINE.match(text, max(0, text.find("dhclient")))
        if found is None:
            reading.miss(number, text)
            continue
        if found["mac"]:
            macs[found["on"]] = found["mac"]
        elif found["sent"] in DHCP_NAMES:
            interface = found["interface"]
            yield _sent(found, reading, number, text, macs.get(interface))
        elif found["got"]:
            mac = macs.get(interface) if interface else None
            yield _got(found, reading, number, text, mac or next(iter(macs.values()), None))


def _sent(found: re.Match[str], reading: Reading, number: int, text: str, mac: str | None) -> Message:
    kind, wanted, dst = DHCP_NAMES[found["sent"]], found["wanted"], found["dst"]
    direct = dst != "255.255.255.255"
    held = wanted if direct or kind is MessageType.RELEASE else None
    return Message(
        type=kind,
        node=reading.node_of(text),
        role=reading.role or Role.CLIENT,
        direction=TX,
        time=reading.time(text),
        src=held,
        dst=dst,
        requested=None if held else wanted,
        ciaddr=held,
        server_id=dst if kind is MessageType.RELEASE and direct else None,
        mac=mac,
        xid=_xid(text),
        interface=found["interface"],
        file=reading.file,
        line=number,
        text=text,
    )


def _got(found: re.Match[str], reading: Reading, number: int, text: str, mac: str | None) -> Message:
    return Message(
        type=DHCP_NAMES[found["got"]],
        node=reading.node_of(text),
        role=reading.role or Role.CLIENT,
        direction=RX,
        time=reading.time(text),
        src=found["src"],
        yiaddr=found["given"],
        mac=mac,
        xid=_xid(text),
        file=reading.file,
        line=number,
        text=text,
    )


def _xid(text: str) -> int | None:
    match = _XID.search(text)
    return int(match.group(1), 16) if match else None


LOG = LogFormat(
    name="dhclient",
    title="ISC dhclient",
    role=Role.CLIENT,
    telling=re.compile(
        r"dhclient(?:\[\d+\])?:|DHCP(?:DISCOVER|REQUEST|RELEASE)\b.* on \S+ to [\d.]+ port 67"
        r"|^DHCP(?:OFFER|ACK) of [\d.]+ from |bound to [\d.]+ -- renewal|DHCP Client 4\."
    ),
    parse=parse,
)
