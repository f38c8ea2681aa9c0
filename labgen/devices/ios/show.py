"""`show ip dhcp binding | pool | conflict | server statistics` of IOS and IOS XE.

Bindings come with or without State and Interface columns, from VRF pools, and with client identifiers
that go on in the next line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from labgen.devices.ios.lines import octets
from labgen.dhcp.logs import Reading, Record
from labgen.dhcp.model import Binding, Counter
from labgen.dhcp.stamps import MONTHS, moment

_IP = r"\d+\.\d+\.\d+\.\d+"
_DATE = r"[A-Z][a-z]{2} +\d+ +\d{4} +\d+:\d\d(?::\d\d)?(?: ?[AP]M)?"
_SENTENCES = (
    r"Bindings from VRF pool (?P<vrf>\S+?):",
    r"(?P<global>Bindings from all pools)",
    rf"(?P<address>{_IP})\s+(?P<client>[0-9a-fA-F.]+)\s+(?P<expires>Infinite|--"
    rf"|{_DATE})\s+(?P<kind>[A-Z][\w-]*)"
    r"(?:\s+(?P<state>[A-Z]\w+)\s+(?P<interface>\S+))?\s*$(?P<binding>)",
    rf"(?P<in_conflict>{_IP})\s+(?P<method>Ping"
    rf"|Gratuitous ARP)\s+{_DATE}\s*(?P<conflict_vrf>\S*)$(?P<conflict>)",
    r"Pool (?P<pool>\S+) :",
    r"\s+(?P<figure>Total|Leased|Excluded"
    r"|Pending event)(?: addresses)?\s+: (?P<count>\w+)$(?P<pool_figure>)",
    r"(?P<heading>Message +(?:Received|Sent|Forwarded|Discarded)|Relay Mode)",
    r"(?P<message>BOOT\w+|DHCP[A-Z]+)\s+(?P<messages>\d+)$(?P<statistic>)",
    r"(?P<what>Memory usage|Address pools|Database agents|(?:Automatic|Manual|Expired) bindings"
    r"|Malformed messages"
    r"|Secure arp entries|Renew messages|Workspace timeouts|Static routes"
    r"|Relay bindings\S*)\s+(?P<total>\d+)$(?P<figures>)",
    r"(?P<dropped>DHCP [\w ]*?\bdrop(?:s|ped)?)\s+(?P<drops>\d+)$(?P<drop_figure>)",
    r"\s{8,}(?P<more>[0-9a-fA-F.]+)\s*$",
    r"(?P<known>IP address|\s+Hardware address|\s+User name|\s+Utilization mark|\s+Subnet size"
    r"|\s+\d+ subnets?"
    r"|\s+Current index|\s+IP address range|\s+\d+\.\d+\.\d+\.\d+ +\d+|VRF \w+:|\s+[\d.]+ .*- [\d.]+"
    r"|\S+[#>] ?(?:sh|show|term|debug|do|no|exit|conf)|\s*[-.…]+\s*$|Log Buffer|Syslog logging"
    r"|\s+(?:Console|Monitor|Buffer|Exception|Count|Trap|Persistent) logging|VRF name)",
)
_LINE = re.compile("(?:" + "|".join(f"(?:{sentence})" for sentence in _SENTENCES) + ")")
_WHEN = re.compile(r"([A-Z][a-z]{2}) +(\d+) +(\d{4}) +(\d+):(\d\d)(?::\d\d)?(?: ?([AP])M)?")
Match = re.Match[str]


class SessionTables:
    """The tables of one session, line by line."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.vrf: str | None = None
        self.subject = ""
        self.held: Binding | None = None

    def feed(self, number: int, text: str) -> Iterator[Record]:
        """Take a line; yields what it completes. A line of no table is counted as not understood."""
        match = _LINE.match(text)
        if match is None:
            yield from self.finish()
            self.reading.miss(number, text)
            return
        if match.lastgroup == "more" and self.held is not None:
            dotted = octets((self.held.client_id or self.held.mac or "").replace(":", "") + match["more"])
            mac, client_id = _identity(dotted)
            self.held = replace(self.held, mac=mac, client_id=client_id)
            return
        yield from self.finish()
        handler = _HANDLERS.get(str(match.lastgroup))
        if handler is not None:
            yield from handler(self, match, number, text)

    def finish(self) -> Iterator[Record]:
        """A binding waits for its client identifier to go on in the next line."""
        if self.held is not None:
            yield self.held
        self.held = None

    def in_vrf(self, match: Match, number: int, text: str) -> Iterator[Record]:
        self.vrf = match["vrf"]
        return iter(())

    def in_global(self, match: Match, number: int, text: str) -> Iterator[Record]:
        self.vrf = None
        return iter(())

    def binding(self, match: Match, number: int, text: str) -> Iterator[Record]:
        mac, client_id = _identity(octets(match["client"]))
        self.held = Binding(
            address=match["address"],
            node=self.reading.node,
            state=(match["state"] or "active").lower(),
            expires=when(match["expires"]),
            vrf=self.vrf,
            interface=match["interface"],
            file=self.reading.file,
            line=number,
            text=text,
            mac=mac,
            client_id=client_id,
        )
        return iter(())

    def conflict(self, match: Match, number: int, text: str) -> Iterator[Record]:
        yield Binding(
            address=match["in_conflict"],
            node=self.reading.node,
            state="conflict",
            vrf=match["conflict_vrf"] or None,
            file=self.reading.file,
            line=number,
            text=text,
        )

    def pool(self, match: Match, number: int, text: str) -> Iterator[Record]:
        self.subject = match["pool"]
        return iter(())

    def heading(self, match: Match, number: int, text: str) -> Iterator[Record]:
        self.subject = match["heading"].split()[-1].lower()
        return iter(())

    def pool_figure(self, match: Match, number: int, text: str) -> Iterator[Record]:
        if match["count"].isdecimal():
            yield self._counter(f"{match['figure']} addresses", match["count"], number)

    def statistic(self, match: Match, number: int, text: str) -> Iterator[Record]:
        yield self._counter(match["message"], match["messages"], number)

    def figures(self, match: Match, number: int, text: str) -> Iterator[Record]:
        self.subject = "server"
        yield self._counter(match["what"], match["total"], number)

    def drop_figure(self, match: Match, number: int, text: str) -> Iterator[Record]:
        self.subject = "server"
        yield self._counter(match["dropped"], match["drops"], number)

    def _counter(self, name: str, value: str, number: int) -> Counter:
        reading = self.reading
        return Counter(reading.node, self.subject, name, int(value), file=reading.file, line=number)


def _identity(found: str) -> tuple[str | None, str | None]:
    """Six octets are a hardware address, anything else a client identifier."""
    return (found, None) if len(found) == 17 else (None, found)


def when(text: str) -> float | None:
    """`Mar 12 2023 11:15 AM` in seconds since the epoch (as UTC), None for `Infinite`."""
    match = _WHEN.match(text)
    if match is None or match.group(1) not in MONTHS:
        return None
    month, day, year, hour, minute, half = match.groups()
    hours = int(hour) % 12 + (12 if half == "P" else 0) if half else int(hour)
    return moment((year, MONTHS.index(month) + 1, day, hours, minute))


_Handler = Callable[[SessionTables, Match, int, str], Iterator[Record]]
_HANDLERS: dict[str, _Handler] = {
    "vrf": SessionTables.in_vrf,
    "global": SessionTables.in_global,
    "binding": SessionTables.binding,
    "conflict": SessionTables.conflict,
    "pool": SessionTables.pool,
    "pool_figure": SessionTables.pool_figure,
    "heading": SessionTables.heading,
    "statistic": SessionTables.statistic,
    "figures": SessionTables.figures,
    "drop_figure": SessionTables.drop_figure,
}
