"""dnsmasq.leases: `<expiry> <mac> <address> <host name> <client identifier>`; released leases are gone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.model import Binding

_ROW = re.compile(r"(\d+) (?:\d\d-)?([0-9a-f:]{17}) (\d+\.\d+\.\d+\.\d+) (\S+) (\S+)")


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """One binding per row."""
    for number, text in lines:
        match = _ROW.match(text)
        if match is None:
            if not text.startswith("duid "):
                reading.miss(number, text)
            continue
        expires, mac, address, _, client_id = match.groups()
        yield Binding(
            address=address,
            node=reading.node,
            mac=mac,
            client_id=None if client_id == "*" else client_id,
            expires=float(expires) if expires != "0" else None,
            file=reading.file,
            line=number,
            text=text,
        )


LEASES = LogFormat(
    name="dnsmasq-leases",
    title="dnsmasq lease file",
    role=MessageRole.SERVER,
    telling=re.compile(r"^\d{1,11} (?:\d\d-)?[0-9a-f:]{17} \d+\.\d+\.\d+\.\d+ \S+ \S+\s*$"),
    parse=parse,
)
