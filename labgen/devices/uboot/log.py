"""Consoles of boot loaders: U-Boot for `dhcp` and `bootp`, Raspberry Pi's boot code, barebox. A line for each request that is sent, and
the address the loader is bound to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp import masked
from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageRole, MessageType, sighting
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import Sayings

_SENT = re.compile(
    r"^\s*(?:\d+\s+)?(?:BOOTP broadcast (?P<count>\d+)"
    r"|(?:DHCP: )?(?:Sending DHCP (?:request|discover\w*)|start(?:ing)? discovery)\.*)\s*$"
)
_BOUND = re.compile(
    rf"^\s*(?:\d+\s+)?DHCP client bound to address (?P<address>{masked.VALUE})"
    r"|^\s*net\d+: (?P<ipxe>\d+(?:\.\d+){3})/\d+(?:\.\d+){3}\b|^\s*Station IP address is (?P<uefi>\d+(?:\.\d+){3})\s*$"
)
_ANSWERED = re.compile(r"^\s*(?:\d+\s+)?\*\*\* Unhandled DHCP Option in OFFER/ACK: \d+")
"""What shows that an OFFER came: U-Boot reads the options of an ACK in silence."""
_SAYINGS = Sayings(
    (r"Retry (?:time|count) exceeded|Timeout waiting for .*", Cause.GAVE_UP),
    (r"Waiting for dhcp.?reply", None),
    (r"^\S*> ?\S|Waiting for (?:Ethernet|PHY).*done", None),
    (r"\bERROR: \W*serverip\W* not set|Cannot autoload\b.*", Cause.FAILED),
    (r"Could not initialize PHY.*|auto negotiation .*TIMEOUT.*|No ethernet found.*|link down", Cause.FAILED),
)
_LISTED = re.compile(r"^\s*\d+\s{2,}")
_OWN = re.compile(
    r"retry (?:time|count)|timeout waiting|PHY|ethernet|bootp|dhcp|link down|serverip|autoload", re.IGNORECASE
)


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """A request for each broadcast, which counts from 1 again where the client starts over, and the answer it is bound by."""
    attempt = 0
    for number, text in lines:
        sent, bound = _SENT.match(text), _BOUND.match(text)
        if sent is not None:
            attempt += sent["count"] == "1"
            yield _message(MessageType.DISCOVER, None, attempt, reading, number, text)
        elif bound is not None:
            yield _message(
                MessageType.ACK,
                masked.address(bound[bound.lastgroup or "address"]),
                None,
                reading,
                number,
                text,
            )
        elif _ANSWERED.match(text):
            yield _message(MessageType.OFFER, None, None, reading, number, text)
        elif _OWN.search(text):
            remark = _SAYINGS.hear(reading, number, text, _LISTED.sub("", text).strip(), MessageRole.CLIENT)
            if remark is not None:
                yield remark
        else:
            reading.chatter(number, text)


def _message(
    kind: MessageType, address: str | None, attempt: int | None, reading: Reading, number: int, text: str
) -> Message:
    asks = kind is MessageType.DISCOVER
    return sighting(
        type=kind,
        node=reading.node,
        role=reading.role or MessageRole.CLIENT,
        direction=TX if asks else RX,
        dst="255.255.255.255" if asks else None,
        yiaddr=address,
        attempt=attempt,
        file=reading.file,
        line=number,
        text=text,
    )


LOG = LogFormat(
    name="uboot",
    title="console of a boot loader (U-Boot and others)",
    role=MessageRole.CLIENT,
    telling=re.compile(rf"{_SENT.pattern}|{_BOUND.pattern}"),
    parse=parse,
)
