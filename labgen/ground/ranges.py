"""Portions of address ranges."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address

from labgen.ground.labplan import AddressRange


def portion(ranges: Sequence[AddressRange], of: int, index: int) -> tuple[AddressRange, ...]:
    """The `index`-th of `of` equal parts of the addresses in `ranges`, counted from 0, in their order."""
    total = sum(each.size for each in ranges)
    start, stop = index * total // of, (index + 1) * total // of
    found: list[AddressRange] = []
    passed = 0
    for each in ranges:
        first, last = max(start - passed, 0), min(stop - passed, each.size) - 1
        if first <= last:
            base = int(each.first)
            found.append(AddressRange(first=ip_address(base + first), last=ip_address(base + last)))
        passed += each.size
    return tuple(found)
