"""`debug ip dhcp client` of Dell FTOS and OS9: `%DHCLIENT-5-DHCLIENT-LOG` lines, wrapped as terminals do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.devices.ftos.wrapped import events
from labgen.dhcp import masked
from labgen.dhcp.logs import DHCP_NAMES, RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole, sighting
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import Sayings

_HEAD = re.compile(r"%DHCLIENT-\d-DHCLIENT-? ?LOG: *(?P<rest>.*)$")
_SENT = re.compile(r"DHCP ?(?P<type>[A-Z]+) sent in ?Interface (?P<interface>\w+ [\d/]+)")
_RECEIVED = re.compile(r"Received DHCP ?(?P<type>[A-Z]+) packet in ?Interface (?P<interface>\w+ [\d/]+)")
_LEASE = re.compile(rf"Lease-ip: ?(?P<address>{masked.VALUE})", re.IGNORECASE)
_SERVER = re.compile(rf"Server-Id: ?(?P<server>{masked.VALUE})", re.IGNORECASE)
_PROMPT = re.compile(r"\S+(?: ?\([\w/ -]+\))?[#>]")
_SAYINGS = Sayings(
    (r"[Dd]uplicate.*|in use by.*|[Cc]onflict.*", Cause.CONFLICT),
    (r".*(?:[Ff]ail|[Tt]ime[d ]*out|[Nn]o (?:offer|response|lease)).*", Cause.GAVE_UP),
    (r"Transitioned|CMD|IP RELEASED|IP ASSIGNED", None),
)


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Messages that the client sent and received; an event goes on in the lines without head."""
    for held in events(lines, reading, _HEAD, _PROMPT):
        yield from _event(held, reading)


def _event(held: list[Line], reading: Reading) -> Iterator[Record]:
    number, text = held[0]
    whole = " ".join([text.strip(), *(part.strip() for _, part in held[1:])])
    received = _RECEIVED.search(whole)
    found = received or _SENT.search(whole)
    kind = DHCP_NAMES.get(f"DHCP{found['type']}") if found is not None else None
    if found is None or kind is None:
        head = _HEAD.search(whole)
        remark = _SAYINGS.hear(reading, number, text, head["rest"] if head else whole, MessageRole.CLIENT)
        if remark is not None:
            yield remark
        return
    lease, server = _LEASE.search(whole), _SERVER.search(whole)
    yield sighting(
        type=kind,
        node=reading.node_of(text),
        role=reading.role or MessageRole.CLIENT,
        direction=RX if received else TX,
        time=reading.time(text.lstrip()),
        yiaddr=masked.address(lease["address"]) if lease and received else None,
        server_id=masked.address(server["server"].rstrip(".")) if server and received else None,
        interface=found["interface"],
        file=reading.file,
        line=number,
        text=text,
    )


CLIENT = LogFormat(
    name="ftos-client",
    title="DHCP client debug of Dell FTOS and OS9",
    role=MessageRole.CLIENT,
    telling=re.compile(r"%DHCLIENT-\d-DHCLIENT-? ?LOG:"),
    parse=parse,
)
