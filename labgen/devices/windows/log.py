"""The audit log of Windows' DHCP server (`DhcpSrvLog-*.log`): comma separated, one event a line, dates in the order of the
server's language.

Messages are not logged, leases are: an assignment stands for the ACK of an acquisition, a renewal for that of a renewal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from labgen.devices.windows.dates import Dates
from labgen.dhcp import masked
from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageRole, MessageType, sighting
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import make

_ROW = re.compile(
    r"\s*(?P<id>\d{2,5}),(?P<date>\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}),(?P<time>\d{1,2}:\d\d:\d\d(?: ?[AP]M)?),(?P<words>[^,]*),"
    r"(?P<address>[^,]*),(?P<host>[^,]*),(?P<mac>[^,]*),?(?P<user>[^,]*),?\s*(?P<xid>[^,]*)"
)
_MESSAGES = {
    10: MessageType.ACK,
    11: MessageType.ACK,
    12: MessageType.RELEASE,
    15: MessageType.NAK,
    20: MessageType.BOOTREPLY,
    21: MessageType.BOOTREPLY,
}
_REMARKS = {
    13: Cause.CONFLICT,
    14: Cause.POOL_EXHAUSTED,
    22: Cause.POOL_EXHAUSTED,
    33: Cause.DROPPED,
    34: Cause.OTHER,
    36: Cause.OTHER,
    54: Cause.REFUSED,
    56: Cause.REFUSED,
    57: Cause.OTHER,
    58: Cause.FAILED,
    59: Cause.FAILED,
    64: Cause.NO_ADDRESS,
    1098: Cause.OTHER,
}
"""Events that explain why clients are not served: the ones below 50 of leases, those above of the server's authorization in its domain."""

_SAID = {
    13: "an IP address was found in use on the network",
    14: "a lease request could not be satisfied: the scope's address pool is exhausted",
    22: "a BOOTP request could not be satisfied: the scope's address pool is exhausted",
    33: "a packet was dropped by network access protection",
    36: "a packet was left to the failover partner: this server is the standby, or the client's hash is not its own",
    54: "the server is not authorized in its domain and does not serve",
    56: "the server lost its authorization and stopped serving",
    64: "no interface with a static address is bound to the server",
}


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Leases that the server gave, took back and refused."""
    dates = Dates()
    reading.stamps.kind = "epoch"
    for number, text in lines:
        found = _ROW.match(text)
        if found is None:
            reading.chatter(number, text)
            continue
        event, time = int(found["id"]), dates.seconds(found["date"], found["time"])
        if event in _MESSAGES:
            yield _message(found, event, time, reading, number, text)
        elif event in _REMARKS:
            yield _remark(found, event, time, reading, number, text)
        else:
            reading.chatter(number, text)


def _message(
    found: re.Match[str], event: int, time: float | None, reading: Reading, number: int, text: str
) -> Message:
    kind, address = _MESSAGES[event], masked.address(found["address"])
    given = kind in (MessageType.ACK, MessageType.BOOTREPLY)
    return sighting(
        type=kind,
        node=reading.node,
        role=reading.role or MessageRole.SERVER,
        direction=RX if kind is MessageType.RELEASE else TX,
        time=time,
        yiaddr=address if given else None,
        ciaddr=address if event in (11, 12) else None,
        requested=address if kind is MessageType.NAK else None,
        mac=masked.mac(found["mac"]),
        xid=int(found["xid"]) & 0xFFFFFFFF if found["xid"].isdecimal() and int(found["xid"]) else None,
        file=reading.file,
        line=number,
        text=text,
    )


def _remark(
    found: re.Match[str], event: int, time: float | None, reading: Reading, number: int, text: str
) -> Record:
    address = masked.address(found["address"])
    words = _SAID.get(event, found["words"].strip() or f"event {event}")
    if address is not None:
        words += f" ({'scope ' if event in (14, 22) else ''}{address})"
    exhausted = event in (14, 22)
    fields = {"mac": found["mac"] or None, "subnet" if exhausted else "address": address}
    remark = make(reading, number, text, words, MessageRole.SERVER, _REMARKS[event], fields)
    return replace(
        remark, time=time, mac=masked.mac(found["mac"]), address=None if exhausted else remark.address
    )


LOG = LogFormat(
    name="windows",
    title="audit log of Windows' DHCP server",
    role=MessageRole.SERVER,
    telling=re.compile(
        r"^\s*ID,\s*Date,\s*Time,\s*Description|Microsoft DHCP Service Activity Log"
        r"|^\s*\d{2,5},\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4},\d{1,2}:\d\d:\d\d[^,]*,[^,]*,[^,]*,"
    ),
    parse=parse,
)
