"""The leases of bootpd, the DHCP server of macOS (`/var/db/dhcpd_leases`): a block in braces for each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp import masked
from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.model import Binding

_FIELD = re.compile(r"^\s*(name|ip_address|hw_address|identifier|lease)=(.*?)\s*$")


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """A binding for each block, with the time at which it ends."""
    fields: dict[str, str] = {}
    for number, text in lines:
        found = _FIELD.match(text)
        if found is not None:
            fields[found[1]] = found[2]
            reading.chatter(number, text)
        elif text.strip() in ("{", "}"):
            address = masked.address(fields.get("ip_address"))
            if address is not None:
                yield _binding(address, fields, reading, number, text)
            fields = {}
        else:
            reading.miss(number, text)


def _binding(address: str, fields: dict[str, str], reading: Reading, number: int, text: str) -> Binding:
    kind, _, hardware = fields.get("hw_address", "").partition(",")
    identifier = fields.get("identifier", "").replace(",", ":")
    ends = re.fullmatch(r"0x([0-9a-fA-F]{1,8})", fields.get("lease", ""))
    return Binding(
        address=address,
        node=reading.node,
        mac=masked.mac(hardware) if kind == "1" else None,
        client_id=identifier if kind != "1" and identifier else None,
        state="active",
        role=MessageRole.SERVER,
        expires=float(int(ends[1], 16)) if ends is not None else None,
        file=reading.file,
        line=number,
        text=text,
    )


LEASES = LogFormat(
    name="bootpd-leases",
    title="lease file of bootpd (macOS)",
    role=MessageRole.SERVER,
    telling=re.compile(r"^\s*(?:ip_address=\d+\.\d+\.\d+\.\d+|hw_address=[0-9a-f]+,[0-9a-f:]+)\s*$"),
    parse=parse,
)
