"""The lease dhcpcd holds, as `dhcpcd --dumplease` prints it: `name=value` lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labgen.dhcp.logs import Line, LogFormat, Reading, Record
from labgen.dhcp.message import MessageRole
from labgen.dhcp.model import Binding

_SETTING = re.compile(r"(\w+)='?([^']*)'?$")


def parse(lines: Iterable[Line], reading: Reading) -> Iterator[Record]:
    """One binding, where the dump names an address."""
    found: dict[str, str] = {}
    for number, text in lines:
        match = _SETTING.match(text.strip())
        if match is None:
            reading.miss(number, text)
        else:
            found[match.group(1)] = match.group(2)
    if found.get("ip_address"):
        yield _binding(found, reading)


def _binding(found: dict[str, str], reading: Reading) -> Binding:
    seconds = found.get("dhcp_lease_time", "")
    return Binding(
        address=found["ip_address"],
        node=reading.node,
        server_id=found.get("dhcp_server_identifier"),
        lease_seconds=int(seconds) if seconds.isdecimal() else None,
        interface=found.get("interface"),
        role=MessageRole.CLIENT,
        file=reading.file,
        line=1,
        text=f"ip_address={found['ip_address']}",
    )


LEASES = LogFormat(
    name="dhcpcd-lease",
    title="dhcpcd lease (dhcpcd --dumplease)",
    role=MessageRole.CLIENT,
    telling=re.compile(r"^(?:dhcp_server_identifier|dhcp_lease_time|ip_address)="),
    parse=parse,
)
