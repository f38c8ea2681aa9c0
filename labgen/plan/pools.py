"""The addresses that each server hands out on a segment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, ip_address

from labgen.ground.labplan import AddressRange
from labgen.ground.planned_serving import INFINITE
from labgen.ground.vocabulary import Address, Network


def even(prefix: Network, servers: int, index: int) -> AddressRange:
    """The `index`-th of `servers` equal parts of a prefix, without the network and broadcast address.

    The cut of a /24 for two is .1-.128 and .129-.254, as the excluded ranges in the blog's redundant labs make it.
    """
    size = prefix.num_addresses
    base = int(prefix.network_address)
    first = base + index * size // servers + 1
    last = min(base + (index + 1) * size // servers, base + size - 2)
    return AddressRange(first=ip_address(first), last=ip_address(last))


def whole(prefix: Network) -> AddressRange:
    """All host addresses of a prefix."""
    return even(prefix, 1, 0)


def parse(text: str) -> AddressRange:
    """`172.16.0.10-172.16.0.99`, or a single address. ValueError when it is neither, or runs backwards."""
    first, dash, last = (part.strip() for part in text.partition("-"))
    ends = [first, last if dash else first]
    wrong = next((each for each in ends if not _is_address(each)), None)
    if wrong is not None:
        raise ValueError(f"`{wrong}` is not an IPv4 address" if wrong else "one of its ends is missing")
    found = AddressRange(first=IPv4Address(ends[0]), last=IPv4Address(ends[1]))
    if int(found.first) > int(found.last):
        raise ValueError(f"{found.first} is higher than {found.last}")
    return found


def inside(prefix: Network, texts: Iterable[str]) -> tuple[AddressRange, ...]:
    """Those of some ranges that begin in a prefix."""
    return tuple(found for text in texts if (found := parse(text)).first in prefix)


def _is_address(text: str) -> bool:
    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True


def without(pool: AddressRange, taken: Iterable[Address]) -> tuple[AddressRange, ...]:
    """`pool` less the addresses that are somebody's already, as ranges in order."""
    holes = sorted(int(address) for address in set(taken) if address in pool)
    ranges: list[AddressRange] = []
    start = int(pool.first)
    for hole in [*holes, int(pool.last) + 1]:
        if hole > start:
            ranges.append(AddressRange(first=ip_address(start), last=ip_address(hole - 1)))
        start = hole + 1
    return tuple(ranges)


def apart(pool: AddressRange, others: Iterable[AddressRange]) -> tuple[AddressRange, ...]:
    """`pool` less other ranges, in order; a prefix without hosts has a pool that ends before it begins, of which nothing is left."""
    left = [(int(pool.first), int(pool.last))] if pool.size > 0 else []
    for other in others:
        first, last = int(other.first), int(other.last)
        left = [
            (a, b)
            for low, high in left
            for a, b in ((low, min(high, first - 1)), (max(low, last + 1), high))
            if a <= b
        ]
    return tuple(AddressRange(first=ip_address(a), last=ip_address(b)) for a, b in sorted(set(left)))


def overlap(left: Sequence[AddressRange], right: Sequence[AddressRange]) -> AddressRange | None:
    """The first range both sides hold."""
    for one in left:
        for other in right:
            first, last = max(int(one.first), int(other.first)), min(int(one.last), int(other.last))
            if first <= last:
                return AddressRange(first=ip_address(first), last=ip_address(last))
    return None


def timers(lease: int, renew: int | None, rebind: int | None) -> tuple[int, int]:
    """T1 and T2 in seconds: as the spec says, else half and seven eighths of the lease (RFC 2131 section 4.4.5); a lease
    without an end has neither."""
    if lease == INFINITE:
        return renew or INFINITE, rebind or INFINITE
    return renew or lease // 2, rebind or lease * 7 // 8
