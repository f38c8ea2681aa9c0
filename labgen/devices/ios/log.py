"""DHCP debug logs of Cisco IOS and IOS XE: servers, relays and clients, mixed as they come in one
buffer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.devices.ios.client_log import ClientLog
from labgen.devices.ios.lines import whole
from labgen.devices.ios.server_log import ServerLog
from labgen.devices.ios.show import SessionTables
from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole

_STAMP = (
    r"(?:<\d+>)?(?:.{0,60}?: )??(?:\d{3,}: )?"
    r"(?:[*.]?(?:[A-Z][a-z]{2} +\d+ (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d+)?(?: [A-Z]{2,5})?"
    r"|\d{1,4}:\d\d:\d\d(?:\.\d+)?|(?:\d+[ywdh])+)(?: [A-Z]{2,5})?: )?"
)
_SERVER = re.compile(r".*?(?:DHCPD ?: ?|%DHCPD-\d-\w+: (?:DHCP )?)(.*)")
_CLIENT = re.compile(_STAMP + r"\s*(?:DHCP: |RAC: )?\s*(.*)")
_UNPREFIXED_SERVER = re.compile(r"Option 82|Option 12[45]")


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """Messages and bindings from a debug log, with any or no timestamps, wrapped lines made whole."""
    servers: dict[str, ServerLog] = {}
    clients: dict[str, ClientLog] = {}
    tables = SessionTables(reading)
    for number, text in whole(lines):
        if not text or text.isspace():
            continue
        node = reading.node_of(text)
        if "DHCPD" in text:
            match = _SERVER.match(text)
            if match is not None:
                server = servers.get(node) or servers.setdefault(node, ServerLog(reading))
                yield from server.feed(number, text, match.group(1))
                continue
        match = _CLIENT.match(text)
        body = match.group(1) if match is not None else text
        if _UNPREFIXED_SERVER.match(body):
            continue
        client = clients.get(node) or clients.setdefault(node, ClientLog(reading))
        found = client.feed(number, text, body)
        if found is None:
            found = tables.feed(number, text)
        yield from found
    for server in servers.values():
        yield from server.finish()
    for client in clients.values():
        yield from client.finish()
    yield from tables.finish()


LOG = LogFormat(
    name="ios",
    title="Cisco IOS and IOS XE DHCP debugs and show commands",
    role=MessageRole.SERVER,
    telling=re.compile(
        r"DHCPD ?: (?!Recv |Send |Wrong )|\bDHCP: (?:S(?:Discover|Request|Release)|Scan:|Received a BOOTREP|Try \d|QScan|rcvd pkt)"
        r"|%DHCP-6-ADDRESS_ASSIGN|DHCP Lease server: [\d.]+, state:|^Bindings from |^IP address +Client-ID/"
        r"|^Pool \S+ :$|^IP address +Detection method|^Message +(?:Received|Sent)$"
    ),
    parse=parse,
)
