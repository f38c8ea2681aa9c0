"""Log of ISC dhcpd. It prints neither xid nor options; `via` is the giaddr, or the interface for direct
messages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from labgen.dhcp.logs import DHCP_NAMES, RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageType, Role

_LINE = re.compile(
    r"(?P<name>DHCP(?:DISCOVER|OFFER|REQUEST|ACK|NAK|DECLINE|RELEASE|INFORM))"
    r"(?: (?:on|for|of) (?P<address>\d+\.\d+\.\d+\.\d+))?(?: \((?P<server>[\d.]+)\))?"
    r"(?: (?:from|to) (?:(?P<mac>[0-9a-f:]{11,})|(?P<from>\d+\.\d+\.\d+\.\d+)|<[^>]*>))?(?: \([^)]*\))?"
    r"(?: via (?P<via>[\w.:-]+?)(?= |:|$))?(?P<rest>.*)"
)
_KNOWN = re.compile(
    r"(?:.{0,80}?dhcpd(?:\[\d+\])?: )?(?:Internet Systems|Copyright |All rights|For info|Config file|Database file|PID file"
    r"|Wrote \d+|Listening on"
    r"|Sending on|Server starting|reuse_lease|uid lease|balanc|pool |Added new|Removed |Unable to add"
    r"|data:|no free"
    r"|parse_option|Abandoning|ICMP Echo|failover|peer |dhcpd: |isc-dhcpd|leased-address"
    r"|Lease conflict|Not searching"
    r"|No subnet declaration|\*\* Ignoring|not what you want|in your dhcpd|interface|If this|Multiple"
    r"|Client \S+ has"
    r"|Dynamic and static|execute|commit:|release:|option |DDNS|if )"
)
_REPLIES = frozenset({MessageType.OFFER, MessageType.ACK, MessageType.NAK, MessageType.BOOTREPLY})
_REFUSED = re.compile(
    r"unknown lease|wrong network|unavailable|not authoritative|no free leases|ignored|lease "
)


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """One message per line."""
    match, names = _LINE.match, DHCP_NAMES
    for number, text in lines:
        at = text.find("DHCP")
        found = match(text, at) if at >= 0 else None
        if found is not None and found.end("mac") + found.end("address") + found.end("from") > -3:
            yield _message(found.groups(), names, reading, number, text)
        elif _KNOWN.match(text) is None:
            reading.miss(number, text)


def _message(
    found: Sequence[str | None], names: Mapping[str, MessageType], reading: Reading, number: int, text: str
) -> Message:
    name, address, server, mac, origin, via, rest = found
    kind = names[name or ""]
    reply = kind in _REPLIES
    relayed = via is not None and via[0].isdigit() and via.count(".") == 3
    ciaddr = origin if origin else (address if kind is MessageType.RELEASE else None)
    requested = None if reply or ciaddr else address
    return Message(
        type=kind,
        node=reading.node_of(text),
        role=reading.role or Role.SERVER,
        direction=TX if reply else RX,
        time=reading.time(text),
        giaddr=via if relayed else None,
        server_id=server,
        requested=requested,
        yiaddr=address if reply and kind is not MessageType.NAK else None,
        ciaddr=ciaddr,
        mac=mac,
        interface=None if relayed else via,
        note=_note(rest) if rest else None,
        file=reading.file,
        line=number,
        text=text,
    )


def _note(rest: str) -> str | None:
    said = rest.strip(" :.")
    if not said or said == "(found)":
        return None
    return "no lease" if said == "(not found)" else said


LOG = LogFormat(
    name="dhcpd",
    title="ISC dhcpd log",
    role=Role.SERVER,
    telling=re.compile(
        r"\bdhcpd(?:\[\d+\])?: |DHCP(?:DISCOVER|REQUEST|RELEASE|INFORM)\b.* from [0-9a-f:]{11,} .*via "
        r"|DHCP(?:OFFER|ACK|NAK) on [\d.]+ to |DHCP Server 4\."
    ),
    parse=parse,
)
