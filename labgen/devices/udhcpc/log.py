"""Output of BusyBox udhcpc. It prints neither MAC nor xid: the address it gets ties it to the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp import masked
from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Direction, Message, MessageRole, MessageType, sighting
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import Sayings, heard

_V = masked.VALUE
_LINE = re.compile(
    r"(?:udhcpc(?:\[(?P<pid>\d+)\])?: )?(?:"
    r"(?P<discover>broadcasting discover|[Ss]ending discover)"
    rf"|(?:broadcasting|sending) select for (?P<wanted>{_V}), server (?P<server>{_V})"
    rf"|[Ss]ending select for (?P<bare>[^\s,]+?)(?=\.{{3}}|\s|$)"
    rf"|[Ll]ease of (?P<leased>{_V}) obtained(?: from (?P<source>{_V}))?,? lease time (?P<seconds>\d+)"
    rf"|sending renew to (?:server )?(?P<renew>{_V})|(?P<rebind>broadcasting renew)"
    r"|(?P<renew0>[Ss]ending renew)\.*$"
    rf"|unicasting a release of (?P<released>{_V}) to (?P<owner>{_V})"
    r"|(?P<nak>received DHCP NAK|Received DHCP NAK)"
    r"|(?P<decline>(?:sending|broadcasting) decline)"
    r"|(?P<rest>.*)"
    r")"
)
_OLD = re.compile(
    r"^(?:udhcpc \(v[\d.]+\) started|Sending (?:discover|select for|renew)|Lease of \S+ obtained|Performing a DHCP)"
)
_SAYINGS = Sayings(
    (r"[Nn]o lease, (?:failing|forking)|[Ll]ease lost|timed out", Cause.GAVE_UP),
    (r"[Oo]ffered address is in use", Cause.CONFLICT),
    (r"sendto: .*|bind.*: .*|can't .*|Network is down|ioctl .*fail", Cause.FAILED),
    (
        r"started|entering|performing|sending release|[Rr]eceived SIG|client|deconfig|executing|SIG|offered|received",
        None,
    ),
    (r"Unicasting|exiting|waiting|setting|got |bad packet, ignoring|^\s*$", None),
)
_EVERYONE = "255.255.255.255"
_STARTED = re.compile(r"udhcpc \(v[\d.]+\) started")
_OF_NETIFD = re.compile(r"netifd: (?P<interface>[\w.@-]+) \(\d+\): udhcpc")
"""OpenWrt's netifd runs one udhcpc for each of its interfaces, and writes what all of them print."""


class _Run:
    """One udhcpc: the address it holds, and how often it started or gave up."""

    def __init__(self, interface: str | None) -> None:
        self.interface = interface
        self.held: str | None = None
        self.attempt = 0


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Messages the client sent, and the ACK that each `lease of ... obtained` stands for."""
    runs: dict[tuple[str | None, str | None], _Run] = {}
    for number, text in lines:
        found = _LINE.match(text, max(0, text.find("udhcpc")))
        if "Command failed: ubus call" in text:
            reading.chatter(number, text)  # netifd's script, whenever the client ends
            continue
        if found is None:
            remark = heard(reading, number, text, text.strip(), MessageRole.CLIENT)
            if remark is not None:
                yield remark
            continue
        netifd = _OF_NETIFD.search(text)
        interface = netifd["interface"] if netifd is not None else None
        run = runs.setdefault((interface, found["pid"]), _Run(interface))
        if found["rest"] is not None:
            remark = _SAYINGS.hear(reading, number, text, found["rest"], MessageRole.CLIENT)
            begins = found["rest"].startswith("started") or _STARTED.match(text) is not None
            if begins or (remark is not None and remark.cause is Cause.GAVE_UP):
                run.attempt += 1
            if remark is not None:
                yield remark
            continue
        message = _message(found, run, reading, number, text)
        if message is not None:
            yield message
        run.held = masked.address(found["leased"]) or run.held


def _message(found: re.Match[str], run: _Run, reading: Reading, number: int, text: str) -> Message | None:
    held = run.held

    def made(kind: MessageType, direction: Direction, **more: str | int | None) -> Message:
        return sighting(
            type=kind,
            node=reading.node_of(text),
            role=reading.role or MessageRole.CLIENT,
            direction=direction,
            time=reading.time(text),
            attempt=run.attempt,
            interface=run.interface,
            file=reading.file,
            line=number,
            text=text,
            **more,  # type: ignore[arg-type]  # names and types of Message's own fields
        )

    if found["discover"]:
        return made(MessageType.DISCOVER, TX, dst=_EVERYONE)
    if found["wanted"] or found["bare"]:
        wanted, server = masked.address(found["wanted"] or found["bare"]), masked.address(found["server"])
        note = None if server is not None else "selecting"
        return made(MessageType.REQUEST, TX, dst=_EVERYONE, requested=wanted, server_id=server, note=note)
    if found["leased"]:
        lease, leased = int(found["seconds"]), masked.address(found["leased"])
        server = masked.address(found["source"])
        return made(MessageType.ACK, RX, yiaddr=leased, server_id=server, lease_seconds=lease)
    if found["renew"] or found["renew0"]:
        return made(MessageType.REQUEST, TX, dst=masked.address(found["renew"]), ciaddr=held, note="renewing")
    if found["rebind"]:
        return made(MessageType.REQUEST, TX, dst=_EVERYONE, ciaddr=held, note="rebinding")
    if found["released"]:
        owner, released = masked.address(found["owner"]), masked.address(found["released"])
        return made(MessageType.RELEASE, TX, dst=owner, ciaddr=released, server_id=owner)
    if found["decline"]:
        return made(MessageType.DECLINE, TX, dst=_EVERYONE, requested=held)
    return made(MessageType.NAK, RX) if found["nak"] else None


LOG = LogFormat(
    name="udhcpc",
    title="BusyBox udhcpc",
    role=MessageRole.CLIENT,
    telling=re.compile(rf"udhcpc(?:\[\d+\])?: |{_OLD.pattern}"),
    parse=parse,
    programs=frozenset({"udhcpc"}),
)
