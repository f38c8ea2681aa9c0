"""`in.dhcpd` of Solaris: debug output (`-d -v`) and transaction log.

Layouts are those of Oracle's administration guides: a transaction is its operation, the begin and the end of the lease, the client's and
the server's address, and on the same line or the next one the client's identifier.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp import masked
from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageRole, MessageType, sighting
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import ADDRESS, Sayings

_DONE = re.compile(
    rf"\bDHCP (?P<what>ASSIGN|EXTEND|RELEASE|DECLINE|INFORM|NAK) (?P<begin>\d{{9,10}}) (?P<end>\d{{9,10}}) (?P<address>{ADDRESS})"
    rf" (?P<server>{ADDRESS})(?:\s+(?P<client>(?:0x)?[0-9A-Fa-f]{{12,14}}))?"
)
_CLIENT = re.compile(r"^\s+(?P<client>(?:0x)?[0-9A-Fa-f]{12,14})\b")
_MEANS = {"ASSIGN": MessageType.ACK, "EXTEND": MessageType.ACK}
_WHO = r"Client: (?P<client_id>[0-9A-Fa-f]{12,14})"
_SAYINGS = Sayings(
    (rf"No more IP addresses (?:on|for) (?P<subnet>{ADDRESS})", Cause.POOL_EXHAUSTED),
    (r"There is no \S+ dhcp-network table for DHCP client's network", Cause.NO_SCOPE),
    (rf"ICMP ECHO reply to OFFER candidate: (?P<address>{ADDRESS})", Cause.CONFLICT),
    (rf"{_WHO} is requesting verification of address owned by (?P<address>{ADDRESS})", Cause.OTHER),
    (r"nonexistent per network database|[Bb]ad magic|not responding", Cause.FAILED),
    (
        rf"{_WHO} maps to IP|^Datagram received|^Unicasting|^Broadcasting|^Adding ARP|^Monitor |^Thread Id|^MTU:|^Broadcast:|^Netmask:"
        r"|^Address:|^Read \d+ entries|^Daemon Version|^Maximum relay hops|logging to|^Run mode|^Datastore|^Path:|offer TTL|compatibility"
        r"|^ICMP validation",
        None,
    ),
)


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """A message for each transaction that was logged; what the server says about the others."""
    held: tuple[re.Match[str], Line] | None = None
    for number, text in lines:
        if held is not None:
            found, (at, line) = held
            held = None
            named = _CLIENT.match(text)
            yield _message(found, named["client"] if named is not None else None, reading, at, line)
            if named is not None:
                continue
        done = _DONE.search(text)
        if done is not None and done["client"] is None:
            held = done, (number, text)
        elif done is not None:
            yield _message(done, done["client"], reading, number, text)
        elif (remark := _SAYINGS.hear(reading, number, text, text.strip(), MessageRole.SERVER)) is not None:
            yield remark
    if held is not None:
        yield _message(held[0], None, reading, *held[1])


def _message(found: re.Match[str], client: str | None, reading: Reading, number: int, text: str) -> Message:
    kind = _MEANS.get(found["what"]) or MessageType(found["what"])
    begin, end = int(found["begin"]), int(found["end"])
    reading.stamps.kind = "epoch"
    return sighting(
        type=kind,
        node=reading.node,
        role=reading.role or MessageRole.SERVER,
        direction=TX if kind.is_reply else RX,
        time=float(begin),
        yiaddr=found["address"] if kind is MessageType.ACK else None,
        ciaddr=found["address"] if kind is MessageType.RELEASE else None,
        requested=found["address"] if kind is MessageType.DECLINE else None,
        server_id=found["server"],
        lease_seconds=end - begin if kind is MessageType.ACK and end > begin else None,
        mac=masked.mac(client.removeprefix("0x")[-12:]) if client is not None else None,
        file=reading.file,
        line=number,
        text=text,
    )


LOG = LogFormat(
    name="in.dhcpd",
    title="Solaris' in.dhcpd",
    role=MessageRole.SERVER,
    telling=re.compile(
        rf"{_DONE.pattern}|^Datagram received on network device: |^Client: [0-9A-F]{{12,14}} (?:is requesting|maps to IP)"
        rf"|^Monitor \(\d+/\w+\) started|No more IP addresses (?:on|for) {ADDRESS} network"
    ),
    parse=parse,
    programs=frozenset({"in.dhcpd"}),
)
