"""`show dhcp ipv4 proxy|server|relay binding` of IOS XR."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.model import Binding

_ROW = re.compile(
    r"\s*(?P<mac>[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})\s+(?P<address>\d+\.\d+\.\d+\.\d+)\s+(?P<state>[A-Z_]+)\s+"
    r"(?P<remaining>\d+)\s+(?P<interface>\S+)(?:\s+(?P<vrf>\S+))?"
)
_KNOWN = re.compile(r"\s*(?:Lease\s*$|MAC Address|-{4,}|RP/\S+[#>]|\S+ \w+ +\d+ [\d:.]+ \w+)")


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """One binding per row; `lease_seconds` is what remains."""
    for number, text in lines:
        found = _ROW.match(text)
        if found is None:
            if text.strip() and _KNOWN.match(text) is None:
                reading.miss(number, text)
            continue
        digits = found["mac"].replace(".", "")
        yield Binding(
            address=found["address"],
            node=reading.node,
            mac=":".join(digits[at : at + 2] for at in range(0, 12, 2)),
            state=found["state"].lower(),
            lease_seconds=int(found["remaining"]),
            vrf=found["vrf"],
            interface=found["interface"],
            role=reading.role or MessageRole.RELAY,
            file=reading.file,
            line=number,
            text=text,
        )


SHOW = LogFormat(
    name="iosxr",
    title="IOS XR DHCP bindings",
    role=MessageRole.RELAY,
    telling=re.compile(
        r"^\s*[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}\s+[\d.]+\s+(?:BOUND|INIT|SELECTING|REQUESTING)\b"
    ),
    parse=parse,
)
