"""Addresses and the prefixes they lie in."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from socket import AF_INET, inet_pton


@lru_cache(maxsize=4096)
def network_of(address: str, mask: str) -> str | None:
    """The prefix of an address under a mask; None for a mask that is none, such as 255.0.255.0."""
    try:
        return str(ip_network(f"{address}/{mask}", strict=False))
    except ValueError:
        return None


def inside(address: str, prefix: str) -> bool:
    """True when `address` lies in `prefix`; False for text that is neither."""
    try:
        known = _bounds(prefix)
        if known is not None and address.count(".") == 3:
            return int.from_bytes(inet_pton(AF_INET, address), "big") & known[1] == known[0]
        return ip_address(address) in _network(prefix)
    except (OSError, ValueError):
        return False


@lru_cache(maxsize=1024)
def _network(prefix: str) -> IPv4Network | IPv6Network:
    return ip_network(prefix, strict=False)


@lru_cache(maxsize=1024)
def _bounds(prefix: str) -> tuple[int, int] | None:
    """First address and mask of an IPv4 prefix, as numbers."""
    network = _network(prefix)
    return (int(network.network_address), int(network.netmask)) if network.version == 4 else None
