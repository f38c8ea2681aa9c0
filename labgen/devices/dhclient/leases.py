"""dhclient's lease file: what the client holds, one block per lease, the last one counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.model import Binding
from labgen.dhcp.stamps import moment

_SETTING = re.compile(r"^\s*(interface|fixed-address|option [\w-]+|renew|rebind|expire)\s+(.*?);\s*$")
_DATE = re.compile(r"\d (\d{4})/(\d\d)/(\d\d) (\d\d):(\d\d):(\d\d)|epoch (\d+)")


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """One binding per lease block, in file order; the last block is the lease in use."""
    block: dict[str, str] | None = None
    for number, text in lines:
        stripped = text.strip()
        if stripped.startswith("lease {"):
            block, start = {}, number
        elif stripped == "}" and block is not None:
            if "fixed-address" in block:
                yield _binding(block, reading, start)
            block = None
        elif block is not None:
            match = _SETTING.match(text)
            if match is not None:
                block[match.group(1)] = match.group(2).strip('"')
        elif stripped and not stripped.startswith(("#", "default-duid")):
            reading.miss(number, text)


def _binding(block: dict[str, str], reading: Reading, number: int) -> Binding:
    lease = block.get("option dhcp-lease-time", "")
    return Binding(
        address=block["fixed-address"],
        node=reading.node,
        role=MessageRole.CLIENT,
        state="bound",
        expires=date(block.get("expire", "")),
        lease_seconds=int(lease) if lease.isdecimal() else None,
        server_id=block.get("option dhcp-server-identifier"),
        interface=block.get("interface"),
        file=reading.file,
        line=number,
        text=f"lease {{ fixed-address {block['fixed-address']}; }}",
    )


def date(value: str) -> float | None:
    """A date of ISC lease files (`1 2026/11/23 22:33:25`, UTC, or `epoch 1795473205`) in seconds."""
    match = _DATE.search(value)
    if match is None:
        return None
    if match.group(7):
        return float(match.group(7))
    return moment(match.groups()[:6])


LEASES = LogFormat(
    name="dhclient-leases",
    title="dhclient lease file",
    role=MessageRole.CLIENT,
    telling=re.compile(r"^\s*(?:lease \{|fixed-address [\d.]+;|option dhcp-server-identifier [\d.]+;)"),
    parse=parse,
    guessed=True,
)
