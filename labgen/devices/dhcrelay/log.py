"""Log of ISC dhcrelay. It names neither message types nor xid; labgen takes those from the other
witnesses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp.logs import DHCP_NAMES, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageType, RelayOptions, Role

_LINE = re.compile(
    r"(?:.*?dhcrelay\w*(?:\[\d+\])?: )?(?:"
    r"Forwarded (?P<name>BOOTREQUEST|BOOTREPLY) for (?P<mac>[0-9a-f:]{11,}) to (?P<to>[\d.]+)"
    r"|BOOTREPLY giaddr: (?P<giaddr>[\d.]+)"
    r"|Adding link selection suboption with addr: (?P<link>[\d.]+)"
    r"|(?P<dropping>(?:Dropp|Discard)ing .*)"
    r"|(?P<known>Adding \d+-byte|Requesting:|Internet Systems|Copyright|All rights|For info"
    r"|Listening on|Sending on"
    r"|Received|Packet|Ignoring|No circuit|Circuit ID|Relay |ip length|accf|send_packet"
    r"|receive_packet|giaddr)"
    r"|$)"
)


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """What the relay forwarded, in both directions."""
    giaddr: str | None = None
    link: str | None = None
    for number, text in lines:
        found = _LINE.match(text)
        if found is None:
            reading.miss(number, text)
        elif found["giaddr"]:
            giaddr = found["giaddr"]
        elif found["link"]:
            link = found["link"]
        elif found["name"]:
            yield _forwarded(found, giaddr, link, reading, number, text)
            link = None


def _forwarded(
    found: re.Match[str], giaddr: str | None, link: str | None, reading: Reading, number: int, text: str
) -> Message:
    kind = DHCP_NAMES[found["name"]]
    request = kind is MessageType.BOOTREQUEST
    return Message(
        type=kind,
        node=reading.node_of(text),
        role=reading.role or Role.RELAY,
        direction=TX,
        time=reading.time(text),
        dst=found["to"],
        giaddr=giaddr,
        relay_options=RelayOptions(link_selection=link) if link and request else None,
        mac=found["mac"],
        file=reading.file,
        line=number,
        text=text,
    )


LOG = LogFormat(
    name="dhcrelay",
    title="ISC dhcrelay",
    role=Role.RELAY,
    telling=re.compile(
        r"dhcrelay|Forwarded BOOTRE(?:QUEST|PLY) for |BOOTREPLY giaddr: |DHCP Relay Agent 4\."
    ),
    parse=parse,
)
