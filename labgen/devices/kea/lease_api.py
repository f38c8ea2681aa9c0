"""Leases as Kea's control channel returns them (`lease4-get-all`, `lease4-get-page`): JSON, in one line or over many."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from labgen.devices.kea.leases import STATES
from labgen.dhcp import masked
from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.model import Binding

_ADDRESS = re.compile(r'"ip-address" *: *"([^"]+)"')
_DEEPEST = 8


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """A binding for each lease, under the line that names its address."""
    places: dict[str, Line] = {}
    parts: list[str] = []
    for number, text in lines:
        parts.append(text)
        for address in _ADDRESS.findall(text):
            places.setdefault(address, (number, text))
    for lease in _leases(_answer("\n".join(parts)), 0):
        address = masked.address(str(lease["ip-address"]))
        if address is not None:
            yield _binding(lease, address, reading, places.get(address, (1, "")))


def _answer(text: str) -> object:
    """The JSON in a text, whatever was typed in front of it; None where it is cut."""
    starts = [at for at in (text.find("["), text.find("{")) if at >= 0]
    try:
        return json.JSONDecoder().raw_decode(text, min(starts))[0] if starts else None
    except (ValueError, RecursionError):
        return None


def _leases(data: object, depth: int) -> Iterator[Mapping[str, object]]:
    if isinstance(data, Mapping):
        if "ip-address" in data and "valid-lft" in data:
            yield data
            return
        inner: Iterable[object] = data.values()
    else:
        inner = data if isinstance(data, list) else ()
    if depth < _DEEPEST:
        for item in inner:
            yield from _leases(item, depth + 1)


def _binding(lease: Mapping[str, object], address: str, reading: Reading, place: Line) -> Binding:
    lifetime, since = _number(lease.get("valid-lft")), _number(lease.get("cltt"))
    return Binding(
        address=address,
        node=reading.node,
        mac=masked.mac(str(lease.get("hw-address") or "")),
        client_id=str(lease.get("client-id") or "") or None,
        state=STATES.get(str(lease.get("state", 0)), "unknown"),
        expires=float(since + lifetime) if since is not None and lifetime is not None else None,
        lease_seconds=lifetime,
        file=reading.file,
        line=place[0],
        text=place[1],
    )


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


LEASES = LogFormat(
    name="kea-api",
    title="leases from Kea's control channel (JSON)",
    role=MessageRole.SERVER,
    telling=re.compile(r'"valid-lft" *: *\d'),
    parse=parse,
)
