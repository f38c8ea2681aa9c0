"""lwIP's `DHCP_DEBUG`: what the client sends and gets, by the names of its functions and states."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address

from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageRole, MessageType, sighting
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import Sayings

_XID = re.compile(r"transaction id xid\((?:0x)?([0-9a-fA-F]{1,8})\)")
_SENT = re.compile(
    r"dhcp_(?:discover|select|renew|rebind|reboot|decline|release)\w*(?:\(\))?: "
    r"(?:sendto\((?P<kind>DISCOVER|REQUEST|DECLINE|RELEASE)|(?P<state>REQUESTING|RENEWING|REBINDING|REBOOTING|BACKING OFF))\b"
)
_CAME = re.compile(r"DHCP_(?P<kind>OFFER|ACK|NAK) received")
_FROM = re.compile(r"dhcp_recv\(.*from DHCP server (?P<server>[\d.]+)")
_BOUND = re.compile(r"dhcp_bind\(\): IP: 0x(?P<address>[0-9a-fA-F]{8})")
_SAYINGS = Sayings(
    (r"^(?:[A-Z] \(\d+\) )?.*DHCP.*(?:start failed|stop failed)|dhcp_\w+(?:\(\))?: could not|MTU is too small", Cause.FAILED),
    (r"dhcp_check\(\): .*(?:in use|conflict)|dhcp_arp_reply.*in use", Cause.CONFLICT),
    (r"dhcp|transaction id|udp|ip4|DHCP_|pbuf|netif", None),
)  # fmt: skip
_STATES = {"REQUESTING": "", "RENEWING": "renewing", "REBINDING": "rebinding", "REBOOTING": ""}


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """A message for each packet sent or taken; the address of an ACK is told when the client binds it."""
    xid: int | None = None
    server: str | None = None
    acked: tuple[int, str] | None = None
    for number, text in lines:
        named, came, bound = _XID.search(text), _CAME.search(text), _BOUND.search(text)
        sent, source = _SENT.search(text), _FROM.search(text)
        if acked is not None and (sent is not None or came is not None or bound is not None):
            yield _message(MessageType.ACK, xid, server, _turned(bound), "", reading, *acked)
            acked = None
        if named is not None:
            xid = int(named.group(1), 16)
        elif source is not None:
            server = source["server"]
        elif came is not None and came["kind"] == "ACK":
            acked = (number, text)
        elif came is not None:
            yield _message(MessageType(came["kind"]), xid, server, None, "", reading, number, text)
        elif sent is not None and sent["state"] in _STATES:
            yield _message(
                MessageType.REQUEST, xid, None, None, _STATES[sent["state"]], reading, number, text
            )
        elif sent is not None and sent["kind"] not in (None, "REQUEST"):
            yield _message(MessageType(sent["kind"]), xid, None, None, "", reading, number, text)
        elif bound is None:
            remark = _SAYINGS.hear(reading, number, text, text.strip(), MessageRole.CLIENT)
            if remark is not None:
                yield remark
    if acked is not None:
        yield _message(MessageType.ACK, xid, server, None, "", reading, *acked)


def _turned(bound: re.Match[str] | None) -> str | None:
    """The address, which lwIP prints as a number of the processor: its octets from last to first."""
    if bound is None:
        return None
    return str(IPv4Address(bytes.fromhex(bound["address"])[::-1]))


def _message(
    kind: MessageType,
    xid: int | None,
    server: str | None,
    address: str | None,
    note: str,
    reading: Reading,
    number: int,
    text: str,
) -> Message:
    reply = kind.is_reply
    return sighting(
        type=kind,
        node=reading.node,
        role=reading.role or MessageRole.CLIENT,
        direction=RX if reply else TX,
        time=reading.time(text),
        server_id=server if reply else None,
        yiaddr=address,
        xid=xid,
        note=note or None,
        file=reading.file,
        line=number,
        text=text,
    )


LOG = LogFormat(
    name="lwip",
    title="lwIP's DHCP client",
    role=MessageRole.CLIENT,
    telling=re.compile(rf"{_XID.pattern}|dhcp_(?:discover|select|renew|bind|fine_tmr|timeout)(?:\(|: )"),
    parse=parse,
)
