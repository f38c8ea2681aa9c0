"""Pools of an OS10 configuration: `ip dhcp server` (Dell SmartFabric OS10 User Guide, "DHCP server")."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from labgen.devices.blocks import Block, indented
from labgen.devices.served import Served

UNITS = (86400, 3600, 60)


def read(text: str) -> Iterator[Served]:
    """Pools of a server that is turned on, which it is not by default."""
    for server in indented(text).under("ip", "dhcp", "server"):
        pools = server.under("pool") if server.says("no", "disable") else ()
        yield from (_pool(block) for block in pools if block.after("network"))


def _pool(block: Block) -> Served:
    found = Served(IPv4Network(block.after("network")), router=block.after("default-router"), options={})
    found.ranges = [f"{line.words[1]}-{line.words[2]}" for line in block.under("range")]
    found.lease = sum(int(n) * unit for n, unit in zip(block.after("lease").split(), UNITS, strict=False))
    return found
