"""`debug dhcprelay packet` and `event` of Cisco ASA.

The relay names clients and ways, and no message types: a request is one that it received, a reply one that it handed on. Its giaddr is told
in a line before the one that forwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp import masked
from labgen.dhcp.logs import RX, TX, Line, LogFormat, Reading, Record
from labgen.dhcp.message import Direction, Message, MessageRole, MessageType, sighting
from labgen.dhcp.remarks import Cause
from labgen.dhcp.sentences import ADDRESS, Sayings

_MAC = r"(?P<mac>[0-9a-fA-F]{4}(?:\.[0-9a-fA-F]{4}){2})"
_GIADDR = re.compile(rf"DHCP(?:D|RA|D/RA): setting giaddr to (?P<giaddr>{ADDRESS})")
_FORWARDED = re.compile(rf"dhcpd_forward_request: request from {_MAC} forwarded to (?P<to>{ADDRESS})")
_PUNTED = re.compile(rf"DHCPD/RA: Punt (?P<server>{ADDRESS})/\d+ --> (?P<giaddr>{ADDRESS})/\d+")
_RECEIVED = re.compile(r"Received a (?P<op>BOOTREQUEST|BOOTREPLY) from interface (?P<interface>\S+)")
_BINDING = re.compile(rf"DHCPRA: relay binding (?:found|created) for client {_MAC}")
_REPLIED = re.compile(rf"DHCPRA: forwarding reply to client {_MAC}")
_SAYINGS = Sayings(
    (rf"(?:dropping|discarding|ignoring) .*?(?:client {_MAC}.*)?$", Cause.DROPPED),
    (rf"(?:unable to|could not|cannot|failed to|no relay binding|relay binding not found).*?(?:client {_MAC}.*)?$", Cause.DROPPED),
    (r"Server msg received|relay binding|exchange complete|address pool|removing NP rule|adding NP rule|Punt|^\S+# ", None),
)  # fmt: skip
_HEAD = re.compile(r".*?DHCP(?:D|RA|D/RA): ?|.*?\bDHCP: ?")


class _Relay:
    """The packet that the next line is about, as far as the lines before it say."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.giaddr: str | None = None
        self.server: str | None = None
        self.arrived: re.Match[str] | None = None

    def feed(self, number: int, text: str) -> Iterator[Record] | None:
        """Messages that a line tells of; None for a line of another kind."""
        if (found := _GIADDR.search(text)) is not None:
            self.giaddr = found["giaddr"]
        elif (found := _PUNTED.search(text)) is not None:
            self.server, self.giaddr = found["server"], found["giaddr"]
        elif (found := _RECEIVED.search(text)) is not None:
            self.arrived = found
        elif (found := _BINDING.search(text)) is not None and self.arrived is not None:
            return iter((self._received(found["mac"], number, text),))
        elif (found := _FORWARDED.search(text)) is not None:
            sent = self._message(MessageType.BOOTREQUEST, TX, found["mac"], number, text)
            return iter((sent,)) if sent.dst is not None else None
        elif (found := _REPLIED.search(text)) is not None:
            return iter((self._message(MessageType.BOOTREPLY, TX, found["mac"], number, text),))
        else:
            return None
        self.reading.chatter(number, text)
        return iter(())

    def _received(self, mac: str, number: int, text: str) -> Message:
        reply = self.arrived is not None and self.arrived["op"] == "BOOTREPLY"
        self.arrived = None
        return self._message(
            MessageType.BOOTREPLY if reply else MessageType.BOOTREQUEST, RX, mac, number, text
        )

    def _message(self, kind: MessageType, direction: Direction, mac: str, number: int, text: str) -> Message:
        to = _FORWARDED.search(text)
        from_server = kind is MessageType.BOOTREPLY and direction is RX
        relayed = to is not None or from_server
        return sighting(
            type=kind,
            node=self.reading.node_of(text),
            role=self.reading.role or MessageRole.RELAY,
            direction=direction,
            time=self.reading.time(text),
            src=self.server if from_server else None,
            dst=to["to"] if to is not None else None,
            giaddr=self.giaddr if relayed else None,
            mac=masked.mac(mac),
            file=self.reading.file,
            line=number,
            text=text,
        )


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """A message for each packet that the relay received or sent."""
    relay = _Relay(reading)
    for number, text in lines:
        found = relay.feed(number, text)
        if found is not None:
            yield from found
            continue
        remark = _SAYINGS.hear(reading, number, text, _HEAD.sub("", text, count=1), MessageRole.RELAY)
        if remark is not None:
            yield remark


LOG = LogFormat(
    name="asa",
    title="DHCP relay debugs of Cisco ASA",
    role=MessageRole.RELAY,
    telling=re.compile(r"DHCPRA: |DHCPD/RA: |dhcpd_forward_request: |DHCPD: returned relay binding"),
    parse=parse,
)  # fmt: skip
