"""Text of Wireshark and tshark: the list of packets, the tree of fields, or both, as "Export packet dissections" and `tshark [-V]` write
them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp import masked
from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageRole
from labgen.dhcp.stamps import MONTHS, moment
from labgen.dhcp.textpacket import TextPacket, message_type

_ROW = re.compile(
    r"^(?:\s*(?P<frame>\d+)\s+)?(?P<time>(?:\d{4}-\d\d-\d\d )?[\d:.]+)\s+(?P<src>\S+)\s+(?:(?:→|->)\s+)?(?P<dst>\S+)\s+"
    r"(?:DHCP|BOOTP)\s+(?:\d+\s+)?(?P<info>.*)$"
)
_XID = re.compile(r"Transaction ID (0x[0-9a-f]+)")
_FRAME = re.compile(r"^Frame (?P<frame>\d+)\b")
_ARRIVAL = re.compile(
    r"\s*Arrival Time: (?P<month>[A-Z][a-z]{2}) +(?P<day>\d+), (?P<year>\d{4}) (?P<clock>\d\d:\d\d:\d\d)\.(?P<fraction>\d+)"
)
_RELATIVE = re.compile(r"\s*\[Time since reference or first frame: (?P<seconds>[\d.]+) seconds\]")
_ENDS = re.compile(
    r"^Internet Protocol Version 4, Src: (?:\S+ \()?(?P<src>[\d.]+)\)?, Dst: (?:\S+ \()?(?P<dst>[\d.]+)\)?"
)
_LINK = re.compile(r"^Ethernet II, Src: .*?\(?(?P<mac>[0-9a-f]{2}(?::[0-9a-f]{2}){5})\)?, Dst: ")
_VLAN = re.compile(r"^802\.1Q .*\bID: (?P<vlan>\d+)")
_UDP = re.compile(
    r"^User Datagram Protocol, Src Port: (?:\w+ \()?(?P<sport>\d+)\)?, Dst Port: (?:\w+ \()?(?P<dport>\d+)"
)
_TREE = re.compile(r"^(?:Dynamic Host Configuration Protocol|Bootstrap Protocol)(?: \((?P<kind>[\w ]+)\))?")
_OPTION = re.compile(r"^\s+Option: \((?P<code>\d+)\) (?P<name>[^()]*?)(?: \((?P<value>[^()]*)\))?\s*$")
_SUB = re.compile(r"^\s+Option 82 Suboption: \((?P<code>\d+)\) .*$")
_FIELD = re.compile(r"^\s+(?P<label>[A-Z][\w ().-]*?): (?P<value>.*)$")


class _Frames:
    """The packets of a text by frame number: a row and a tree of one frame are one packet."""

    def __init__(self) -> None:
        self.by_frame: dict[int, TextPacket] = {}
        self.rows: set[int] = set()

    def at(self, frame: int, number: int, text: str) -> TextPacket:
        found = self.by_frame.get(frame)
        if found is None:
            found = self.by_frame[frame] = TextPacket(number, text)
        return found


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """One message for each DHCP packet, from its row, its tree, or both."""
    packets = _Frames()
    tree: TextPacket | None = None
    frame, inside = 0, False
    for number, text in lines:
        row, begins = _ROW.match(text), _FRAME.match(text)
        if row is not None:
            _row(packets, row, reading, number, text)
            tree, inside = None, False
        elif begins is not None:
            frame, inside = int(begins["frame"]), False
            tree = packets.at(frame, number, text)
            reading.chatter(number, text)
        elif tree is None and _TREE.match(text):
            frame = max(packets.by_frame, default=0) + 1
            tree, inside = packets.at(frame, number, text), True
            _heading(tree, text)
        elif tree is not None:
            inside = _branch(tree, text, inside, reading, number)
        else:
            reading.chatter(number, text)
    yield from _finished(packets, reading)


def _row(packets: _Frames, row: re.Match[str], reading: Reading, number: int, text: str) -> None:
    frame = int(row["frame"] or number)
    packet = packets.at(frame, number, text)
    packets.rows.add(frame)
    packet.time = _time(row["time"], reading)
    packet.src, packet.dst = masked.address(row["src"]), masked.address(row["dst"])
    packet.type = message_type(row["info"])
    packet.reply = "Reply" in row["info"] if packet.type is None else packet.type.is_reply
    xid = _XID.search(row["info"])
    packet.xid = int(xid.group(1), 16) if xid is not None else None


def _time(text: str, reading: Reading) -> float | None:
    """Seconds since the start of the capture, a time of day, or a date with time."""
    if re.fullmatch(r"\d+\.\d+", text):
        epoch = float(text) > 1e8
        reading.stamps.kind = "epoch" if epoch else "uptime"
        return float(text)
    return reading.time(text + " ")


def _heading(packet: TextPacket, text: str) -> None:
    found = _TREE.match(text)
    if found is not None and found["kind"]:
        packet.type = message_type(found["kind"]) or packet.type


def _branch(packet: TextPacket, text: str, inside: bool, reading: Reading, number: int) -> bool:
    """A line of the tree; returns whether the next one is inside the DHCP part."""
    if text and not text[0].isspace():
        _layer(packet, text)
        return _TREE.match(text) is not None
    if not inside:
        _stamp(packet, text, reading)
        reading.chatter(number, text)
        return False
    option, sub, field = _OPTION.match(text), _SUB.match(text), _FIELD.match(text)
    if option is not None:
        packet.complete = packet.complete or option["code"] == "255"
        if option["value"]:
            packet.put(option["name"], option["value"])
    elif sub is not None:
        packet.note = None
    elif field is not None:
        packet.put(field["label"], field["value"])
    return True


def _layer(packet: TextPacket, text: str) -> None:
    ends, link, vlan, ports = _ENDS.match(text), _LINK.match(text), _VLAN.match(text), _UDP.match(text)
    if ends is not None:
        packet.src, packet.dst = ends["src"], ends["dst"]
    elif link is not None:
        packet.link_source = link["mac"]
    elif vlan is not None:
        packet.vlan = int(vlan["vlan"])
    elif ports is not None:
        packet.source_port, packet.destination_port = int(ports["sport"]), int(ports["dport"])
    else:
        _heading(packet, text)


def _stamp(packet: TextPacket, text: str, reading: Reading) -> None:
    arrival, relative = _ARRIVAL.match(text), _RELATIVE.match(text)
    if packet.time is not None:
        return
    if arrival is not None and arrival["month"] in MONTHS:
        month = MONTHS.index(arrival["month"]) + 1
        start = moment((arrival["year"], month, arrival["day"], *arrival["clock"].split(":")))
        if start is None:
            return
        packet.time = start + float(f"0.{arrival['fraction']}")
        reading.stamps.kind = "epoch"
    elif relative is not None:
        packet.time = float(relative["seconds"])


def _finished(packets: _Frames, reading: Reading) -> Iterator[Message]:
    """The packets in order of their frames. Where there are rows their times count, and a tree without row has none."""
    for frame, packet in sorted(packets.by_frame.items()):
        if packets.rows and frame not in packets.rows:
            packet.time = None
        dhcp = packet.type is not None or packet.xid is not None
        if packet.mac is None and packet.src == "0.0.0.0" and packet.giaddr is None:
            packet.mac = packet.link_source  # the client's own frame
        message = packet.message(reading) if dhcp else None
        if message is not None:
            yield message


LOG = LogFormat(
    name="wireshark",
    title="text of Wireshark or tshark",
    role=MessageRole.TRANSIT,
    telling=re.compile(
        r"^\s*\d+\s+[\d:. -]+\s+\S+\s+(?:(?:→|->)\s+)?\S+\s+(?:DHCP|BOOTP)\s+\d+\s+(?:DHCP|Boot)"
        r"|^(?:Dynamic Host Configuration Protocol|Bootstrap Protocol) \(|Transaction ID 0x[0-9a-f]{3,8}\s*$"
    ),
    parse=parse,
)
