"""Lease tables of DHCP servers on switches: one lease a row, with address, MAC address and, mostly, the date it ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

from labgen.devices.observed import Raw
from labgen.devices.tables import lines
from labgen.dhcp.model import Binding
from labgen.dhcp.stamps import in_row
from labgen.ground.labplan import NodePlan

_HEADING = re.compile(r"^.*\bIP.Address\b.*$|^No .*|^Total ", re.MULTILINE | re.IGNORECASE)
_ADDRESS = re.compile(r"(?<![\d.])\d+\.\d+\.\d+\.\d+(?![\d.])")
_MAC = re.compile(r"\b[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}\b", re.IGNORECASE)


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
                expires=in_row(line),
                file=raw.file,
                line=number,
                text=line,
            )
