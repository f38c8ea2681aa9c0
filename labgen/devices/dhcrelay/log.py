"""Log of ISC dhcrelay. It names neither message types nor xid; labgen takes those from the other
witnesses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp import masked
from labgen.dhcp.logs import DHCP_NAMES, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageRole, MessageType, sighting
from labgen.dhcp.relay_options import RelayOptions
from labgen.dhcp.remarks import Cause, Remark
from labgen.dhcp.sentences import ADDRESS, Sayings, make

_LINE = re.compile(
    r"(?:.*?(?:dhcrelay\w*|dhcrelay\d?)(?:\[\d+\])?: )?(?:"
    rf"[Ff]orwarded (?P<name>BOOTREQUEST|BOOTREPLY) for (?P<mac>{masked.VALUE}) to (?P<to>{masked.VALUE})"
    r"|BOOTREPLY giaddr: (?P<giaddr>[\d.]+)"
    r"|Adding link selection suboption with addr: (?P<link>[\d.]+)"
    r"|Requesting: (?P<port>\S+) as upstream: (?P<upstream>[YN]) downstream: (?P<downstream>[YN])"
    r"|(?P<rest>.*))"
)
_SAYINGS = Sayings(
    (r"Dropping (?:reply|request) received on (?P<interface>\S+)", Cause.DROPPED),
    (rf"(?:Packet|Discarding packet|packet) (?:to|with) bogus giaddr (?P<address>{ADDRESS})", Cause.DROPPED),
    (
        r"Discarding packet received on (?P<interface>\S+) interface that has no IPv4 address assigned",
        Cause.DROPPED,
    ),
    (r"Discarding packet with invalid|packet.*bad hlen|hop count exceeded|exceeded.*hops", Cause.DROPPED),
    (r"ignoring BOOTREPLY with giaddr of", Cause.DROPPED),
    (
        r"(?:Ignoring|Received|Discarding).*(?:option 82|relay agent|giaddr|bogus|no giaddr|circuit)",
        Cause.DROPPED,
    ),
    (r"No circuit ID|Circuit ID .*(?:unknown|not found|no match)|wrong circuit|bogus circuit", Cause.DROPPED),
    (r"send_packet: .*|receive_packet.*|can't send|Can't |bind: .*|socket: .*", Cause.FAILED),
    (r"Adding \d+-byte|Internet Systems|Copyright|All rights|For info|Listening on|Sending on", None),
    (r"^ip length|^accf|^Relay |^giaddr|^Dropped all|^\s*$", None),
)
_PROGRAMS = frozenset({"dhcrelay", "dhcrelay4"})


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Messages that the relay forwarded, in both directions, and the reasons why it did not."""
    giaddr: str | None = None
    link: str | None = None
    ports: dict[str, str] = {}
    for number, text in lines:
        found = _LINE.match(text)
        if found is None or found["rest"] is not None:
            remark = _said(text if found is None else found["rest"], ports, reading, number, text)
            if remark is not None:
                yield remark
        elif found["giaddr"]:
            giaddr = found["giaddr"]
        elif found["link"]:
            link = found["link"]
        elif found["port"]:
            ports[found["port"]] = f"upstream {found['upstream']}, downstream {found['downstream']}"
            reading.chatter(number, text)
        elif found["name"]:
            yield _forwarded(found, giaddr, link, reading, number, text)
            link = None


def _said(words: str, ports: dict[str, str], reading: Reading, number: int, text: str) -> Remark | None:
    """A remark; one about a reply on a port that was not asked for as upstream says so."""
    remark = _SAYINGS.hear(reading, number, text, words, MessageRole.RELAY)
    if remark is None or remark.cause is not Cause.DROPPED:
        return remark
    known = ports.get(remark.interface or "")
    more = ""
    if known is not None and "reply" in words and known.startswith("upstream N"):
        more = (
            f" ({remark.interface} is not requested as upstream: start dhcrelay with -iu {remark.interface})"
        )
    elif remark.address is not None and "bogus giaddr" in words:
        more = f" ({remark.address} is on no interface this relay listens on)"
    if not more:
        return remark
    reading.remarks -= 1
    return make(
        reading,
        number,
        text,
        words.strip().rstrip(".") + more,
        MessageRole.RELAY,
        Cause.DROPPED,
        _named(remark),
    )


def _named(remark: Remark) -> dict[str, str | None]:
    return {"interface": remark.interface, "address": remark.address, "mac": remark.mac}


def _forwarded(
    found: re.Match[str], giaddr: str | None, link: str | None, reading: Reading, number: int, text: str
) -> Message:
    kind = DHCP_NAMES[found["name"]]
    request = kind is MessageType.BOOTREQUEST
    return sighting(
        type=kind,
        node=reading.node_of(text),
        role=reading.role or MessageRole.RELAY,
        direction=TX,
        time=reading.time(text),
        dst=masked.address(found["to"]),
        giaddr=giaddr,
        relay_options=RelayOptions(link_selection=link) if link and request else None,
        mac=masked.mac(found["mac"]),
        file=reading.file,
        line=number,
        text=text,
    )


LOG = LogFormat(
    name="dhcrelay",
    title="ISC dhcrelay",
    role=MessageRole.RELAY,
    telling=re.compile(
        r"dhcrelay(?![\w@-]*\.service\b)|^(?!.*%RELAY-).*[Ff]orwarded BOOTRE(?:QUEST|PLY) for |BOOTREPLY giaddr: |DHCP Relay Agent 4\."
    ),
    parse=parse,
    programs=_PROGRAMS,
)
