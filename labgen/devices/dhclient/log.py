"""Output of ISC dhclient (`-v`, or its syslog lines).

Several dhclients write into one syslog: the process id tells them apart. Versions 4.3 and 4.4 print the xid of a REQUEST in the other
byte order. `No DHCPOFFERS` ends an attempt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from labgen.dhcp import masked
from labgen.dhcp.logs import DHCP_NAMES, RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Message, MessageRole, MessageType, sighting
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import Sayings, make

_LINE = re.compile(
    r"(?:dhclient\S*?(?:\[(?P<pid>\d+)\])?: )?(?:"
    rf"(?P<sent>DHCP[A-Z]+) (?:(?:for|of) (?P<wanted>{masked.VALUE}) )?"
    rf"on (?P<interface>\S+)(?: to (?P<dst>{masked.VALUE})(?: port \d+)?)?(?=\s|$)"
    rf"|(?P<got>DHCP(?:OFFER|ACK|NAK))(?: of (?P<given>{masked.VALUE}))? from (?P<src>{masked.VALUE})"
    rf"|bound to (?P<bound>{masked.VALUE}) -- renewal in (?P<renew>\d+) seconds"
    rf"|(?:Listening|Sending) on +\w+/(?P<on>[^/\s]+)/(?P<mac>{masked.VALUE})"
    r"|(?P<rest>.*))"
)
_XID = re.compile(r"\(xid=0x([0-9a-f]{1,8})\)")
_SAYINGS = Sayings(
    (r"\d+ bad (?:udp|IP) checksums in \d+ packets", Cause.UNTAKEN),
    (r"No DHCPOFFERS received|No working leases", Cause.GAVE_UP),
    (r"please consult README file", None),
    (r"send_packet: .*|receive_packet failed.*|Network is (?:down|unreachable)|RTNETLINK answers: (?!File exists).*", Cause.FAILED),
    (r"can't create|Permission denied|No broadcast interfaces|Failed to get interface|dhclient.*exit|\bfailed\b", Cause.FAILED),
    (r"SIOCSIF\w+: .*", Cause.FAILED),
    (r"RTNETLINK answers: File exists|SIOC(?:ADD|DEL)RT: ", None),
    (r"Internet Systems|Copyright |All rights|For info|Sending on|Killed old|removed stale|Trying recorded", None),
    (r"^(?:PREINIT|ARP(?:SEND|CHECK)|BOUND|RENEW|REBIND|REBOOT|MEDIUM|STOP|New (?:IP Address|Subnet Mask|Broadcast|Routers))", None),
    (r"\bstatus code (?:NoAddrsAvail|NoPrefixAvail|NoBinding|NotOnLink|UnspecFail)\b", Cause.FAILED),
    (r"XMT:|PRC:|RCV:|xid:|Corrupt lease|Created duid|DHCP\w+ \(xid=|^\s*$|execute_statement|bound:|Listening on", None),
)  # fmt: skip
_PROGRAMS = frozenset({"dhclient"})


class _Process:
    """One dhclient: its interfaces with their MACs, the one it spoke on last, its attempt, and the xids it uses."""

    def __init__(self) -> None:
        self.macs: dict[str, str | None] = {}
        self.interface: str | None = None
        self.attempt = 1
        self.xids: set[int] = set()
        self.acked: Message | None = None
        self.leaves = False

    def mac(self) -> str | None:
        if self.interface is not None:
            return self.macs.get(self.interface)
        return next(iter(self.macs.values())) if len(self.macs) == 1 else None

    def xid(self, text: str) -> int | None:
        """The xid of a line, turned round where its other byte order is one that was seen."""
        match = _XID.search(text)
        if match is None:
            return None
        found = int(match.group(1), 16)
        turned = int.from_bytes(found.to_bytes(8, "little")[:4], "big")
        if found not in self.xids and turned in self.xids:
            return turned
        self.xids.add(found)
        return found


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Messages the client sent and received. The MAC comes from the banner, one per interface."""
    processes: dict[str | None, _Process] = {}
    for number, text in lines:
        found = _LINE.match(text, max(0, text.find("dhclient")))
        if found is None:
            reading.miss(number, text)
            continue
        process = processes.setdefault(found["pid"], _Process())
        if found["on"]:
            process.macs[found["on"]] = masked.mac(found["mac"])
            reading.chatter(number, text)
        elif found["sent"] in DHCP_NAMES:
            yield from _done(process)
            process.interface = found["interface"]
            process.leaves = found["sent"] == "DHCPRELEASE"
            yield _sent(found, process, reading, number, text)
        elif found["got"]:
            yield from _done(process)
            message = _got(found, process, reading, number, text)
            if message.type is MessageType.ACK:
                process.acked = message
            else:
                yield message
        elif found["bound"]:
            yield from _bound(found, process, reading, number, text)
        else:
            yield from _said(found["rest"] or "", process, reading, number, text)
    for process in processes.values():
        yield from _done(process)


def _done(process: _Process) -> Iterator[Message]:
    """An ACK waits for the line that names the address."""
    if process.acked is not None:
        yield process.acked
    process.acked = None


def _bound(
    found: re.Match[str], process: _Process, reading: Reading, number: int, text: str
) -> Iterator[Record]:
    """The address of the ACK before it; without one (the REQUEST was not logged) this line stands for it."""
    given = masked.address(found["bound"])
    acked = process.acked
    process.acked = None
    if acked is not None:
        yield replace(acked, yiaddr=acked.yiaddr or given)
    elif given is not None:
        yield _received(MessageType.ACK, process, reading, number, text, yiaddr=given, src=None)
    else:
        reading.chatter(number, text)


def _said(words: str, process: _Process, reading: Reading, number: int, text: str) -> Iterator[Record]:
    remark = _SAYINGS.hear(reading, number, text, words, MessageRole.CLIENT)
    if remark is None:
        return
    if remark.cause is Cause.GAVE_UP:
        yield from _done(process)
        process.attempt += 1
        reading.remarks -= 1
        fields = {"interface": process.interface, "mac": process.mac()}
        remark = make(reading, number, text, words, MessageRole.CLIENT, Cause.GAVE_UP, fields)
    elif process.leaves and words.startswith("send_packet: "):
        remark = replace(remark, cause=Cause.OTHER)  # a RELEASE that does not leave the host
    yield remark


def _sent(found: re.Match[str], process: _Process, reading: Reading, number: int, text: str) -> Message:
    kind, wanted, dst = (
        DHCP_NAMES[found["sent"]],
        masked.address(found["wanted"]),
        masked.address(found["dst"]),
    )
    direct = dst is not None and dst != "255.255.255.255"
    held = wanted if direct or kind is MessageType.RELEASE else None
    # Nobody hides the broadcast address: what is hidden is the server's, and it is asked by unicast.
    hidden = kind is MessageType.REQUEST and bool(found["dst"]) and dst is None
    return sighting(
        type=kind,
        node=reading.node_of(text),
        role=reading.role or MessageRole.CLIENT,
        direction=TX,
        time=reading.time(text),
        src=held,
        dst=dst,
        requested=None if held else wanted,
        ciaddr=held,
        server_id=dst if kind is MessageType.RELEASE and direct else None,
        mac=process.mac(),
        xid=process.xid(text),
        interface=found["interface"],
        note="renewing" if hidden else None,
        attempt=process.attempt,
        file=reading.file,
        line=number,
        text=text,
    )


def _got(found: re.Match[str], process: _Process, reading: Reading, number: int, text: str) -> Message:
    given, src = masked.address(found["given"]), masked.address(found["src"])
    return _received(DHCP_NAMES[found["got"]], process, reading, number, text, yiaddr=given, src=src)


def _received(
    kind: MessageType,
    process: _Process,
    reading: Reading,
    number: int,
    text: str,
    *,
    yiaddr: str | None,
    src: str | None,
) -> Message:
    return sighting(
        type=kind,
        node=reading.node_of(text),
        role=reading.role or MessageRole.CLIENT,
        direction=RX,
        time=reading.time(text),
        src=src,
        yiaddr=yiaddr,
        mac=process.mac(),
        xid=process.xid(text),
        interface=process.interface,
        attempt=process.attempt,
        file=reading.file,
        line=number,
        text=text,
    )


LOG = LogFormat(
    name="dhclient",
    title="ISC dhclient",
    role=MessageRole.CLIENT,
    telling=re.compile(
        r"dhclient(?:\[\d+\])?:|DHCP(?:DISCOVER|REQUEST|RELEASE)\b.* on \S+ to \S+ port 67"
        r"|^DHCP(?:OFFER|ACK) of \S+ from |bound to \S+ -- renewal|DHCP Client 4\."
    ),
    parse=parse,
    programs=_PROGRAMS,
)
