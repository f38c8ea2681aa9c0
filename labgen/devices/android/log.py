"""Android's DHCP client (`DhcpClient`) in logcat, bug reports and the log of the network stack."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from labgen.dhcp import masked
from labgen.dhcp.logs import DHCP_NAMES, RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Direction, Message, MessageRole, MessageType, sighting
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import Sayings

_TAG = re.compile(r"DhcpClient ?(?:\(\s*\d+\))?: (?P<words>.*)$")
_V = r"[^\s,\]]+"
_SENT = re.compile(
    rf"(?P<how>Broadcasting|Unicasting) (?P<kind>DHCP[A-Z]+)(?: ciaddr=(?P<ciaddr>{_V}))?(?: request=(?P<wanted>{_V}))?"
    rf"(?: serverid=(?P<server>{_V}))?(?:.*? to (?P<dst>[\d.]+))?"
)
_GOT = re.compile(
    r"Received packet: (?:(?P<mac>[0-9a-fA-F:]{17}) )?(?P<kind>OFFER|ACK|NAK)\b(?:.*?(?:your new IP|ip) /?(?P<address>[\d.xX*]+))?"
    r"(?:.*?lease time (?P<lease>\d+))?"
)
_CONFIRMED = re.compile(
    rf"(?:Got pending|Confirmed) lease: .*?DHCP server /?(?P<server>{_V})(?:.*?lease (?P<lease>\d+) seconds)?"
)
_SAYINGS = Sayings(
    (r"[Tt]imed? ?out|CMD_TIMEOUT|Giving up|failed to (?:get|renew)|No lease", Cause.GAVE_UP),
    (r"[Cc]onflict|DECLINE", Cause.CONFLICT),
    (r"[Ff]ail(?:ed|ure).*|[Ee]rror.*|Can't .*|Unable .*", Cause.FAILED),
    (
        r"Receive thread|Scheduling|Got pending lease|Confirmed lease|onCreate|doQuit|Start|Clearing|Interface|Buffer|Time|^\s*$",
        None,
    ),
)


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Messages that the client sent and received; the server of an answer is on the line after it."""
    answer: Message | None = None
    attempt = 1
    for number, raw in lines:
        text = raw.lstrip(",")
        tag = _TAG.search(text)
        if tag is None:
            reading.miss(number, raw)
            continue
        words = tag["words"]
        known = _CONFIRMED.search(words)
        if answer is not None and known is not None:
            answer = replace(answer, server_id=masked.address(known["server"]))
            reading.chatter(number, text)
            continue
        if answer is not None:
            yield answer
        answer = None
        sent, got = _SENT.search(words), _GOT.search(words)
        if got is not None:
            answer = _got(got, attempt, reading, number, text)
        elif sent is not None and sent["kind"] in DHCP_NAMES:
            yield _sent(sent, attempt, reading, number, text)
        else:
            remark = _SAYINGS.hear(reading, number, text, words, MessageRole.CLIENT)
            attempt += remark is not None and remark.cause is Cause.GAVE_UP
            if remark is not None:
                yield remark
    if answer is not None:
        yield answer


def _sent(found: re.Match[str], attempt: int, reading: Reading, number: int, text: str) -> Message:
    ciaddr = masked.named(found["ciaddr"])
    direct = found["how"] == "Unicasting"
    everyone = "255.255.255.255"
    message = _made(DHCP_NAMES[found["kind"]], TX, attempt, reading, number, text)
    wanted, server = masked.named(found["wanted"]), masked.named(found["server"])
    dst = masked.address(found["dst"]) if direct else everyone
    return replace(message, dst=dst, ciaddr=ciaddr, requested=wanted, server_id=server)


def _got(found: re.Match[str], attempt: int, reading: Reading, number: int, text: str) -> Message:
    message = _made(MessageType(found["kind"]), RX, attempt, reading, number, text)
    lease = int(found["lease"]) if found["lease"] else None
    return replace(
        message, yiaddr=masked.address(found["address"]), lease_seconds=lease, mac=masked.mac(found["mac"])
    )


def _made(
    kind: MessageType, direction: Direction, attempt: int, reading: Reading, number: int, text: str
) -> Message:
    return sighting(
        type=kind,
        node=reading.node_of(text),
        role=reading.role or MessageRole.CLIENT,
        direction=direction,
        time=reading.time(text),
        attempt=attempt,
        file=reading.file,
        line=number,
        text=text,
    )


LOG = LogFormat(
    name="android",
    title="Android's DHCP client",
    role=MessageRole.CLIENT,
    telling=re.compile(r"DhcpClient ?(?:\(\s*\d+\))?: "),
    parse=parse,
)
