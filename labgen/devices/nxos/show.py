"""Relay outputs of NX-OS: `show ip dhcp relay statistics`, and the bindings of `show ip dhcp snooping
binding`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.devices.states.show import beside
from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.model import Binding, Counter

_LINE = re.compile(
    r"\s*(?:(?P<mac>[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5})\s+(?P<address>\d+\.\d+\.\d+\.\d+)\s+(?P<left>\d+"
    r"|infinite)\s+"
    r"(?P<kind>\S+)\s+(?P<vlan>\d+)\s+(?P<interface>\S+)"
    r"|(?P<message>[A-Z]\w+)(?:\(\*\))?\s+(?P<rx>\d+)\s+(?P<tx>\d+)\s+(?P<drops>\d+)\s*$"
    r"|(?P<server>\d+\.\d+\.\d+\.\d+)\s+(?P<vrf>\S*)\s+(?P<request>\d+)\s+(?P<response>\d+)\s*$"
    r"|(?P<reason>[A-Z][\w ,./()-]*?)\s+: +(?P<count>\d+)\s*$"
    r"|(?P<total>Total)\s+(?P<all>\d+(?:\s+\d+)*)\s*$"
    r"|(?P<known>Message Type|DHCP |-{3,}|Server|MacAddress|Interface|\S+[#>]|Total|\*"
    r"|DHCP server stats|Helper|Vlan\d+\s|DROP|(?:Non )?DHCP FWD|(?:NON )?DHCP|Smart|Insertion|Relay|Non DHCP))"
)

_PASSED = re.compile(r"Total Packets (?:Received|Forwarded)|Packets (?:Received|Forwarded)")


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Bindings and counters of the tables."""
    for number, text in lines:
        found = _LINE.match(text)
        if found is None:
            if text.strip():
                reading.miss(number, text)
        elif found["mac"]:
            yield _binding(found, reading, number, text)
        elif found["message"]:
            yield from _counters(found["message"], ("rx", "tx", "drops"), found, reading, number)
        elif found["server"]:
            yield from _counters(found["server"], ("request", "response"), found, reading, number)
        elif found["reason"]:
            subject = "packets" if _PASSED.match(found["reason"]) else "drops"
            yield Counter(
                reading.node,
                subject,
                found["reason"],
                int(found["count"]),
                MessageRole.RELAY,
                reading.file,
                number,
            )
        else:
            reading.chatter(number, text)


def _binding(found: re.Match[str], reading: Reading, number: int, text: str) -> Binding:
    return Binding(
        address=found["address"],
        node=reading.node,
        mac=found["mac"].lower(),
        lease_seconds=int(found["left"]) if found["left"].isdecimal() else None,
        interface=found["interface"],
        role=MessageRole.RELAY,
        file=reading.file,
        line=number,
        text=text,
    )


def _counters(
    subject: str, names: tuple[str, ...], found: re.Match[str], reading: Reading, number: int
) -> Iterator[Counter]:
    for name in names:
        yield Counter(reading.node, subject, name, int(found[name]), MessageRole.RELAY, reading.file, number)


SHOW = LogFormat(
    name="nxos",
    title="NX-OS DHCP relay and snooping tables",
    role=MessageRole.RELAY,
    telling=re.compile(
        r"^Message Type +Rx +Tx +Drops|^DHCP server stats:|^MacAddress +IpAddress +Lease"
        r"|dhcp-snoop(?:ing)? +\d+ +\S+$|^(?:Discover|Offer|Request|Ack|Release|Decline|Inform|Nack)(?:\(\*\))? +\d+ +\d+ +\d+$"
    ),
    parse=beside(parse),
)
