"""Figures of pools and servers of any maker: tables with columns for used and free addresses (ArubaOS, Windows' `ScopeStatistics`,
EdgeOS, VyOS, `dhcpd-pools`), fields by pool (VRP's `display ip pool`, `netsh dhcp server show mibinfo`), and Kea's statistics.

They differ in words, not in kind: of a pool they tell how many addresses it has, how many are used, free or in conflict.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.devices.states.show import beside
from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.model import Counter

TOTAL, LEASED, FREE, CONFLICT = (
    "Total addresses",
    "Leased addresses",
    "Free addresses",
    "Conflicting addresses",
)
_MEANS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), name)
    for pattern, name in (
        (r"^(?:no\. of |# )?(?:free|idle|avail(?:able)?)(?: (?:leases|addresses))?$", FREE),
        (r"^(?:conflict(?:s|ed)?|abandoned(?: leases)?|declined(?:-addresses)?|bad)$", CONFLICT),
        (r"^(?:total(?:-addresses| addresses)?|(?:pool )?size|max|configured leases|capacity)$", TOTAL),
        (
            r"^(?:(?:no\. of )?addresses in use|used|in ?use|active leases|leases|(?:# )?leased|assigned(?:-addresses)?|cur|stable)$",
            LEASED,
        ),
    )
)
_SPREAD = re.compile(r"\s{2,}|\t|\s*\|\s*")
_WORDS = re.compile(r"(?:[%#] ?)?[^\s|]+")
_NAMED = re.compile(
    r"^\s*(?:Pool[- ]?name|Subnet|Scope|Pool)\s*[:=]\s*(?P<name>[\w./-]+?)\.?\s*$", re.IGNORECASE
)
_PAIR = re.compile(r"(?P<label>[A-Za-z][\w. ]*?)\s*[:=] ?(?P<value>\d+)\.?(?=\s|$)")
_COUNTED = re.compile(r"^\s*(?P<name>Discover|Offer|Request|Ack|Nak|Decline|Release)s\s*=\s*(?P<value>\d+)\.")
_KEA = re.compile(
    r'"(?:(?P<pool>subnet\[\d+\](?:\.pool\[\d+\])?)\.)?(?P<name>(?:total|assigned|declined)-addresses'
    r"|v4-allocation-fail[\w-]*|pkt4-(?:receive-drop|parse-failed)|pkt4-[a-z]+-(?:received|sent))"
    r'"\s*:\s*\[\s*\[\s*(?P<value>\d+)'
)
_SENT = frozenset({"OFFER", "ACK", "NAK"})
_HEADING = re.compile(
    r"(?=.*(?:\bfree\b|\bavail(?:able)?\b|\bidle\b))(?=.*\b(?:in ?use|active leases|leases|leased|used|stable)\b)"
    r"(?=.*(?:\bpool\b|\bscope(?:id)?\b|\bnetwork name\b|\bsubnet\b))(?!.*\d\d:\d\d|.*%\d|.*\b(?:the|there|are|is)\b)",
    re.IGNORECASE,
)


class _Pools:
    """The reader's place in the text: the pool that fields are of, and the columns of a table."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.pool: str | None = None
        self.columns: list[str] = []
        self.words: list[str] = []

    def counter(self, subject: str, name: str, value: str, number: int) -> Counter:
        reading = self.reading
        return Counter(
            reading.node, subject, name, int(value), reading.role or MessageRole.SERVER, reading.file, number
        )


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """A counter for each figure of a pool, and for what a server received and sent."""
    pools = _Pools(reading)
    for number, text in lines:
        found = list(_figures(pools, number, text))
        yield from found
        if not found:
            _place(pools, number, text)


def _place(pools: _Pools, number: int, text: str) -> None:
    """A line that holds no figure: a heading, the name of a pool, or something else."""
    named = _NAMED.match(text)
    if named is not None:
        pools.pool, pools.columns = named["name"], []
    elif _HEADING.search(text):
        pools.columns, pools.words = _SPREAD.split(text.strip(" |\t")), _WORDS.findall(text)
    elif not re.fullmatch(r"[\s=|+-]*", text) and not text.lstrip().startswith(("{", "}", "[", "]")):
        pools.reading.miss(number, text)
        return
    pools.reading.chatter(number, text)


def _figures(pools: _Pools, number: int, text: str) -> Iterator[Counter]:
    if "-addresses" in text or "pkt4-" in text or "v4-allocation" in text:
        yield from (_of_kea(pools, found, number) for found in _KEA.finditer(text))
    elif (counted := _COUNTED.match(text)) is not None:
        name = counted["name"].upper()
        yield pools.counter("sent" if name in _SENT else "received", f"DHCP{name}", counted["value"], number)
    elif pools.columns:
        yield from _of_row(pools, _SPREAD.split(text.strip(" |\t")), number)
    elif pools.pool is not None:
        for found in _PAIR.finditer(text):
            name = meaning(found["label"].rpartition("  ")[2])
            if name is not None:
                yield pools.counter(pools.pool, name, found["value"], number)


def _of_row(pools: _Pools, cells: list[str], number: int) -> Iterator[Counter]:
    columns = pools.words if len(cells) == len(pools.words) else pools.columns
    if len(cells) < len(columns) - 1 or not cells[0]:  # the last cell may be empty
        return
    for column, cell in zip(columns, cells, strict=False):
        name = meaning(column)
        if name is not None and cell.isdecimal():
            yield pools.counter(cells[0], name, cell, number)


def _of_kea(pools: _Pools, found: re.Match[str], number: int) -> Counter:
    name, value = found["name"], found["value"]
    known = meaning(name)
    if known is not None:
        return pools.counter(found["pool"] or "all subnets", known, value, number)
    kind, _, direction = name.removeprefix("pkt4-").rpartition("-")
    if direction in ("received", "sent"):
        return pools.counter(direction, f"DHCP{kind.upper()}", value, number)
    return pools.counter(found["pool"] or "server", name, value, number)


def meaning(label: str) -> str | None:
    """The meaning of a column or a field of a pool, by the words that servers use; None for what is not told here."""
    return next((name for pattern, name in _MEANS if pattern.match(label.strip())), None)


FIGURES = LogFormat(
    name="pools",
    title="figures of pools of a DHCP server",
    role=MessageRole.SERVER,
    telling=re.compile(
        rf'^\s*Pool[- ]name\s*:|^MIBCounts:|"subnet\[\d+\]\.(?:total|assigned)-addresses"|"pkt4-[a-z]+-received"'
        rf"|^{_HEADING.pattern}",
        re.IGNORECASE,
    ),
    parse=beside(parse),
    last=True,
)
