"""MAC addresses of ports, in whichever notation and layout a device prints them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from labgen.devices.answers import spelled
from labgen.devices.observed import HardwareAddress, Raw
from labgen.devices.tables import lines
from labgen.ground.labplan import NodePlan

MAC = r"(?:[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2})"
"""A MAC address as printed: `0c:00:5e:00:01:0a`, `0C-00-5E-00-01-0A` or `0c00.5e00.010a`."""

_MAC = re.compile(MAC)


def octets(text: str) -> str:
    """A printed MAC address in lower case with colons, as captures have it; ValueError for what is none."""
    if not _MAC.fullmatch(text.strip()):
        raise ValueError(f"{text!r} is no MAC address")
    digits = re.sub(r"[^0-9a-f]", "", text.lower())
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def units(node: NodePlan, name: str) -> tuple[str, ...]:
    """The plan's ports on an interface that has the MAC address for all of its units (`irb0.1000` on `irb0`), or itself."""
    return tuple(port.name for port in node.interfaces if name in (port.name, port.name.partition(".")[0]))


def listed(
    node: NodePlan, raw: Raw, *, head: re.Pattern[str], port: re.Pattern[str], mac: re.Pattern[str]
) -> Iterator[HardwareAddress]:
    """Ports of a text in which a port's name comes before its MAC address; the last one printed for a port is in use.

    Raises ValueError for a text without `head`.
    """
    found: dict[str, str] = {}
    name = ""
    for line in lines(raw, head):
        if start := port.match(line):
            name = spelled(node, start[1].replace(" ", ""))
        elif (printed := mac.match(line)) and name:
            found[name] = octets(printed[1])
    for known, address in found.items():
        yield HardwareAddress(node.name, known, address, raw.file)
