"""The traffic that a capture holds, and the part of its node in a packet."""

from __future__ import annotations

from dataclasses import dataclass
from socket import inet_ntoa

from labgen.dhcp.capture_options import mac_text
from labgen.dhcp.frames import Datagram
from labgen.dhcp.message import Direction, MessageRole

_NOBODY = b"\0\0\0\0"
_BROADCAST = b"\xff\xff\xff\xff"


@dataclass(frozen=True, slots=True)
class Tap:
    """A node whose traffic a capture holds. `macs` and `addresses` are all of the node's own, lower case text."""

    node: str
    role: MessageRole
    macs: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    interface: str | None = None
    vrf: str | None = None


def seen_by(datagram: Datagram, tap: Tap) -> tuple[Direction, MessageRole]:
    """Direction at the tapped node, and its role: a relay or server that only forwards a packet is
    transit.
    """
    source = mac_text(datagram.link_source)
    if source in tap.macs or (datagram.outgoing and not tap.macs):
        foreign = datagram.source != _NOBODY and _foreign(datagram.source, tap)
        return Direction.TX, MessageRole.TRANSIT if foreign else tap.role
    if tap.macs and len(datagram.link_destination) == 6 and not datagram.link_destination[0] & 1:
        missed = mac_text(datagram.link_destination) not in tap.macs
        if missed or (datagram.destination != _BROADCAST and _foreign(datagram.destination, tap)):
            return Direction.RX, MessageRole.TRANSIT
    return Direction.RX, tap.role


def _foreign(address: bytes, tap: Tap) -> bool:
    """True when a relay or server handles a packet from or to somebody else's address."""
    if tap.role is MessageRole.CLIENT or not tap.addresses:
        return False
    return inet_ntoa(address) not in tap.addresses
