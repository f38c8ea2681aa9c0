"""The log of ACME's relay: `acme-relayd: DISCOVER 02:01:00:00:00:03 -> 10.1.0.2`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp.logs import TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageRole, MessageType

_LINE = re.compile(r"acme-relayd: (?P<type>[A-Z]+) (?P<mac>[0-9a-f:]{17}) -> (?P<server>[\d.]+)")


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Each message the relay passed to a server."""
    for number, text in lines:
        found = _LINE.search(text)
        if found is None:
            reading.miss(number, text)
            continue
        yield Message(
            type=MessageType(found["type"]),
            node=reading.node_of(text),
            role=MessageRole.RELAY,
            direction=TX,
            time=reading.time(text),
            mac=found["mac"],
            dst=found["server"],
            file=reading.file,
            line=number,
            text=text,
        )


LOG = LogFormat("acme", "ACME's relay", MessageRole.RELAY, re.compile(r"acme-relayd: [A-Z]+ "), parse)
FORMATS = (LOG,)
