"""The options of a captured packet that the exchanges and findings look at, straight from its octets."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from socket import inet_ntoa
from typing import NamedTuple

from labgen.dhcp.message import RelayOptions
from labgen.dhcp.suboptions import printable, relay_options

_PAST, _ODD = -1, -2
"""Keys, beside the codes, of the option that runs past the end of its field, and of the word that some option breaks RFC 2132."""


class CapturedOptions(NamedTuple):
    """What was found; None where an option is absent, or not of the length that RFC 2132 asks for (`malformed` says so)."""

    type: int = 0
    server_id: str | None = None
    requested: str | None = None
    client_id: str | None = None
    lease: int | None = None
    relay: RelayOptions | None = None
    mask: str | None = None
    vendor_class: str | None = None
    ipv6_only_wait: int | None = None
    renewal: int | None = None
    complete: bool = False
    said: str | None = None
    router: str | None = None
    largest: int | None = None
    malformed: str | None = None


NO_OPTIONS = CapturedOptions()


def captured_options(payload: bytes) -> CapturedOptions:
    """Options of a packet with magic cookie. RFC 2131 section 4.1 overload and RFC 3396 splitting are followed."""
    found: dict[int, bytes] = {}
    complete = _collect(payload, 240, len(payload), found)
    if 52 in found:
        _overloaded(payload, found)
    get = found.get
    kind, server, requested, client = get(53), get(54), get(50), get(61)
    lease, relay, mask, vendor, wait, renewal = get(51), get(82), get(1), get(60), get(108), get(58)
    router, largest = get(3), get(57)
    return CapturedOptions(
        kind[0] if kind else 0,
        address_text(server) if server is not None and len(server) == 4 else None,
        address_text(requested) if requested is not None and len(requested) == 4 else None,
        client.hex(":") if client else None,
        int.from_bytes(lease, "big") if lease is not None and len(lease) == 4 else None,
        cached_relay_options(relay) if relay is not None else None,
        address_text(mask) if mask is not None and len(mask) == 4 else None,
        printable(vendor) if vendor else None,
        int.from_bytes(wait, "big") if wait is not None and len(wait) == 4 else None,
        int.from_bytes(renewal, "big") if renewal is not None and len(renewal) == 4 else None,
        complete,
        printable(found[56]).strip("\0 ") or None if 56 in found else None,
        address_text(router[:4]) if router is not None and len(router) >= 4 and 121 not in found else None,
        int.from_bytes(largest, "big") if largest is not None and len(largest) == 2 else None,
        ", ".join(_broken(found)) or None if _ODD in found else None,
    )


_ONLY = bytes({1: 4, 50: 4, 51: 4, 53: 1, 54: 4, 57: 2, 58: 4, 59: 4}.get(code, 0) for code in range(256))
"""Octets of each option that has one length only (RFC 2132), by code; 0 for the others."""
_CLIENT_ID_LEAST = 2
"""Octets of the shortest client identifier (RFC 2132 section 9.14)."""


def _broken(found: dict[int, bytes]) -> Iterator[str]:
    """What breaks RFC 2132 in options that servers look at."""
    for code, value in found.items():
        if code == _PAST:
            yield f"option {value[0]} runs past the end of the packet"
        elif code >= 0 and _ONLY[code] and len(value) != _ONLY[code]:
            yield f"option {code} has {len(value)} octets, not {_ONLY[code]}"
        elif code == 61 and len(value) < _CLIENT_ID_LEAST:
            yield f"option 61 has {len(value)} octets, not {_CLIENT_ID_LEAST} or more"


def _overloaded(payload: bytes, found: dict[int, bytes]) -> None:
    """Options in `file` and `sname`, as option 52 says; option 82 is in the options field alone (RFC 3046 section 2.1)."""
    overload, agent = found[52], found.get(82)
    if overload and overload[0] & 1:
        _collect(payload, 108, 236, found)
    if overload and overload[0] & 2:
        _collect(payload, 44, 108, found)
    found.pop(82, None)
    if agent is not None:
        found[82] = agent


def _collect(payload: bytes, at: int, end: int, found: dict[int, bytes]) -> bool:
    """Take in options; True when an end option closed them."""
    while at < end:
        code = payload[at]
        if code == 0:
            at += 1
            continue
        if code == 255 or at + 1 >= end:
            return code == 255
        size, start = payload[at + 1], at + 2
        at = start + size
        if at > end:
            found[_PAST], found[_ODD] = payload[start - 2 : start], b""
            return False
        if _ONLY[code] not in (0, size) or (code == 61 and size < _CLIENT_ID_LEAST):
            found[_ODD] = b""
        value = payload[start:at]
        found[code] = found[code] + value if code in found else value
    return False


@lru_cache(maxsize=4096)
def cached_relay_options(octets: bytes) -> RelayOptions:
    """`relay_options`, of what relays put into packet after packet."""
    return relay_options(octets)


@lru_cache(maxsize=65536)
def address_text(octets: bytes) -> str:
    """An IPv4 address in dotted decimals."""
    return inet_ntoa(octets)
