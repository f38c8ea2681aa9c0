"""Pools of an IOS XR configuration: profiles of `dhcp ipv4`, and the pools that they name (IP Addresses and Services guide)."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from labgen.devices.blocks import Block, indented
from labgen.devices.served import Served
from labgen.ground.planned_serving import INFINITE

UNITS = (86400, 3600, 60)


def read(text: str) -> Iterator[Served]:
    """Pools that an interface serves. A profile has no prefix: its mask and an address of its pool make one."""
    root = indented(text)
    pools = {block.words[-1]: block for block in root.under("pool", "vrf")}
    for dhcp in root.under("dhcp", "ipv4"):
        used = {line.words[-1] for line in dhcp.under("interface") if "server" in line.words}
        profiles = (block for block in dhcp.under("profile") if block.words[2:] == ("server",))
        for block in (each for each in profiles if each.words[1] in used):
            pool = pools.get(block.after("pool"))
            ranges = [line.words[1:3] for line in pool.under("address-range")] if pool else []
            if ranges and block.after("subnet-mask"):
                yield _profile(block, ranges)


def _profile(block: Block, ranges: list[tuple[str, ...]]) -> Served:
    prefix = IPv4Network(f"{IPv4Address(ranges[0][0])}/{block.after('subnet-mask')}", strict=False)
    found = Served(
        prefix, [f"{first}-{last}" for first, last in ranges], router=block.after("default-router")
    )
    words = block.after("lease").split()
    counted = sum(int(n) * unit for n, unit in zip(words, UNITS, strict=False) if n.isdecimal())
    found.lease = INFINITE if words == ["infinite"] else counted
    found.options = {int(line.words[1]): line.words[3] for line in block.under("option")}
    return found
