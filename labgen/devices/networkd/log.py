"""systemd-networkd's DHCPv4 client, server and relay: info lines, and the debug lines of
SYSTEMD_LOG_LEVEL=debug, as versions before and after 248 write them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from labgen.dhcp import masked
from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import CONFIGURED, Direction, Message, MessageRole, MessageType, sighting
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import Sayings, words_after

_TYPES = "DISCOVER|OFFER|REQUEST|ACK|NAK|RELEASE|DECLINE|INFORM|FORCERENEW"
_LINE = re.compile(
    r"(?:systemd-networkd(?:\[(?P<pid>\d+)\])?: )?(?:(?P<interface>[\w.@-]+): )?(?:"
    rf"DHCPv4 address (?P<address>{masked.VALUE}?)(?:/\d+)?,? *"
    rf"(?:\(?(?:gateway|via) (?P<gateway>{masked.VALUE})\)?,? *)?acquired from (?P<server>{masked.VALUE})"
    rf"|Configuring DHCPv4 address \(requesting\): (?P<taken>{masked.VALUE})/\d+ "
    rf"|DHCPv4 address (?P<old>{masked.VALUE})/\d+ via (?P<old_gateway>{masked.VALUE})$"
    rf"|DHCP(?:v4 client| CLIENT \(0x(?P<client_xid>[0-9a-f]+)\)): (?P<state>{_TYPES})\b(?: \((?P<phase>[\w-]+)\))?(?P<rest>.*)"
    rf"|DHCP(?:v4 server| SERVER): (?P<served>{_TYPES})(?: \((?P<asks>[a-z][\w/ -]*)\))?"
    r"(?: \(0x(?P<xid>[0-9a-f]+)\))?(?P<why>.*)"
    r"|DHCPv4 server: \(relay agent\) (?P<relayed>BOOTREQUEST|BOOTREPLY) \(0x(?P<relay_xid>[0-9a-f]+)\)"
    r"|DHCP CLIENT \(0x(?P<lease_xid>[0-9a-f]+)\): lease expires in (?P<expires>[\w ]+)"
    r")"
)
_SAYINGS = Sayings(
    (r"DHCP lease lost|Could not (?:set|assign|configure|start|bring up).*", Cause.FAILED),
    (r"Lost carrier|DHCPv4 connection.*timed out|DHCP error|client: .*(?:fail|timed? ?out)", Cause.OTHER),
    (r"max REQUEST timeout|DHCP.*No lease|Failed to .*DHCP.*", Cause.FAILED),
    (r"DHCPv4|DHCP lease|DHCP CLIENT|DHCP SERVER|Configured|Link |Gained|Requested to|found matching|Reconfiguring", None),
    (r"State (?:changed|is configured, dropping config)|Sent message type|Got message type", None),
    (r"Interface|Bringing|Flags change|Remembering|Forgetting|Received|Setting|Network|Enumeration", None),
    (r"Started |Starting |Stopp|Deactivated|netlink|Removing|Adding|Saved|NDISC|IPv6|LLDP|Unmanaged|renamed|^\s*$", None),
)  # fmt: skip
_REPLIES = frozenset({"OFFER", "ACK", "NAK", "BOOTREPLY", "FORCERENEW"})
_EVERYONE = "255.255.255.255"
_PROGRAMS = frozenset({"systemd-networkd"})
_UNITS = {"w": 604800, "d": 86400, "h": 3600, "min": 60, "s": 1}


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Messages; at level info the acquired address stands for the ACK."""
    debugged = False
    held: Message | None = None
    taken: Message | None = None
    for number, text in lines:
        found = _LINE.match(text, max(0, text.find("systemd-networkd")))
        if found is not None and found["expires"] and held is not None:
            yield _with_lease(held, _seconds(found["expires"]))
            held = None
            continue
        if held is not None:
            yield held
        held = None
        if found is None or found["expires"]:
            words = words_after(text, _PROGRAMS)
            remark = _SAYINGS.hear(reading, number, text, words, MessageRole.CLIENT)
            if remark is not None:
                yield remark
        elif found["state"]:
            debugged = True
            message = _client(found, reading, number, text)
            held = message if message.type is MessageType.ACK else None
            if held is None:
                yield message
        elif found["served"] or found["relayed"]:
            yield _server(found, reading, number, text)
        elif found["taken"]:
            if taken is not None:
                yield taken
            taken = _acquired(found, debugged, reading, number, text)
        elif found["address"]:
            taken = None  # what was being configured then, with more told of it
            yield _acquired(found, debugged, reading, number, text)
        else:
            reading.chatter(number, text)
    yield from (one for one in (held, taken) if one is not None)


def _client(found: re.Match[str], reading: Reading, number: int, text: str) -> Message:
    kind, state, xid = MessageType(found["state"]), found["phase"], found["client_xid"]
    return sighting(
        type=kind,
        node=reading.node_of(text),
        role=reading.role or MessageRole.CLIENT,
        direction=RX if found["state"] in _REPLIES else TX,
        time=reading.time(text),
        dst=_EVERYONE
        if kind is MessageType.DISCOVER or state in ("requesting", "init-reboot", "rebooting")
        else None,
        xid=int(xid, 16) if xid else None,
        interface=found["interface"],
        note=(found["rest"].strip(" :.") or None)
        if kind is MessageType.NAK
        else state
        if state in ("renewing", "rebinding")
        else None,
        file=reading.file,
        line=number,
        text=text,
    )


def _acquired(found: re.Match[str], debugged: bool, reading: Reading, number: int, text: str) -> Message:
    """Repeats the ACK of a debug log with its address: then marked so that it counts as the same."""
    return sighting(
        type=MessageType.ACK,
        node=reading.node_of(text),
        role=reading.role or MessageRole.CLIENT,
        direction=RX,
        time=reading.time(text),
        yiaddr=masked.address((found["address"] or found["taken"]).partition("/")[0]),
        server_id=masked.address(found["server"]),
        interface=found["interface"],
        note=CONFIGURED if debugged else None,
        file=reading.file,
        line=number,
        text=text,
    )


def _with_lease(message: Message, seconds: int | None) -> Message:
    return replace(message, lease_seconds=seconds)


def _seconds(text: str) -> int | None:
    """`9min 57s`, as systemd writes spans of time; a lease is a little longer than what is left when it is told."""
    parts = re.findall(r"(\d+)(w|d|h|min|s)\b", text)
    return sum(int(count) * _UNITS[unit] for count, unit in parts) or None


def _server(found: re.Match[str], reading: Reading, number: int, text: str) -> Message:
    name = found["served"] or found["relayed"]
    direction: Direction = TX if name in _REPLIES and not found["relayed"] else RX
    xid = found["xid"] or found["relay_xid"]
    return sighting(
        type=MessageType(name),
        node=reading.node_of(text),
        role=MessageRole.RELAY if found["relayed"] else MessageRole.SERVER,
        direction=direction,
        time=reading.time(text),
        xid=int(xid, 16) if xid else None,
        interface=found["interface"],
        note=_ASKS.get(found["asks"] or "") or (found["why"] or "").strip(" :.") or None,
        file=reading.file,
        line=number,
        text=text,
    )


_ASKS = {"rebinding/renewing": "renewing or rebinding", "renewing": "renewing", "rebinding": "rebinding"}


LOG = LogFormat(
    name="networkd",
    title="systemd-networkd",
    role=MessageRole.CLIENT,
    telling=re.compile(
        r"systemd-networkd(?:\[\d+\])?: |(?<!ISC )DHCPv4 (?:client|server): (?!(?:in)?active\b)"
        r"|DHCPv4 address \S+ |DHCP (?:CLIENT|SERVER)(?: \(0x|: )"
    ),
    parse=parse,
    programs=_PROGRAMS,
)
