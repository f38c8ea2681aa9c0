"""DHCP snooping of IOS and IOS XE: `debug ip dhcp snooping packet`, its syslog messages, and `show ip dhcp snooping binding`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp import masked
from labgen.dhcp.logs import DHCP_NAMES, RX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageRole, sighting
from labgen.dhcp.model import Binding
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import Sayings

_PACKET = re.compile(
    r"process new DHCP packet, message type: (?P<kind>DHCP\w+), input interface: (?P<port>\S+?),(?P<fields>.*)"
)
_FIELD = re.compile(r"(?P<label>MAC sa|IP da|IP sa|DHCP \w+|vlan_id):? (?P<value>[\w.:]+)")
_ROW = re.compile(
    r"^\s*(?P<mac>[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5})\s+(?P<address>\d+\.\d+\.\d+\.\d+)\s+(?P<left>\d+|infinite)\s+"
    r"dhcp-snooping\s+(?P<vlan>\d+)\s+(?P<port>\S+)"
)
_SAID = re.compile(r"(?:%?DHCP_SNOOPING(?:-\d-\w+)?): *(?P<words>.*)$")
_SAYINGS = Sayings(
    (r"drop message on untrusted port, message type: (?:DHCPOFFER|DHCPACK|DHCPNAK).*", Cause.DROPPED),
    (r"drop message with non-zero giaddr or option82.*", Cause.UNTRUSTED),
    (r".*(?:[Dd]ropp?|dropped|mismatch|err-?disable|MATCH_MAC_FAIL|rate.?limit).*", Cause.DROPPED),
    (
        r"received new DHCP packet|add relay information|binary dump|remove relay|intercept|forward|no option|found|direct",
        None,
    ),
    (r"DHCPSNOOP|lookup|message type|vlan after|platform|^\s*$", None),
)


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Messages as the switch saw them, bindings, and what it dropped."""
    for number, text in _whole(lines):
        row, packet, said = _ROW.match(text), _PACKET.search(text), _SAID.search(text)
        if row is not None:
            yield _binding(row, reading, number, text)
        elif packet is not None and packet["kind"] in DHCP_NAMES:
            yield _message(packet, reading, number, text)
        elif said is not None:
            remark = _SAYINGS.hear(reading, number, text, said["words"], MessageRole.RELAY)
            if remark is not None:
                yield remark
        else:
            reading.miss(number, text)


def _whole(lines: Iterable[Line]) -> Iterator[Line]:
    """Lines with what a page wrapped put back: the rest of a syslog message is indented."""
    held: Line | None = None
    for number, text in lines:
        if held is not None and text[:2].isspace() and _ROW.match(text) is None:
            held = (held[0], f"{held[1].rstrip()} {text.strip()}")
            continue
        if held is not None:
            yield held
        held = (number, text) if _SAID.search(text) else None
        if held is None:
            yield number, text
    if held is not None:
        yield held


def _message(found: re.Match[str], reading: Reading, number: int, text: str) -> Message:
    fields = {
        match["label"].removeprefix("DHCP "): match["value"] for match in _FIELD.finditer(found["fields"])
    }
    kind = DHCP_NAMES[found["kind"]]
    return sighting(
        type=kind,
        node=reading.node_of(text),
        role=reading.role or MessageRole.TRANSIT,
        direction=RX,
        time=reading.time(text),
        src=masked.address(fields.get("IP sa")),
        dst=masked.address(fields.get("IP da")),
        ciaddr=masked.named(fields.get("ciaddr")),
        yiaddr=masked.named(fields.get("yiaddr")),
        giaddr=masked.named(fields.get("giaddr")),
        mac=masked.mac(fields.get("chaddr")),
        interface=found["port"],
        link_source=masked.mac(fields.get("MAC sa")),
        file=reading.file,
        line=number,
        text=text,
    )


def _binding(found: re.Match[str], reading: Reading, number: int, text: str) -> Binding:
    return Binding(
        address=found["address"],
        node=reading.node,
        mac=masked.mac(found["mac"]),
        lease_seconds=int(found["left"]) if found["left"].isdecimal() else None,
        vrf=f"VLAN {found['vlan']}",
        interface=found["port"],
        role=MessageRole.TRANSIT,
        file=reading.file,
        line=number,
        text=text,
    )


LOG = LogFormat(
    name="ios-snooping",
    title="DHCP snooping of IOS and IOS XE",
    role=MessageRole.TRANSIT,
    telling=re.compile(r"DHCP_SNOOPING(?:-\d-\w+)?: "),
    parse=parse,
)
