"""FortiOS: event logs (`key=value`), and the debugs of its daemons: `dhcprelay`, and `dhcps`, which writes ISC dhcpd's
sentences behind a level.

`dhcps` lines (`[note]DHCPDISCOVER from ... via ...`) say the message; the `[debug]` lines after it give its fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp import masked
from labgen.dhcp.logs import DHCP_NAMES, RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageRole, MessageType, sighting
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import Sayings, make
from labgen.dhcp.stamps import moment
from labgen.dhcp.textpacket import TextPacket, message_type

_PAIRS = re.compile(r'(\w+)=(?:"([^"]*)"|(\S+))')
_EVENT = re.compile(r"\bdhcp_msg=|logdesc=\"?DHCP|\bstamac=.*\baction=\"?DHCP-")
_NOTE = re.compile(
    r"\[(?:note|info|warn|err|error|notice)\](?P<name>DHCP[A-Z]+)(?: (?:on|for|of) (?P<address>\S+))?(?: \((?P<server>[\d.]+)\))?"
    r"(?: (?:from|to) (?P<mac>\S+))?(?: via (?P<via>[^\s(:]+))?(?:\(\w+\))?(?P<rest>.*)"
)
_LEVEL = re.compile(r"\[(?P<level>\w+)\](?P<rest>.*)")
_FIELD = re.compile(r"(?P<label>[a-z][\w-]*) ?= ?(?P<value>\S[^=]*?)?(?=\s+[a-z][\w-]* ?=|$)")
_RELAY = re.compile(
    r"(?:\(xid:(?P<xid>[0-9a-f]+)\) )?(?:L[23] socket: )?"
    r"(?:(?P<did>received|got|sending|forwarding|Sending|forwarded) (?:a |dhcp )?(?P<what>request|reply|DHCP\w+)(?: message)?)"
    r"(?: from (?P<src>[\d.]+)(?::\d+)?)?(?: to (?P<dst>[\d.]+)(?::\d+)?)?(?: (?:at|on|via) (?P<port>\S+))?"
)
_SAYINGS = Sayings(
    (r"no free leases|no available (?:ip|lease).*|[Pp]ool.*(?:empty|exhausted|full)", Cause.POOL_EXHAUSTED),
    (r"unknown (?:network|subnet)|no (?:matching )?(?:subnet|dhcp server|server).*(?:found|config)|not configured.*", Cause.NO_SCOPE),
    (r"(?:ip|address).*(?:conflict|in use)", Cause.CONFLICT),
    (r"can't get server id from client message|server identifier.*not|no server id", None),
    (r"(?:sendto|send|bind|recvfrom|socket)\(\) .*|.*(?:failed|unreachable).*", Cause.FAILED),
    (r"Warning! .*|[Dd]rop.*|[Dd]iscard.*|not from configured.*|[Ii]nvalid.*|hop count.*", Cause.DROPPED),
    (r"[Ii]nsert option|Backing up|locate_network|find_lease|packet length|len=|timer|register|hw |ip udp|^op|filename|server_name", None),
    (r"Sending ICMP|sending on|sending using|found|option|parse|^\s*$|added|deled|DHCP Message|Allocate", None),
)  # fmt: skip
_ROLES = {"ack": TX, "offer": TX, "nak": TX}


_SENT = re.compile(r"^(?:.{0,30} )?[Ss]ending (?P<kind>discover|request|release|decline)!")
_CAME = re.compile(r"^(?:.{0,30} )?DHCP Message received\.")


def _asked(text: str, reading: Reading, number: int) -> Message | None:
    """A line of `dhcpc`, which tells what it sends, and that something came."""
    sent = _SENT.match(text)
    if sent is None and _CAME.match(text) is None:
        return None
    return sighting(
        type=MessageType(sent["kind"].upper()) if sent is not None else MessageType.BOOTREPLY,
        node=reading.node_of(text),
        role=reading.role or MessageRole.CLIENT,
        direction=TX if sent is not None else RX,
        time=reading.time(text),
        file=reading.file,
        line=number,
        text=text,
    )


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Messages of event logs and debugs, one after the other as they come."""
    packet: TextPacket | None = None
    for number, text in lines:
        note = _NOTE.search(text)
        if _EVENT.search(text):
            yield from _event({k: a or b for k, a, b in _PAIRS.findall(text)}, reading, number, text)
        elif note is not None and note["name"] in DHCP_NAMES:
            yield from _finished(packet, reading)
            packet = _noted(note, reading, number, text)
        elif (record := _relayed(text, reading, number) or _asked(text, reading, number)) is not None:
            yield record
        else:
            level = _LEVEL.search(text)
            words = level["rest"].strip() if level is not None else text.strip()
            if (
                packet is not None
                and level is not None
                and level["level"] == "debug"
                and _fields(packet, words)
            ):
                continue
            remark = _SAYINGS.hear(reading, number, text, words, MessageRole.SERVER)
            if remark is not None:
                yield remark
    yield from _finished(packet, reading)


def _fields(packet: TextPacket, words: str) -> bool:
    """A line of fields of the packet at hand: only what came in is printed before it is answered."""
    known = False
    for found in _FIELD.finditer(words):
        if found["value"]:
            known = packet.put(found["label"], found["value"]) or known
    return known


def _noted(note: re.Match[str], reading: Reading, number: int, text: str) -> TextPacket:
    packet = TextPacket(number, text)
    packet.time, packet.node = reading.time(text), reading.node_of(text)
    packet.type = kind = DHCP_NAMES[note["name"]]
    packet.direction = TX if kind.is_reply else RX
    address, via = masked.address(note["address"]), note["via"]
    if kind.is_reply:
        packet.yiaddr = address if kind is not MessageType.NAK else None
    else:
        packet.requested = address
    packet.server_id, packet.mac = masked.address(note["server"]), masked.mac(note["mac"])
    packet.giaddr = masked.address(via)
    packet.interface = None if packet.giaddr else via
    packet.note = note["rest"].strip(" :.") or None
    return packet


def _finished(packet: TextPacket | None, reading: Reading) -> Iterator[Record]:
    message = packet.message(reading, MessageRole.SERVER) if packet is not None else None
    if message is not None:
        yield message


def _event(pairs: dict[str, str], reading: Reading, number: int, text: str) -> Iterator[Record]:
    """A system event: what the server sent, or its statistics."""
    station = pairs.get("stamac")
    kind = message_type(
        pairs.get("dhcp_msg", "") or (pairs.get("action", "") if station else pairs.get("logdesc", ""))
    )
    who = masked.mac(pairs.get("mac") or station)
    reading.stamps.kind = "epoch"
    words = pairs.get("msg") or pairs.get("logdesc") or ""
    if kind is None or who is None:
        if re.search(r"statistic", words, re.IGNORECASE):
            reading.chatter(number, text)
            return
        cause = (
            Cause.POOL_EXHAUSTED
            if re.search(r"no (?:more )?(?:free|available)|full|exhaust", words)
            else Cause.FAILED
            if re.search(r"\bfail|not respond|no (?:server )?response", words)
            else Cause.OTHER
        )
        yield make(reading, number, text, words, MessageRole.SERVER, cause, {"mac": who})
        return
    address, lease = masked.address(pairs.get("ip")), pairs.get("lease", "")
    yield sighting(
        type=kind,
        node=pairs.get("devname") or reading.node,
        role=reading.role or (MessageRole.TRANSIT if station else MessageRole.SERVER),
        direction=_ROLES.get(kind.value.lower(), RX),
        time=_seconds(pairs),
        yiaddr=address if kind.is_reply and kind is not MessageType.NAK else None,
        requested=None if kind.is_reply else address,
        mac=who,
        lease_seconds=int(lease) if lease.isdecimal() and kind.is_reply else None,
        interface=pairs.get("interface"),
        vrf=pairs.get("vd"),
        file=reading.file,
        line=number,
        text=text,
    )


def _seconds(pairs: dict[str, str]) -> float | None:
    """`eventtime` (seconds or nanoseconds of the epoch), else date and time as they stand."""
    event = pairs.get("eventtime", "")
    if event.isdecimal():
        number = int(event)
        return number / 1e9 if number > 1e12 else float(number)
    date, clock = re.findall(r"\d+", pairs.get("date", "")), re.findall(r"\d+", pairs.get("time", ""))
    if len(date) < 3 or len(clock) < 3:
        return None
    return moment((*date[:3], *clock[:3]))


def _relayed(text: str, reading: Reading, number: int) -> Message | None:
    """A line of `dhcprelay`; None when it is of something else."""
    found = _RELAY.search(text)
    if found is None or (found["xid"] is None and "socket" not in text):
        return None
    what = found["what"]
    kind = DHCP_NAMES.get(what) or (MessageType.BOOTREPLY if what == "reply" else MessageType.BOOTREQUEST)
    sent = found["did"].lower() not in ("received", "got")
    return sighting(
        type=kind,
        node=reading.node_of(text),
        role=reading.role or MessageRole.RELAY,
        direction=TX if sent else RX,
        time=reading.time(text),
        src=masked.address(found["src"]),
        dst=masked.address(found["dst"]),
        xid=int(found["xid"], 16) if found["xid"] else None,
        interface=found["port"],
        file=reading.file,
        line=number,
        text=text,
    )


LOG = LogFormat(
    name="fortios",
    title="FortiOS DHCP events and debugs",
    role=MessageRole.SERVER,
    telling=re.compile(
        r"\bdhcp_msg=|logdesc=\"DHCP|\bstamac=.*\baction=\"?DHCP-"
        r"|\[(?:note|debug|warn)\](?:DHCP[A-Z]+ |locate_network|find_lease|Backing up leases)"
        r"|^(?:.{0,30} )?Sending (?:discover|request)!|^dhcpcd_send_packet,\d+:"
        r"|\(xid:[0-9a-f]+\) .*(?:DHCP|dhcp|message)|L3 socket: received \w+ message"
    ),
    parse=parse,
)
