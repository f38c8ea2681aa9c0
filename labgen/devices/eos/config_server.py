"""Pools of an EOS configuration: `dhcp server` (EOS manual, "DHCP Server")."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from labgen.devices.blocks import Block, indented
from labgen.devices.served import Served

_UNITS = {"days": 86400, "hours": 3600, "minutes": 60}


def read(text: str) -> Iterator[Served]:
    """Its subnets, where an interface serves."""
    root = indented(text)
    serves = any(block.says("dhcp", "server", "ipv4") for block in root.under("interface"))
    for block in root.under("dhcp", "server") if serves else ():
        yield from map(_subnet, block.under("subnet"))


def _subnet(block: Block) -> Served:
    found = Served(IPv4Network(block.words[1]), router=block.after("default-gateway"))
    found.ranges = [f"{line.words[1]}-{line.words[2]}" for line in block.under("range")]
    servers = block.after("dns", "server").split()
    found.options = {6: ",".join(servers)} if servers else {}
    words = block.after("lease", "time").split()
    found.lease = sum(int(count) * _UNITS[unit] for count, unit in zip(words[::2], words[1::2], strict=True))
    for kept in (line for each in block.under("reservations") for line in each.under("mac-address")):
        found.reservations[kept.words[1].lower()] = kept.after("ipv4-address")
    return found
