"""Traces of Junos' jdhcpd (`traceoptions` of DHCP relay, server and client): a packet is a run of `--[ ... ]--` lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import Sayings
from labgen.dhcp.textpacket import TextPacket

_HEAD = re.compile(
    r"\[(?:MSTR|BKUP|SLAVE)[^]]*\]\[\w+\] ?\[(?P<instance>[\w.-]+:[\w.-]+)\]"
    r"\[(?P<role>RLY|SVR|CLI)\w*\]\[(?P<family>INET6?)\](?:\[(?:SID|pid)[^]]*\])?(?:\[(?P<interface>[^]]*)\])? ?(?P<words>.*)"
)
_FIELDS = re.compile(r"--\[ *(?P<fields>.*?) *\]--")
_PAIR = re.compile(r"(?P<name>[A-Za-z]\w*) *(?:==?|:| ) *(?P<value>[^,\s]+(?: [0-9a-fA-F]{2}\b)*)")
_OPTION = re.compile(r"OPTION code\W*(?P<code>\d+)[ ,].*?data (?P<value>.*)", re.I)
_ENDS = re.compile(r"DHCP/BOOTP +(?P<end>from|to) *==? *(?P<address>[\d.]+)(?:, port *==? *(?P<port>\d+))?")
_OCTETS = re.compile(r"^(?:[0-9a-fA-F]{2} ){3}[0-9a-fA-F]{2}$")
_LABELS = {
    "opcode": "op",
    "53": "dhcp message type",
    "54": "server id",
    "50": "requested ip",
    "51": "lease time",
}
_ROLES = {"RLY": MessageRole.RELAY, "SVR": MessageRole.SERVER, "CLI": MessageRole.CLIENT}
_SAYINGS = Sayings(
    (r"(?:discard|drop|ignor|reject)(?:ed|ing|s)?\b.*", Cause.DROPPED),
    (r"no (?:active )?server group|no route|not (?:in|a member of) (?:any|a) server.?group", Cause.DROPPED),
    (r"no (?:free )?address|pool.*(?:exhausted|depleted)|out of addresses", Cause.POOL_EXHAUSTED),
    (r"jdhcpd_packet_handle: BOOTP|client_key_compose|Composing key|state machine|\bevent\b|Found client|safd_|^jdhcpd_io", None),
)  # fmt: skip


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """A message for each packet whose fields are traced, and what the daemon says beside."""
    packet: TextPacket | None = None
    for number, text in lines:
        head = _HEAD.search(text)
        fields = _FIELDS.search(text) if head is not None and head["family"] == "INET" else None
        if head is None or fields is None:
            yield from _finished(packet, reading)
            packet = None
            yield from _said(reading, number, text, head)
            continue
        if packet is not None and _is_next(packet, fields["fields"]):
            yield from _finished(packet, reading)
            packet = None
        packet = packet or _begun(reading, number, text, head)
        _take(packet, fields["fields"])
    yield from _finished(packet, reading)


def _begun(reading: Reading, number: int, text: str, head: re.Match[str]) -> TextPacket:
    packet = TextPacket(number, text)
    packet.time, packet.node, packet.role = reading.time(text), reading.node_of(text), _ROLES[head["role"]]
    packet.interface = head["interface"] or None
    return packet


def _is_next(packet: TextPacket, fields: str) -> bool:
    """True if a line begins another packet: addresses come first, and no packet has two transaction identifiers."""
    begins = _ENDS.search(fields)
    if begins is not None:
        return packet.xid is not None or packet.mac is not None
    return re.search(r"\bxid\b", fields, re.I) is not None and packet.xid is not None


def _take(packet: TextPacket, fields: str) -> None:
    ends, option = _ENDS.search(fields), _OPTION.search(fields)
    if ends is not None:
        if ends["end"] == "from":
            packet.src = ends["address"]
        else:
            packet.dst = ends["address"]
    elif option is not None:
        packet.put(_LABELS.get(option["code"], ""), _dotted(option["value"].strip()))
    else:
        for found in _PAIR.finditer(fields):
            name = found["name"].lower()
            value = found["value"].replace(" ", ":") if name == "chaddr" else found["value"]
            packet.put(_LABELS.get(name, name), value)


def _dotted(value: str) -> str:
    """An address in octets as an address; anything else as it is."""
    return ".".join(str(int(octet, 16)) for octet in value.split()) if _OCTETS.match(value) else value


def _finished(packet: TextPacket | None, reading: Reading) -> Iterator[Record]:
    if packet is None or (packet.xid is None and packet.mac is None):
        return
    if packet.giaddr == "0.0.0.0":
        packet.giaddr = None
    message = packet.message(reading, MessageRole.RELAY)
    if message is not None:
        yield message


def _said(reading: Reading, number: int, text: str, head: re.Match[str] | None) -> Iterator[Record]:
    if head is not None and head["family"] == "INET6":
        reading.chatter(number, text)
        return
    words, role = (head["words"], _ROLES[head["role"]]) if head is not None else (text, MessageRole.RELAY)
    remark = _SAYINGS.hear(reading, number, text, words, role)
    if remark is not None:
        yield remark


LOG = LogFormat(
    name="junos",
    title="traces of Junos' DHCP daemon",
    role=MessageRole.RELAY,
    telling=re.compile(r"\[(?:MSTR|BKUP|SLAVE)[^]]*\]\[\w+\] ?\[[\w.-]+:[\w.-]+\]\[(?:RLY|SVR|CLI)"),
    parse=parse,
)
