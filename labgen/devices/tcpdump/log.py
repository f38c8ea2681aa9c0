"""Text of `tcpdump`, in all its verbosities: one line a packet, or a head and indented fields (`-v` and up), with link layer
(`-e`), with or without names of ports, as versions 3 to 4.99 and OpenBSD's write it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp import masked
from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.ports import BOOT_SERVER_PORT, CLIENT_PORT, DHCP_PORTS, SERVER_PORT
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import make
from labgen.dhcp.textpacket import TextPacket, message_type

_PORTS = r"(?:bootp[cs]|67|68|4011|dhcp-client|dhcp-server|pxe|\d{1,5})"
_ENDS = re.compile(
    rf"(?P<src>\d+\.\d+\.\d+\.\d+|[\w.-]+?)\.(?P<sport>{_PORTS}) > (?P<dst>\d+\.\d+\.\d+\.\d+|[\w.-]+?)\.(?P<dport>{_PORTS}): "
    r"(?:\[[^\]]*\] )?(?P<rest>.*)"
)
_HEAD = re.compile(
    r"^(?:(?P<stamp>(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d[.\d]*|\d{9,10}\.\d+|[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d[.\d]*) +"
    r"|(?=IP (?:\S+\.\w+ > |\(tos )))(?P<what>.*)"
)
_LINK = re.compile(
    r"(?P<source>[0-9a-f]{1,2}(?::[0-9a-f]{1,2}){5}) (?:\([^)]*\) )?> (?P<to>[0-9a-f:]+|Broadcast)"
)
_VLAN = re.compile(r"\bvlan[ #](\d+)")
_DEVICE = re.compile(r"^(?P<interface>[A-Za-z][\w.@-]*) +(?P<way>In|Out|B|M|P)\b")
_FIELD = re.compile(r"^\s*(?P<label>[A-Z][\w -]*?)(?: Option)?(?: \(?\d+\)?)?,? length \d+:? ?(?P<value>.*)$")
_SHORT = re.compile(r"^\s+(?P<label>[A-Z][\w -]*?) \(\d+\): ?(?P<value>.*)$")
"""A field without its length, as people shorten it."""
_PLAIN = re.compile(r"^\s*(?P<label>(?:Client|Your|Server|Gateway)-(?:IP|Ethernet-Address)) (?P<value>.*)$")
_SUB = re.compile(r"^\s*(?P<label>[A-Z][\w-]*) SubOption (?P<code>\d+), length \d+: ?(?P<value>.*)$")
_OLD = re.compile(r"\b(?P<label>C|Y|S|G|DHCP|SID|RQ|LT|SM|CID):(?P<value>\S+)")
_OLD_LABELS = {
    "C": "ciaddr",
    "Y": "yiaddr",
    "G": "giaddr",
    "DHCP": "dhcp",
    "SID": "sid",
    "RQ": "rq",
    "LT": "lt",
    "SM": "sm",
}
_NAMED_PORTS = {
    "bootps": SERVER_PORT,
    "dhcp-server": SERVER_PORT,
    "bootpc": CLIENT_PORT,
    "dhcp-client": CLIENT_PORT,
    "pxe": BOOT_SERVER_PORT,
}


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """One message for each DHCP packet; other packets are noise."""
    packet: TextPacket | None = None
    head: tuple[int, str, str] | None = None
    asked: dict[str, float] = {}
    ends: tuple[str | None, str | None] = (None, None)
    for number, text in lines:
        stamped = _HEAD.match(text)
        if stamped is not None:
            yield from _finished(packet, reading, asked)
            ends = (packet.src, packet.dst) if packet is not None else ends
            packet = None
            head = (number, text, stamped["what"])
            reading.time(text)
            packet = _begun(head, stamped["what"], reading)
            if packet is None and " > " in stamped["what"] and "proto UDP" not in text:
                yield from _unreachable(stamped["what"], ends, reading, number, text)
        elif packet is not None:
            if not _field(packet, text):
                reading.chatter(number, text)
        elif head is not None and (packet := _begun(head, text.strip(), reading)) is not None:
            packet.number, packet.text = number, text
        elif head is not None and "icmp" in text.lower():
            yield from _unreachable(text.strip(), ends, reading, number, text)
        else:
            reading.miss(number, text) if head is None else reading.chatter(number, text)
    yield from _finished(packet, reading, asked)


def _unreachable(
    words: str, ends: tuple[str | None, str | None], reading: Reading, number: int, text: str
) -> Iterator[Record]:
    """An ICMP error about a DHCP port (RFC 792), or, where it names no port, one that goes back to the sender of the DHCP packet before
    it (`ends`) and speaks of where that went: whoever sends it says why nobody answers. Other packets are noise.
    """
    found = _ICMP.search(words)
    ours = found is not None and (
        _DHCP_PORT.search(found["what"]) is not None
        or (
            found["dst"] == ends[0]
            and ends[1] is not None
            and ends[1] in words
            and "port" not in found["what"]
        )
    )
    if found is None or not ours:
        reading.chatter(number, text)
        return
    said = f"ICMP from {found['src']}: {found['what'].strip()}"
    fields = {"address": masked.address(found["src"])}
    yield make(reading, number, text, said, MessageRole.TRANSIT, Cause.UNREACHABLE, fields)


_ICMP = re.compile(
    r"(?P<src>[\w.-]+) > (?P<dst>[\w.-]+): (?:\[[^\]]*\] )?"
    r"(?:ICMP|icmp(?: \d+)?:) (?P<what>.*?(?:unreachable|prohibited|exceeded)[^,]*)"
)
_DHCP_PORT = re.compile(r"port (?:67|bootps|dhcp-server|pxe)\b")
_ANSWERED_WITHIN = 10.0


def _finished(packet: TextPacket | None, reading: Reading, asked: dict[str, float]) -> Iterator[Record]:
    """The packet, complete. A short line of a reply names no client: it is that of the only one who asked just before."""
    if packet is not None and packet.time is not None:
        recent = [mac for mac, time in asked.items() if 0 <= packet.time - time <= _ANSWERED_WITHIN]
        if packet.reply and packet.mac is None and packet.xid is None and len(recent) == 1:
            packet.mac = recent[0]
        elif not packet.reply and packet.mac is not None:
            asked[packet.mac] = packet.time
    message = packet.message(reading) if packet is not None else None
    if message is not None:
        yield message


def _begun(head: tuple[int, str, str], words: str, reading: Reading) -> TextPacket | None:
    """The packet a line begins; None when it is of another protocol."""
    found = _ENDS.search(words)
    if found is None or "BOOTP/DHCP, unknown (0x" in words:
        return None
    ports = tuple(
        _NAMED_PORTS.get(found[name]) or int(found[name])
        for name in ("sport", "dport")
        if found[name].isdecimal() or found[name] in _NAMED_PORTS
    )
    if not DHCP_PORTS & set(ports):
        return None
    packet = TextPacket(head[0], head[1])
    packet.time = reading.now
    packet.src, packet.dst = masked.address(found["src"]), masked.address(found["dst"])
    packet.source_port, packet.destination_port = (*ports, None, None)[:2]
    packet.bad_checksum = "[bad udp cksum" in words and 68 in ports[1:]
    _link(packet, head[2])
    _summary(packet, found["rest"])
    return packet


def _link(packet: TextPacket, words: str) -> None:
    link, vlan, device = _LINK.search(words), _VLAN.search(words), _DEVICE.match(words)
    packet.link_source = masked.mac(link["source"]) if link is not None else None
    packet.vlan = int(vlan.group(1)) if vlan is not None else None
    packet.interface = device["interface"] if device is not None else None


def _summary(packet: TextPacket, rest: str) -> None:
    """Read the packet's own line: op, MAC, hops, xid, flags, and the addresses of older versions."""
    packet.reply = "Reply" in rest or rest.startswith(("reply", "(reply"))
    sender = re.search(rf"from ({masked.VALUE})", rest)
    packet.mac = masked.mac(sender.group(1)) if sender is not None else None
    for label, pattern in (
        ("xid", r"xid[: ](0x[0-9a-fA-F]+)"),
        ("hops", r"hops (\d+)"),
        ("flags", r"[Ff]lags[: ]\[?([\w ]+)"),
    ):
        found = re.search(pattern, rest)
        if found is not None:
            packet.put(label, found.group(1))
    ether = re.search(r"ether ([0-9a-f:]{11,17})", rest)
    packet.mac = packet.mac or (masked.mac(ether.group(1)) if ether is not None else None)
    for found in _OLD.finditer(rest):
        if found["label"] in _OLD_LABELS:
            packet.put(_OLD_LABELS[found["label"]], found["value"])
    bare = re.search(r"DHCP[ -](Discover|Offer|Request|ACK|NACK|NAK|Release|Inform|Decline)", rest)
    packet.type = packet.type or (message_type(bare.group(1)) if bare is not None else None)


def _field(packet: TextPacket, text: str) -> bool:
    """An indented line of the packet; False when it tells nothing that counts."""
    sub = _SUB.match(text)
    if sub is not None:
        code = {"5": "link selection", "11": "server id override"}.get(sub["code"], sub["label"])
        return packet.put(code, sub["value"])
    found = _PLAIN.match(text) or _FIELD.match(text) or _SHORT.match(text)
    if found is None:
        return False
    packet.complete = packet.complete or found["label"].startswith("END")
    return packet.put(found["label"].replace("DHCP-Message", "dhcp message"), found["value"])


LOG = LogFormat(
    name="tcpdump",
    title="text of tcpdump",
    role=MessageRole.TRANSIT,
    telling=re.compile(
        r"BOOTP/DHCP, (?:Request|Reply|unknown \(0x)|\.(?:bootp[cs]|67|68) > \S+\.(?:bootp[cs]|67|68): "
        r"|DHCP-Message(?: Option)? \(?53|\[\|bootp\]"
    ),
    parse=parse,
)
