"""systemd-networkd's DHCPv4 client, server and relay: info lines, and the debug lines of
SYSTEMD_LOG_LEVEL=debug.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Direction, Message, MessageType, Role

_IP = r"\d+\.\d+\.\d+\.\d+"
_LINE = re.compile(
    r"(?:systemd-networkd(?:\[\d+\])?: )?(?:(?P<interface>[\w.@-]+): )?(?:"
    rf"DHCPv4 address (?P<address>{_IP})(?:/\d+)?,? *(?:\(?(?:gateway|via) (?P<gateway>{_IP})\)?,? *)?"
    rf"acquired from (?P<server>{_IP})"
    r"|DHCPv4 client: (?:(?P<state>DISCOVER|REQUEST|OFFER|ACK|NAK|RELEASE|DECLINE"
    r"|INFORM)\b(?: \((?P<phase>[\w-]+)\))?(?P<rest>.*))"
    r"|DHCPv4 server: (?P<served>DISCOVER|OFFER|REQUEST|ACK|NAK|RELEASE"
    r"|DECLINE) \(0x(?P<xid>[0-9a-f]+)\)(?P<why>.*)"
    r"|DHCPv4 server: \(relay agent\) (?P<relayed>BOOTREQUEST|BOOTREPLY) \(0x(?P<relay_xid>[0-9a-f]+)\)"
    r"|(?P<known>DHCPv4|DHCP lease|Configured|Link |Gained|Lost carrier|Requested to|found matching"
    r"|Reconfiguring"
    r"|Interface|State changed|Bringing|Flags change|Remembering|Forgetting|Received|Setting|Network))"
)
_REPLIES = frozenset({"OFFER", "ACK", "NAK", "BOOTREPLY"})
_EVERYONE = "255.255.255.255"


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Messages; at level info the acquired address stands for the ACK."""
    debugged = False
    for number, text in lines:
        found = _LINE.match(text, max(0, text.find("systemd-networkd")))
        if found is None:
            reading.miss(number, text)
        elif found["state"]:
            debugged = True
            yield _client(found, reading, number, text)
        elif found["served"] or found["relayed"]:
            yield _server(found, reading, number, text)
        elif found["address"]:
            yield _acquired(found, debugged, reading, number, text)


def _client(found: re.Match[str], reading: Reading, number: int, text: str) -> Message:
    kind, state = MessageType(found["state"]), found["phase"]
    return Message(
        type=kind,
        node=reading.node_of(text),
        role=reading.role or Role.CLIENT,
        direction=RX if found["state"] in _REPLIES else TX,
        time=reading.time(text),
        dst=_EVERYONE if kind is MessageType.DISCOVER or state in ("requesting", "init-reboot") else None,
        interface=found["interface"],
        note=state if state in ("renewing", "rebinding") else None,
        file=reading.file,
        line=number,
        text=text,
    )


def _acquired(found: re.Match[str], debugged: bool, reading: Reading, number: int, text: str) -> Message:
    """Repeats the ACK of a debug log with its address: then marked so that it counts as the same."""
    return Message(
        type=MessageType.ACK,
        node=reading.node_of(text),
        role=reading.role or Role.CLIENT,
        direction=RX,
        time=reading.time(text),
        yiaddr=found["address"],
        server_id=found["server"],
        interface=found["interface"],
        note="address configured" if debugged else None,
        file=reading.file,
        line=number,
        text=text,
    )


def _server(found: re.Match[str], reading: Reading, number: int, text: str) -> Message:
    name = found["served"] or found["relayed"]
    direction: Direction = TX if name in _REPLIES and not found["relayed"] else RX
    return Message(
        type=MessageType(name),
        node=reading.node_of(text),
        role=Role.RELAY if found["relayed"] else Role.SERVER,
        direction=direction,
        time=reading.time(text),
        xid=int(found["xid"] or found["relay_xid"], 16),
        interface=found["interface"],
        note=(found["why"] or "").strip(" :.") or None,
        file=reading.file,
        line=number,
        text=text,
    )


LOG = LogFormat(
    name="networkd",
    title="systemd-networkd",
    role=Role.CLIENT,
    telling=re.compile(r"systemd-networkd(?:\[\d+\])?: |DHCPv4 (?:client|server): |DHCPv4 address [\d.]+"),
    parse=parse,
)
