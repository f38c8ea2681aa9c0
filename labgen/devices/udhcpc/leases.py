"""The lease as udhcpc's hook wrote it down: `name=value` lines of what udhcpc handed it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.model import Binding

_SETTING = re.compile(r"(interface|ip|mask|router|serverid|lease|obtained)=(.*)$")


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """One binding, where the file names an address."""
    found: dict[str, str] = {}
    for number, text in lines:
        match = _SETTING.match(text)
        if match is None:
            reading.miss(number, text)
        else:
            found[match.group(1)] = match.group(2).strip()
    if found.get("ip"):
        yield _binding(found, reading)


def _binding(found: dict[str, str], reading: Reading) -> Binding:
    seconds = int(found["lease"]) if found.get("lease", "").isdecimal() else None
    obtained = found.get("obtained", "")
    return Binding(
        address=found["ip"],
        node=reading.node,
        server_id=found.get("serverid") or None,
        lease_seconds=seconds,
        expires=float(obtained) + seconds if obtained.isdecimal() and seconds is not None else None,
        role=MessageRole.CLIENT,
        file=reading.file,
        line=1,
        text=f"ip={found['ip']}",
    )


LEASES = LogFormat(
    name="udhcpc-lease",
    title="lease written down by labgen's udhcpc hook",
    role=MessageRole.CLIENT,
    telling=re.compile(r"^(?:serverid|obtained)=[\d.]+$"),
    parse=parse,
)
