"""Log of dnsmasq's DHCP server, with `log-dhcp` or without; the xid is decimal, and only there with
`log-dhcp`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from labgen.dhcp.logs import DHCP_NAMES, RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageType, Role
from labgen.dhcp.suboptions import relay_options

_LINE = re.compile(
    r"dnsmasq-dhcp(?:\[\d+\])?: (?:(?P<xid>\d+) )?(?:"
    r"(?P<name>DHCP[A-Z]+|BOOTP)\((?P<interface>[^)]+)\) (?:(?P<address>\d+\.\d+\.\d+\.\d+) )?"
    r"(?P<mac>[0-9a-f]{2}(?:[:-][0-9a-f]{2})+)?(?P<rest>.*)"
    r"|sent size: +\d+ option: +(?P<option>\d+) [\w-]+ +(?P<value>.*)"
    r"|DHCP relay at (?P<relay>\S+) -> (?P<server>\S+)"
    r")"
)
_KNOWN = re.compile(r".*?dnsmasq(?:-dhcp|-tftp|-script)?(?:\[\d+\])?: ")
_TELLING_OPTIONS = frozenset({"1", "51", "54", "82"})
_REPLIES = frozenset({"DHCPOFFER", "DHCPACK", "DHCPNAK"})
_DURATION = re.compile(r"(\d+)([dhms])")
_UNIT = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Messages; a reply is complete when the options that `log-dhcp` lists after it have ended."""
    reply: Message | None = None
    match = _LINE.match
    for number, text in lines:
        at = text.find("dnsmasq-dhcp")
        found = match(text, at) if at >= 0 else None
        if found is None:
            if _KNOWN.match(text) is None:
                reading.miss(number, text)
            continue
        option = found["option"]
        if option is not None:
            if reply is not None and option in _TELLING_OPTIONS:
                reply = _with_option(reply, option, found["value"].strip())
            continue
        if reply is not None:
            yield reply
            reply = None
        name = found["name"]
        if name is not None:
            message = _message(found, name, reading, number, text)
            if message is not None and name in _REPLIES and message.xid is not None:
                reply = message
            elif message is not None:
                yield message
        else:
            yield _relayed(found, reading, number, text)
    if reply is not None:
        yield reply


def _message(found: re.Match[str], name: str, reading: Reading, number: int, text: str) -> Message | None:
    kind = DHCP_NAMES.get(name)
    if kind is None:
        return None
    xid, _, interface, address, mac, rest = found.groups()[:6]
    reply = name in _REPLIES
    return Message(
        type=kind,
        node=reading.node_of(text),
        role=reading.role or Role.SERVER,
        direction=TX if reply else RX,
        time=reading.time(text),
        requested=address if kind in (MessageType.REQUEST, MessageType.DISCOVER) else None,
        yiaddr=address if reply and kind is not MessageType.NAK else None,
        ciaddr=address if kind in (MessageType.RELEASE, MessageType.INFORM) else None,
        mac=mac.replace("-", ":") if mac else None,
        xid=int(xid) if xid else None,
        interface=interface,
        note=_note(kind, rest.strip()),
        file=reading.file,
        line=number,
        text=text,
    )


def _note(kind: MessageType, rest: str) -> str | None:
    """What follows the MAC: a host name for ACKs, a reason for the others."""
    if not rest or kind in (MessageType.ACK, MessageType.OFFER):
        return None
    return "no lease" if rest == "unknown lease" else rest


def _with_option(message: Message, option: str, value: str) -> Message:
    if option == "54":
        return replace(message, server_id=value)
    if option == "51":
        return replace(message, lease_seconds=_seconds(value))
    if option == "1":
        return replace(message, mask=value)
    if option == "82":
        try:
            return replace(
                message, option82=True, relay_options=relay_options(bytes.fromhex(value.replace(":", "")))
            )
        except ValueError:
            return replace(message, option82=True)
    return message


def _seconds(value: str) -> int | None:
    parts = _DURATION.findall(value)
    return sum(int(count) * _UNIT[unit] for count, unit in parts) if parts else None


def _relayed(found: re.Match[str], reading: Reading, number: int, text: str) -> Message:
    return Message(
        type=MessageType.BOOTREQUEST,
        node=reading.node_of(text),
        role=Role.RELAY,
        direction=TX,
        time=reading.time(text),
        src=found["relay"],
        dst=found["server"],
        giaddr=found["relay"],
        file=reading.file,
        line=number,
        text=text,
    )


LOG = LogFormat(
    name="dnsmasq",
    title="dnsmasq DHCP log",
    role=Role.SERVER,
    telling=re.compile(r"dnsmasq(?:-dhcp)?(?:\[\d+\])?: "),
    parse=parse,
)
