"""Output of BusyBox udhcpc. It prints neither MAC nor xid: the address it gets ties it to the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Direction, Message, MessageType, Role

_LINE = re.compile(
    r"udhcpc(?:\[\d+\])?: (?:"
    r"(?P<discover>broadcasting discover|sending discover)"
    r"|(?:broadcasting|sending) select for (?P<wanted>[\d.]+), server (?P<server>[\d.]+)"
    r"|sending select for (?P<bare>[\d.]+)"
    r"|lease of (?P<leased>[\d.]+) obtained(?: from (?P<source>[\d.]+))?, lease time (?P<seconds>\d+)"
    r"|sending renew to server (?P<renew>[\d.]+)|(?P<rebind>broadcasting renew)"
    r"|(?P<renew0>sending renew)\.*$"
    r"|unicasting a release of (?P<released>[\d.]+) to (?P<owner>[\d.]+)"
    r"|(?P<nak>received DHCP NAK)"
    r"|(?P<known>started|entering|performing|no lease|sending release|received SIG|lease lost|client"
    r"|deconfig|timed"
    r"|executing|Sending discover|SIG|offered|sending decline|broadcasting decline|received)"
    r")"
)
_EVERYONE = "255.255.255.255"


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Messages the client sent, and the ACK that each `lease of ... obtained` stands for."""
    held: str | None = None
    for number, text in lines:
        found = _LINE.match(text, max(0, text.find("udhcpc")))
        if found is None:
            reading.miss(number, text)
            continue
        message = _message(found, held, reading, number, text)
        if message is not None:
            yield message
        held = found["leased"] or held


def _message(
    found: re.Match[str], held: str | None, reading: Reading, number: int, text: str
) -> Message | None:
    def made(kind: MessageType, direction: Direction, **more: str | int | None) -> Message:
        return Message(
            type=kind,
            node=reading.node_of(text),
            role=reading.role or Role.CLIENT,
            direction=direction,
            time=reading.time(text),
            file=reading.file,
            line=number,
            text=text,
            **more,  # type: ignore[arg-type]  # names and types of Message's own fields
        )

    if found["discover"]:
        return made(MessageType.DISCOVER, TX, dst=_EVERYONE)
    if found["wanted"] or found["bare"]:
        wanted = found["wanted"] or found["bare"]
        return made(MessageType.REQUEST, TX, dst=_EVERYONE, requested=wanted, server_id=found["server"])
    if found["leased"]:
        lease = int(found["seconds"])
        server = found["source"]
        return made(MessageType.ACK, RX, yiaddr=found["leased"], server_id=server, lease_seconds=lease)
    if found["renew"] or found["renew0"]:
        return made(MessageType.REQUEST, TX, dst=found["renew"], ciaddr=held, note="renewing")
    if found["rebind"]:
        return made(MessageType.REQUEST, TX, dst=_EVERYONE, ciaddr=held, note="rebinding")
    if found["released"]:
        owner, released = found["owner"], found["released"]
        return made(MessageType.RELEASE, TX, dst=owner, ciaddr=released, server_id=owner)
    return made(MessageType.NAK, RX) if found["nak"] else None


LOG = LogFormat(
    name="udhcpc",
    title="BusyBox udhcpc",
    role=Role.CLIENT,
    telling=re.compile(r"udhcpc(?:\[\d+\])?: "),
    parse=parse,
)
