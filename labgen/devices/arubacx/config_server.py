"""Pools of an AOS-CX configuration: `dhcp-server vrf` (AOS-CX IP Services guide, "DHCPv4 server")."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from labgen.devices.blocks import Block, indented
from labgen.devices.served import Served
from labgen.ground.planned_serving import INFINITE


def read(text: str) -> Iterator[Served]:
    """Pools of servers that are turned on. A pool has the prefix of its ranges; static bindings lie in ranges that are for them alone."""
    for server in indented(text).under("dhcp-server", "vrf"):
        if server.says("enable"):
            yield from (found for pool in server.under("pool") if (found := _pool(pool)))


def _pool(block: Block) -> Served | None:
    ranges = [line.words[1:] for line in block.under("range")]
    prefixes = {IPv4Network(f"{words[0]}/{words[-1]}", strict=False) for words in ranges}
    if len(prefixes) != 1:
        return None
    found = Served(prefixes.pop(), router=block.after("default-router"), options={})
    for line in block.under("static-bind", "ip"):
        found.reservations[line.words[4]] = line.words[2]
    bound = set(found.reservations.values())
    found.ranges = [f"{words[0]}-{words[1]}" for words in ranges if not words[0] == words[1] in bound]
    found.options = {int(line.words[1]): line.words[3] for line in block.under("option")}
    words = block.after("lease")
    days, hours, minutes = map(int, words.split(":")) if ":" in words else (0, 0, 0)
    found.lease = INFINITE if words == "infinite" else ((days * 24 + hours) * 60 + minutes) * 60
    return found
