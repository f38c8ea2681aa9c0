"""Kea's lease file (memfile CSV): append-only, the last row of an address counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.model import Binding

STATES = {"0": "active", "1": "declined", "2": "expired", "3": "released"}


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """The bindings that hold at the end of the file; released and reclaimed ones with their state."""
    names: list[str] = []
    last: dict[str, Binding] = {}
    for number, text in lines:
        cells = text.split(",")
        if cells[0] == "address":
            names = cells
        elif len(cells) >= 5 and names and cells[0].count(".") == 3:
            binding = _binding(dict(zip(names, cells, strict=False)), reading, number, text)
            last.pop(binding.address, None)
            last[binding.address] = binding
        else:
            reading.miss(number, text)
    yield from last.values()


def _binding(row: dict[str, str], reading: Reading, number: int, text: str) -> Binding:
    lifetime, expires = row.get("valid_lifetime", ""), row.get("expire", "")
    state = STATES.get(row.get("state", "0"), "unknown")
    return Binding(
        address=row["address"],
        node=reading.node,
        mac=row.get("hwaddr") or None,
        client_id=row.get("client_id") or None,
        state="released" if lifetime == "0" else state,
        expires=float(expires) if expires.isdecimal() else None,
        lease_seconds=int(lifetime) if lifetime.isdecimal() else None,
        file=reading.file,
        line=number,
        text=text,
    )


LEASES = LogFormat(
    name="kea-leases",
    title="Kea DHCPv4 lease file (CSV)",
    role=MessageRole.SERVER,
    telling=re.compile(r"^address,hwaddr,client_id,valid_lifetime,expire,subnet_id,"),
    parse=parse,
)
