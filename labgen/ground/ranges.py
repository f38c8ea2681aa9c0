"""Addresses of ranges, and portions of ranges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_address

from labgen.ground.labplan import AddressRange
from labgen.ground.vocabulary import Address


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


def between(first: Address, last: Address) -> Iterator[Address]:
    """Every address from the first to the last, both included; none where they are the other way round."""
    return (ip_address(number) for number in range(int(first), int(last) + 1))


def addresses(ranges: Iterable[AddressRange]) -> set[Address]:
    """The addresses of all these ranges."""
    return {address for each in ranges for address in between(each.first, each.last)}


def in_words(found: set[Address]) -> str:
    """A set of addresses as it is shown: its ends, and how many there are."""
    return f"{min(found)} to {max(found)}, {len(found)} of them" if found else "no address"
