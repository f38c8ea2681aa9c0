"""Claims of addresses on clients' wires: the sender of every ARP packet (RFC 826)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from socket import inet_ntoa

from labgen.dhcp import pcap

_ETHERTYPE = b"\x08\x06"
_IPV4_OVER_ETHERNET = b"\x00\x01\x08\x00\x06\x04"
_NOBODY = bytes(4)


@dataclass(frozen=True, slots=True)
class ArpClaim:
    """One packet whose sender has `address` at `mac`, as `node` saw it. Times as those of messages."""

    node: str
    address: str
    mac: str
    time: float
    file: str
    frame: int


def claims(file: Path, node: str, name: str, limit: int | None = None) -> Iterator[ArpClaim]:
    """The claims in a capture, of its first frames only where there is a `limit`. What is damaged is told by who reads DHCP there."""
    with file.open("rb") as stream, suppress(pcap.DamagedCaptureError):
        for frame in pcap.frames(stream):
            if limit is not None and frame.number > limit:
                return
            data = frame.data
            if data[12:14] == _ETHERTYPE and data[14:20] == _IPV4_OVER_ETHERNET and len(data) >= 42:
                sender = data[28:32]
                if sender != _NOBODY:
                    mac = data[22:28].hex(":")
                    yield ArpClaim(node, inet_ntoa(sender), mac, frame.time or 0.0, name, frame.number)


def others(found: Iterable[ArpClaim], address: str, known: Collection[str]) -> tuple[ArpClaim, ...]:
    """Claims of an address by a hardware address that is none of those `known`, one of each."""
    strange = (each for each in found if each.address == address and each.mac not in known)
    return tuple({each.mac: each for each in strange}.values())
