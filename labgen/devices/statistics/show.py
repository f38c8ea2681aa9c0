"""Counters of DHCP relays and of DHCP snooping as switches show them: Junos, IOS XR, SONiC, AOS-CX, SR OS, Comware, and the
snooping statistics of IOS.

They differ in layout, not in kind: a heading names a section or columns, a row a message or a reason with its numbers. Layouts
are those of the readers that labs use (`devices/<name>`) and of published sessions; none was read from a device by labgen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.devices.states.show import beside
from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.model import Counter

_SECTION = re.compile(r"^\s*(?P<name>[A-Za-z][\w /()-]*?)(?: Because)?\s*:?\s*$")
_ASSIGNED = re.compile(r"^\s*(?P<name>[A-Za-z][\w ,./()'-]*?)\s*(?:[:=]|\s{2,}|\.{2,})\s*(?P<value>\d+)\s*$")
_SEVERAL = re.compile(r"([A-Za-z][\w /-]*?) *(?::|=) *(\d+)(?=\s*(?:,|$))|\b([a-z]+) (\d+) packets")
_DOTTED = re.compile(
    r"^\s*(?P<subject>\w[\w ]* messages) (?P<way>received|relayed)\.{2,} *(?P<value>\d+)\s*$"
)
_PIPES = re.compile(r"^\s*\|?\s*(?P<cells>[^|]+(?:\|[^|]+)+)\|?\s*$")
_NUMBERS = re.compile(r"^\s*(?P<values>\d+(?:\s+\d+)+)\s*$")
_NAMED_ROW = re.compile(r"^\s*(?P<name>[A-Za-z][\w /.:-]*?)\s{2,}(?P<values>\d+(?:\s+\d+)+)\s*$")
_LEAF = re.compile(r"^\s*(?P<name>[a-z]+(?:-[a-z0-9]+)+) (?P<value>\d+)\s*$")
_SNOOPED = re.compile(
    r"^\s*(?P<packet>server|client)\s+(?P<action>forward|drop)\s+(?P<reason>\S.*?\S)\s+(?P<value>\d+)\s*$"
)
_COUNTED = re.compile(
    r"^\s*(?P<name>(?:total )?packets (?:processed|received|forwarded|dropped)\b[\w /,-]*?) (?P<value>\d+)\s*$",
    re.I,
)
"""A sentence with its number behind it (NX-OS)."""
_TOTAL_COUNT = re.compile(r"^\s*Total Count\s*=\s*(?P<value>\d+)")
_RX_AND_TX = re.compile(r"([A-Z]\w+): *(\d+)/ *(\d+)")
_PLACE = re.compile(r"\[ *(?P<name>[\w-]+?)-? *(?:Snapshot|Current) rx/tx\]")
"""SONiC's monitor of its relay: of a VLAN with its uplinks together, or of one port."""
_NODE = re.compile(r"^\s*(?P<name>[a-z][\w.-]*(?: [\w./-]+)?) \{$")
_COLUMNS = re.compile(r"[A-Za-z][\w/-]*(?: [A-Za-z][\w/-]*)*")
_RULE = re.compile(r"^[\s|+=-]*$")
_PROMPT = re.compile(r"^\S+[#>] ?\S|^\{.*\}$|^RP/")
_HEADS = re.compile(
    r"drop|discard|receiv|sent|transmit|forward|rx|tx|process|statistic|packets|messages", re.IGNORECASE
)


class _Table:
    """The reader's place in a table: the section, and the columns of the rows that follow."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.section = "relay"
        self.columns: list[str] = []
        self.legend: dict[str, str] = {}
        self.role = reading.role or MessageRole.RELAY
        self.above: list[str] = []

    def counter(self, subject: str, name: str, value: str, number: int) -> Counter:
        return Counter(self.reading.node, subject, name, int(value), self.role, self.reading.file, number)


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """A counter for each number of the tables."""
    table = _Table(reading)
    for number, text in lines:
        found = list(_row(table, number, text))
        yield from found
        if not found:
            _heading(table, number, text)
        if text.strip():
            table.above = [*table.above[-1:], text]


def _row(table: _Table, number: int, text: str) -> Iterator[Counter]:
    pipes, numbers, single = (
        _PIPES.match(text),
        _NUMBERS.match(text),
        _ASSIGNED.match(text) or _COUNTED.match(text),
    )
    leaf = _LEAF.match(text)
    row = _NAMED_ROW.match(text)
    if pipes is not None:
        cells = [cell.strip() for cell in pipes["cells"].split("|")]
        if _HELPERS in cells:
            table.columns = []
        elif not any(cell.isdecimal() for cell in cells):
            table.columns = [_SHORT.get(cell, table.legend.get(cell, cell)) for cell in cells]
        elif len(table.columns) == len(cells):
            pairs = zip(table.columns[1:], cells[1:], strict=True)
            yield from (
                table.counter(cells[0], _named(table, name), v, number) for name, v in pairs if v.isdecimal()
            )
    elif numbers is not None and table.columns:
        values = numbers["values"].split()
        names = (
            table.columns
            if len(table.columns) == len(values)
            else [f"column {n + 1}" for n in range(len(values))]
        )
        yield from (table.counter(table.section, n, v, number) for n, v in zip(names, values, strict=True))
    elif row is not None and len(row["values"].split()) == len(table.columns) - 1:
        pairs = zip(table.columns[1:], row["values"].split(), strict=True)
        yield from (table.counter(row["name"].strip(), name, value, number) for name, value in pairs)
    elif len(both := _RX_AND_TX.findall(text)) > 1 and (place := _PLACE.search(text)) is not None:
        whole = place["name"].lower().startswith("agg")
        for name, received, sent in both:
            for direction, value in (("rx", received), ("tx", sent)):
                subject, counted = (name, direction) if whole else (place["name"], f"{direction} {name}")
                yield table.counter(subject, counted, value, number)
    elif (snooped := _SNOOPED.match(text)) is not None:
        yield table.counter(
            snooped["packet"], f"{snooped['action']} {snooped['reason']}", snooped["value"], number
        )
    elif leaf is not None:
        subject, _, name = leaf["name"].rpartition("-")
        yield table.counter(subject.replace("-", " "), name, leaf["value"], number)
    elif (dotted := _DOTTED.match(text)) is not None:
        yield table.counter(dotted["subject"], dotted["way"], dotted["value"], number)
    elif (total := _TOTAL_COUNT.match(text)) is not None:
        yield table.counter("relay", table.section, total["value"], number)
    elif len(several := _SEVERAL.findall(text)) > 1:
        section = re.match(r"\s*(\w+):", text)
        table.section = section.group(1) if section is not None else table.section
        for name, value, word, count in several:
            yield table.counter(table.section, (name or word).strip(), value or count, number)
    elif single is not None:
        yield table.counter(table.section, single["name"].strip(), single["value"], number)


def _named(table: _Table, column: str) -> str:
    """A column, with the direction that the first heading holds (`Vlan (RX)`)."""
    direction = re.search(r"\((RX|TX)\)", table.columns[0])
    return f"{direction.group(1).lower()} {column}" if direction is not None else column.lower()


def _heading(table: _Table, number: int, text: str) -> None:
    legend = dict(_LEGEND.findall(text))
    if legend and (table.legend or "Abbr" in text):
        table.legend |= {short: name for short, name in legend.items() if name != "Unknown"}
        table.reading.chatter(number, text)
        return
    if _SERVERS.search(text) and table.reading.role is None:
        table.role = MessageRole.SERVER
    section = _SECTION.match(text)
    spread = re.search(r"\S\s{2,}[A-Za-z]", text) is not None
    if _UNDERLINED.match(text):
        table.columns, table.section = _underlined(text, table.above), "relay"
        table.reading.chatter(number, text)
    elif _RULE.match(text) or _PROMPT.match(text.strip()) or _PIPES.match(text):
        table.reading.chatter(number, text)
    elif (node := _NODE.match(text)) is not None or text.strip() == "}":
        table.section = node["name"] if node is not None and node["name"] != "statistics" else table.section
        table.reading.chatter(number, text)
    elif spread and len(_COLUMNS.findall(text)) > 1:
        table.columns = [word.lower() for word in re.split(r"\s{2,}", text.strip())]
        table.section = table.columns[1] if len(table.columns) == 2 else table.section
        table.reading.chatter(number, text)
    elif section is not None and (text.rstrip().endswith(":") or _HEADS.search(text)):
        table.section = section["name"].strip()
        table.reading.chatter(number, text)
    else:
        table.reading.miss(number, text)


def _underlined(rule: str, above: list[str]) -> list[str]:
    """The columns whose names stand over a line of dashes; names of groups of columns over them are put in front."""
    if not above:
        return []
    spans = [found.span() for found in re.finditer(r"-+", rule)]
    names = [" ".join(above[-1][begin:end].lower().split()) for begin, end in spans]
    groups = re.split(r"\s{2,}", above[0].strip().lower()) if len(above) > 1 else []
    if len(set(names)) < len(names) and len(groups) > 1 and not len(names) % len(groups):
        each = len(names) // len(groups)
        names = [f"{groups[at // each]} {name}" for at, name in enumerate(names)]
    return names


_UNDERLINED = re.compile(r"^\s*-{2,}(?:\s+-{2,})+\s*$")
_LEGEND = re.compile(r"\b([A-Z][a-z]{1,3}) - ([A-Z][A-Za-z]+)")
"""Abbreviations of columns, as SONiC explains them. Unknown stays short: dhcp4relay counts plain BOOTP by it, and relays that."""
_SHORT = {"DR": "drops"}
_HELPERS = "DHCP Relay Address"
"""A column of SONiC's table of helpers, whose numbers are settings."""
_SERVERS = re.compile(r"dhcp[ -]server (?:global )?statistics", re.I)
_MESSAGES = (
    r"discover|offer|request|decline|ack|nak|nack|release|inform|boot ?(?:p )?request|boot ?(?:p )?reply"
)
COUNTERS = LogFormat(
    name="counters",
    title="counters of DHCP messages",
    role=MessageRole.RELAY,
    telling=re.compile(
        rf"^\s*(?:dhcp[ -]?)?(?:{_MESSAGES})s?(?: (?:packets|messages))?(?: (?:received|sent|relayed|forwarded))?"
        r"\s*(?:[:=]|\.\.+|\s{2,})\s*\d+\s*(?:,|$)"
        r"|^\s*(?:client|server) packets relayed\s*:\s*\d+\s*$"
        r"|^\s*(?:drop(?:ped|s)?|discarded|bad) (?:packets|messages)(?: rec\w+)?\s*[:=]\s*\d+\s*$"
        r"|^\s*(?:due to|dropped by) [\w /-]+:\s*\d+\s*$"
        r"|^\s*dhcp (?:[\w ]+ )?packets (?:received|sent|relayed|forwarded|dropped)(?: (?:from|to|by) \w+)?\s*[:=]\s*\d+\s*$",
        re.I,
    ),
    parse=beside(parse),
    last=True,
)
"""Whatever device counts DHCP messages by their names, line by line."""
SHOW = LogFormat(
    name="statistics",
    title="counters of DHCP relay and snooping",
    role=MessageRole.RELAY,
    telling=re.compile(
        r"^\s*(?:Packets dropped|Messages received|Messages sent|Packets forwarded):\s*$|show dhcp relay statistics"
        r"|\|\s*RECEIVE\s*\|\s*TRANSMIT|\| *Vlan \((?:RX|TX)\)|^\s*DHCP Relay (?:Option 82 )?Statistics\s*:"
        r"|\| *RX *\| *TX *\| *DR *\||^\s*packet_drop_\w+ *: *\d|^Packets processed \d+"
        r"|(?<!IPv4 )DHCP (?:Global )?Statistics|Packets (?:Forwarded|Dropped|Processed by DHCP Snooping)\s+=|Packets Dropped Because"
        r"|^\s*DHCP(?:DISCOVER|OFFER|REQUEST|ACK|NAK) packets (?:received|sent|relayed)|DHCP L3 Relay Statistics"
        r"|^\s*Packets relayed from (?:client|server) to|^\s*(?:client|server)-packets-(?:received|relayed|discarded) \d"
        r"|dhcp_?4?_?relay\S* (?:ipv4 )?count|^Message Type\s+\S+\((?:RX|TX)\)"
        r"|^DHCP (?:UDP Unreachable|Other UDP) Errors:|^Packets Relayed$"
        r"|^\s*The statistics of DHCP (?:RELAY|SERVER):|^\s*DHCP packets (?:received from|sent to) (?:clients|servers) +:"
        r"|^\s*DHCP (?:client|server) messages (?:received|relayed)\b"
        r"|^\s*(?:server|client) +(?:forward|drop) +[a-z].* \d+\s*$|Status and Counters - DHCP Relay Agent"
        r"|-? *(?:Snapshot|Current) rx/tx\] Discover:"
        r"|^\s*Reception From Client\s*:|^\s*BOOTRE(?:QUEST|PLY) messages (?:received|forwarded) by the relay"
    ),
    parse=beside(parse),
)
