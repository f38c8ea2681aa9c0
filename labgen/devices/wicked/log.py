"""wicked's DHCPv4 client (`wickedd-dhcp4`): it tells what it does in words, with addresses and without transaction identifiers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp import masked
from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageRole, MessageType, sighting
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import Sayings

_V = masked.VALUE
_LINE = re.compile(r"\bwicked(?:d-dhcp4)?(?:\[\d+\])?: (?:(?P<interface>[\w.@-]+): )?(?P<words>.*)")
_EVENTS: tuple[tuple[MessageType, re.Pattern[str]], ...] = (
    (MessageType.DISCOVER, re.compile(r"Initiating DHCPv4 discovery")),
    (MessageType.OFFER, re.compile(rf"Received offer for (?P<address>{_V}) from (?P<server>[\d.xX*]+)")),
    (MessageType.REQUEST, re.compile(r"(?:Requesting|Trying to (?:confirm|renew|rebind)) DHCPv4 lease")),
    (MessageType.ACK, re.compile(r"Committed DHCPv4 lease with address (?P<address>[^\s,]+)(?:,? \(?(?:for|lease time) (?P<lease>\d+))?")),
    (MessageType.NAK, re.compile(r"Received (?:DHCP)?NAK|DHCPv4 server (?:declined|refused)")),
)  # fmt: skip
_SAYINGS = Sayings(
    (r"DHCPv4 discovery failed|[Tt]imed out|timeout reached|[Ll]ease (?:expired|lost)|giving up", Cause.GAVE_UP),
    (r"[Dd]eclin(?:ing|ed) DHCPv4 lease|duplicate|already in use|conflict", Cause.CONFLICT),
    (r"(?:unable|failed|cannot) to? ?.*", Cause.FAILED),
    (r"Request to acquire|lease is configured|Committed|Dropped DHCPv4 lease|Reconfig|Starting", None),
)  # fmt: skip


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """A message for each thing that the client does or gets."""
    servers: dict[str | None, str | None] = {}
    for number, text in lines:
        found = _LINE.search(text)
        if found is None:
            reading.miss(number, text)
            continue
        event = next(
            ((kind, seen) for kind, pattern in _EVENTS if (seen := pattern.search(found["words"]))), None
        )
        if event is not None:
            yield _message(event[0], event[1], found["interface"], servers, reading, number, text)
            continue
        remark = _SAYINGS.hear(reading, number, text, found["words"], MessageRole.CLIENT)
        if remark is not None:
            yield remark


def _message(
    kind: MessageType,
    seen: re.Match[str],
    interface: str | None,
    servers: dict[str | None, str | None],
    reading: Reading,
    number: int,
    text: str,
) -> Message:
    fields = seen.groupdict()
    if kind is MessageType.OFFER:
        servers[interface] = masked.address(fields["server"])
    address, reply = masked.address(fields.get("address")), kind.is_reply
    return sighting(
        type=kind,
        node=reading.node_of(text),
        role=reading.role or MessageRole.CLIENT,
        direction=RX if reply else TX,
        time=reading.time(text),
        dst=None if reply else "255.255.255.255",
        yiaddr=address,
        server_id=servers.get(interface) if reply else None,
        lease_seconds=int(fields["lease"]) if fields.get("lease") else None,
        interface=interface,
        file=reading.file,
        line=number,
        text=text,
    )


LOG = LogFormat(
    name="wicked",
    title="wicked's DHCPv4 client",
    role=MessageRole.CLIENT,
    telling=re.compile(r"wickedd-dhcp4(?:\[\d+\])?: |\bwicked: \S+: \w+ DHCPv4 lease\b"),
    parse=parse,
    programs=frozenset({"wickedd-dhcp4"}),
)
