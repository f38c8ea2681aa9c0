"""ICMP (RFC 792) in captures: errors about DHCP datagrams, and pings of addresses that servers are about to offer."""

from __future__ import annotations

from typing import NamedTuple

from labgen.dhcp.neighbours import Neighbours
from labgen.dhcp.ports import DHCP_PORTS


class Refusal(NamedTuple):
    """An ICMP error about a DHCP datagram: its frame, type and code, who sent it, and where the datagram was to go."""

    frame: int
    type: int
    code: int
    sender: bytes
    destination: bytes
    port: int


MOST_REFUSALS = 10_000
"""ICMP errors that are kept."""
_ERRORS, _ECHOES = frozenset({3, 11}), frozenset({0, 8})


def heard(refusals: list[Refusal], neighbours: Neighbours, data: bytes, at: int, number: int) -> None:
    """Take the ICMP message at `at` of an IP packet, in frame `number`."""
    kind = data[at]
    if kind in _ERRORS:
        _refused(refusals, data, at, number)
    elif kind in _ECHOES and data[0] >> 4 == 4:
        neighbours.ping(data[12:16], data[16:20], number, answer=kind == 0)


def _refused(refusals: list[Refusal], data: bytes, at: int, number: int) -> None:
    """An error about a datagram to or from a DHCP port: who refuses what."""
    inner = data[at + 8 :]
    head = (inner[0] & 15) * 4
    ports = int.from_bytes(inner[head : head + 2], "big"), int.from_bytes(inner[head + 2 : head + 4], "big")
    about_dhcp = inner[0] >> 4 == 4 and inner[9] == 17 and set(ports) & DHCP_PORTS
    if about_dhcp and len(refusals) < MOST_REFUSALS:
        refusals.append(Refusal(number, data[at], data[at + 1], data[12:16], inner[16:20], ports[1]))
