"""Lease tables of DHCP servers on switches: one lease a row, with address, MAC address and, mostly, the date it ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

from labgen.devices.observed import Raw
from labgen.devices.tables import lines
from labgen.dhcp.model import Binding
from labgen.dhcp.stamps import MONTHS, moment
from labgen.ground.labplan import NodePlan

_HEADING = re.compile(r"^.*\bIP.Address\b.*$|^No .*|^Total ", re.MULTILINE | re.IGNORECASE)
_ADDRESS = re.compile(r"(?<![\d.])\d+\.\d+\.\d+\.\d+(?![\d.])")
_MAC = re.compile(r"\b[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}\b", re.IGNORECASE)
_MONTH = "|".join(MONTHS)
_DATE = re.compile(
    rf"({_MONTH}) +(\d+) +(?:(?P<year>\d{{4}}) +)?(\d\d):(\d\d):(\d\d)(?: +(?P<last>\d{{4}}))?"
    r"|(\d{4})[-/](\d\d)[-/](\d\d) (\d\d):(\d\d):(\d\d)"
)


def leases(node: NodePlan, raw: Raw) -> Iterator[Binding]:
    """Bindings of a server. Dates have no zone there, they are taken as UTC.

    Raises ValueError for a text without the heading of such a table.
    """
    for number, line in enumerate(lines(raw, _HEADING), 1):
        address, mac = _ADDRESS.search(line), _MAC.search(line)
        if address and mac:
            yield Binding(
                address=address[0],
                node=node.name,
                mac=mac[0].lower().replace("-", ":"),
                expires=_seconds(line),
                file=raw.file,
                line=number,
                text=line,
            )


def _seconds(line: str) -> float | None:
    found = _DATE.search(line)
    if found is None:
        return None
    if found[1]:
        year = found["year"] or found["last"]
        parts = (year, MONTHS.index(found[1]) + 1, found[2], *found.group(4, 5, 6))
    else:
        parts = found.group(8, 9, 10, 11, 12, 13)
    return moment(parts) if parts[0] else None
