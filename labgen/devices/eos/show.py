"""`show ip dhcp relay`, `show ip dhcp relay counters` and `show dhcp server leases` of Arista EOS.

The EOS server is Kea: its `debug log` is read by the Kea parser.
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Iterable, Iterator

from labgen.devices.states.show import beside
from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.model import Binding, Counter

_LINE = re.compile(
    r"\s*(?:(?P<address>\d+\.\d+\.\d+\.\d+)\s*$"
    r"|End: (?P<end>[\d/]+ [\d:]+)"
    r"|MAC address: (?P<mac>[0-9a-f.]{14})"
    r"|(?P<counted>All Req|All Resp|[A-Z]\w+[\d/.]*) +\| +"
    r"(?P<received>\d+) +(?P<forwarded>\d+) +(?P<dropped>\d+)"
    r"|(?P<known>Last transaction|Circuit ID|Remote ID|Client ID|Client|Server|VRF|Option 82|Leases|Subnet"
    r"|DHCP |Interface|\|  Dhcp|Dhcp|IPv4|\S+[#>]|-+$|.*vrf=|Smart|.*DHCP (?:servers|Relay|Smart)"
    r"|.*Circuit ID))"
)
_DATE = re.compile(r"(\d{4})/(\d\d)/(\d\d) (\d\d):(\d\d):(\d\d)")


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Leases of the server, packets counted by the relay."""
    address, end, start = None, None, 0
    for number, text in lines:
        found = _LINE.match(text)
        if found is None:
            reading.miss(number, text)
        elif found["address"]:
            address, end, start = found["address"], None, number
        elif found["end"]:
            end = _seconds(found["end"])
        elif found["mac"] and address is not None:
            yield _lease(address, end, found["mac"], reading, start)
            address = None
        elif found["counted"]:
            yield from _counters(found, reading, number)


def _lease(address: str, end: float | None, mac: str, reading: Reading, number: int) -> Binding:
    digits = mac.replace(".", "")
    return Binding(
        address=address,
        node=reading.node,
        mac=":".join(digits[at : at + 2] for at in range(0, 12, 2)),
        expires=end,
        file=reading.file,
        line=number,
        text=address,
    )


def _counters(found: re.Match[str], reading: Reading, number: int) -> Iterator[Counter]:
    for name in ("received", "forwarded", "dropped"):
        yield Counter(
            reading.node, found["counted"], name, int(found[name]), MessageRole.RELAY, reading.file, number
        )


def _seconds(text: str) -> float | None:
    match = _DATE.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(group) for group in match.groups())
    return float(timegm((year, month, day, hour, minute, second)))


SHOW = LogFormat(
    name="eos",
    title="Arista EOS show commands for DHCP",
    role=MessageRole.RELAY,
    telling=re.compile(
        r"\|  Dhcp (?:Packets|Request Pkts)|^DHCP Relay (?:is|Option)|Option 82 Circuit ID|DHCP servers: "
        r"|^Last transaction: \d{4}/"
        r"|^MAC address: [0-9a-f]{4}\.|^ *All Req +\|"
    ),
    parse=beside(parse),
)
