"""Packets printed field by field by a program without a reader of its own: servers and clients of many languages, scapy, snoop, Network
Monitor.

What the fields are called differs, by RFC 2131's names (`yiaddr`), by words (`Your IP Address`), or by the number of the option; a packet
ends where a field of the header comes again. Who prints it is not told, so nothing is concluded from what such a text lacks.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from labgen.dhcp import complaints
from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.textpacket import TextPacket, is_field, message_type

_HEADER = r"op|htype|hlen|hops|xid|secs|flags|[cysg]iaddr|chaddr"
_LEAD = r"^[\s|>*#+.\"'-]*(?=\S)"
_PAIR = re.compile(
    _LEAD
    + r"(?P<label>(?:\[\d+\] )?[A-Za-z0-9_][\w .,/()=-]*?(?:\([^()]*\))?)[\"']?\s*(?:=|:| is )[> ]*(?P<value>.*?),?$"
)
_PAIRS = re.compile(rf"(?<![\w-])(?P<label>{_HEADER})(?:=|: ?)(?P<value>[^\s,\]]+)")
_PREFIX = re.compile(_LEAD + r"(?:DHCP|BOOTP|IP): +", re.I)
_NAMED = re.compile(rf"\(({_HEADER})\)", re.I)
_CODE = re.compile(r"(?:[(\[](?:t=)?|(?:^|\b)(?:option|opt)[ _#:=]*\(?(?:t=)?|^)(\d{1,3})\b", re.I)
_OPTION = re.compile(
    r"^\W*Option:? *\((?:t=)?(?P<code>\d+)[^)]*\) *(?:[^=()]*= *(?P<value>.*)|[^()]*\((?P<inner>[^()]*)\)\s*)$",
    re.I,
)
_LISTED = re.compile(r"^\s*op: +(?P<code>\d+) len: +\d+ +(?P<value>.*)$")
"""An option as Raspberry Pi's boot loader lists it."""
_RECEIVED = re.compile(r"DHCP recv (?P<type>[A-Z]+)\b")
_TYPED = re.compile(
    r"^\s*DHCP?(?P<type>DISCOVER|OFFER|REQUEST|ACK|NAK) (?P<label>xid|[cysg]iaddr|chaddr): +(?P<value>\S+)",
    re.I,
)
"""A field after its packet's type, as monitoring plugins print it."""
_BARE = re.compile(r"^\s*(?:[\d.]+ )?(?P<label>YI_ADDR) (?P<value>\d+(?:\.\d+){3})")
_STARTS = re.compile(r"^ *[\d.]* ?DHCP src: |^\W*#+\[ (?:Ethernet|IP) |^Frame: Base |^-{2,} ?DHCP ")
_SUMMARY = re.compile(r"^(?P<type>[A-Z][A-Za-z]+) \(xid=(?P<xid>[0-9A-Fa-f]+)\)")
_ITEM = re.compile(r"([\w-]+)=('[^']*'|\"[^\"]*\"|[^\s\]]+)|\('([\w-]+)', '?([^')]*)'?\)")
_OPTIONS = {
    1: "subnet mask", 50: "requested ip", 51: "lease time", 53: "dhcp message type", 54: "server id", 56: "msg",
    60: "vendor class", 61: "client id",
}  # fmt: skip
_AGAIN = frozenset({"op", "xid", "hops", "ciaddr", "yiaddr", "giaddr", "time", "source address"})
"""Fields of which a packet has one each: where one comes again the next packet has begun."""
_KIND = re.compile(r"\s*\((?:u?int\d+|ip|string|bool|none|opaque)(?:_mult)?\)$")
"""What macOS says a value is."""
_TIMES = frozenset({"time", "time of capture", "timestamp", "arrival time", "date"})
_ENDS = {"source address": "src", "destination address": "dst", "src": "src", "dst": "dst"}
_SAME = {
    "source address": "source address",
    "src": "source address",
    "transaction id": "xid",
    "opcode": "op",
    "op code": "op",
}
_GOES_ON = re.compile(r"^(?:[ \t]+|\")\S")
_IP = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")


class _Packets:
    """The packet at hand, and which of its fields are told."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.packet: TextPacket | None = None
        self.seen_keys: set[str] = set()
        self.heading: str | None = None

    def begin(self) -> Iterator[Record]:
        """The packet that ends here."""
        message = self.packet.message(self.reading) if self.packet is not None else None
        self.packet, self.seen_keys = None, set()
        if message is not None:
            yield message

    def put(self, label: str, value: str, number: int, text: str) -> Iterator[Record]:
        """Take a field, of the packet at hand or of the next one."""
        key = _SAME.get(label, "time" if label in _TIMES else label)
        if label == "message type" and value.strip() in ("1", "2") and self.heading in (None, label):
            key, self.heading = "op", label
        elif key == "op":
            self.heading = self.heading or label
        if key in self.seen_keys and key in _AGAIN and self._is_whole(key):
            yield from self.begin()
        if self.packet is None:
            self.packet = TextPacket(number, text)
            self.packet.time = self.reading.time(text)
        self.seen_keys.add(key)
        if label in _ENDS:
            setattr(self.packet, _ENDS[label], value if _IP.fullmatch(value) else None)
        elif label not in _TIMES:
            self.packet.put(label, value)

    def _is_whole(self, key: str) -> bool:
        return key == "op" or (self.packet is not None and self.packet.type is not None)


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """A message for each packet; complaints about DHCP beside them."""
    packets = _Packets(reading)
    about = False
    for number, text in lines:
        reading.time(text)
        if _STARTS.match(text):
            yield from packets.begin()
        fields = list(_fields(text))
        for label, value in fields:
            yield from packets.put(label, value, number, text)
        if fields:
            continue
        about = complaints.speaks(text) or (about and _GOES_ON.match(text) is not None)
        remark = complaints.complaint(reading, number, text, reading.now) if about else None
        if remark is not None:
            yield remark
        else:
            (reading.miss if packets.packet is None else reading.chatter)(number, text)
    yield from packets.begin()


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """The fields a line holds, by a name that is known."""
    several = _PAIRS.findall(text)
    if len(several) > 1:
        yield from several
        return
    inner = _PREFIX.sub("", text)
    summary = _SUMMARY.match(inner)
    if summary is not None and message_type(summary["type"]):
        yield "xid", summary["xid"]
        yield "dhcp message type", summary["type"]
        return
    typed = _TYPED.match(text)
    if typed is not None:
        value = typed["value"]
        yield typed["label"].lower(), _octets(value) if typed["label"] == "chaddr" else value
        yield "dhcp message type", typed["type"]
        return
    bare = _BARE.match(text)
    if bare is not None:
        yield "yiaddr", bare["value"]
        return
    option = _LISTED.match(text) or _OPTION.match(inner)
    if option is not None:
        name = _OPTIONS.get(int(option["code"]))
        if name is not None:
            value = option["value"] or option.groupdict().get("inner") or ""
            received = _RECEIVED.match(value)
            if re.fullmatch(r"\d+\.\d\d", value.strip()):
                return  # the console's clock behind an option without value
            yield name, received["type"] if received is not None else value
        return
    found = _PAIR.match(inner)
    if found is None:
        return
    value = found["value"].strip()
    if found["label"].strip().lower() == "options":
        yield from _listed(value)
        return
    label = _named(found["label"])
    if label == "chaddr":
        value = _octets(value)
    if label is not None:
        yield label, value


def _named(label: str) -> str | None:
    """The name a field goes by here; None for one that is not needed."""
    inner = _NAMED.search(label)
    if inner is not None:
        return inner.group(1).lower()
    code = _CODE.search(label)
    if code is not None:
        return _OPTIONS.get(int(code.group(1)))
    words = re.sub(r"[^a-z0-9]+", " ", _KIND.sub("", label.lower())).strip()
    bare = re.sub(r"^(?:dhcp option|dho|dhcp|bootp|option) ", "", words)
    return next((name for name in (words, bare) if name in _ENDS or name in _TIMES or is_field(name)), None)


def _listed(value: str) -> Iterator[tuple[str, str]]:
    """Options in one line, as scapy shows them."""
    for name, item, other, its in _ITEM.findall(value):
        label = (name or other).replace("_", " ").replace("-", " ").replace(" addr", " address")
        label = "dhcp message type" if label == "message type" else label
        if is_field(label):
            yield label, (item or its).strip("'\"")


def _octets(value: str) -> str:
    """A hardware address that is printed as a string of octets, or with the padding of its field."""
    if "\\x" in value:
        try:
            raw = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            return value
        data = raw if isinstance(raw, bytes) else str(raw).encode("latin-1", "ignore")
        return data[:6].hex(":")
    return value[:12] if re.fullmatch(r"[0-9a-fA-F]{12,32}", value) else value


LOG = LogFormat(
    name="fields",
    title="packets printed field by field",
    role=MessageRole.TRANSIT,
    telling=re.compile(
        _LEAD
        + r"(?:(?:DHCP|BOOTP): +|DHCP?[A-Z]{3,} )?(?:[\w ]{0,40}\((?:op|xid|[cysg]iaddr|chaddr)\)|op|op ?code|xid|[cysg]iaddr|chaddr|hlen"
        r"|transaction id|(?:your|client|gateway|relay agent|relay) (?:ip|ip addr(?:ess)?|(?:mac|hardware|ethernet)(?: address)?)"
        r"|[\w ]{0,20}message[ _-]?type(?: ?\(53\))?)[\"']?\s*[:=]",
        re.I,
    ),
    parse=parse,
    last=True,
    guessed=True,
)
