"""The network that a message was in, as far as its witness tells: VLAN (and the one around it, IEEE 802.1ad), VNI, VPN, interface.

Addresses are unique in one network only (RFC 2131 section 1.6); plans overlap across VLANs, VNIs (RFC 7348 section 4) and
VPNs (RFC 6607). What a witness does not tell is unknown, and agrees with everything.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from labgen.dhcp.message import Message, MessageRole

BROADCAST = "255.255.255.255"


class Segment(NamedTuple):
    """A client's network; None where it was not told."""

    vlan: int | None = None
    vni: int | None = None
    vpn: str | None = None
    interface: str | None = None
    outer_vlan: int | None = None

    def __str__(self) -> str:
        named = (
            ("S-VLAN ", self.outer_vlan),
            ("VLAN ", self.vlan),
            ("VNI ", self.vni),
            ("VPN ", self.vpn),
            ("interface ", self.interface),
        )
        return ", ".join(f"{word}{value}" for word, value in named if value is not None)

    @classmethod
    def parse(cls, text: str | None) -> Segment:
        """The value behind the text of `str`."""
        known: dict[str, str] = {}
        for part in (text or "").split(", "):
            word, _, value = part.partition(" ")
            known[word] = value
        vlan, vni = known.get("VLAN"), known.get("VNI")
        found = cls(
            int(vlan) if vlan else None,
            int(vni) if vni else None,
            known.get("VPN"),
            known.get("interface"),
            int(known["S-VLAN"]) if "S-VLAN" in known else None,
        )
        return found if any(found) else NOWHERE


NOWHERE = Segment()


def on_link(message: Message) -> bool:
    """True if a message was seen between the client and whoever it talks to, not between relay and server."""
    if message.giaddr is None:
        return True
    return message.type.is_reply and message.dst is not None and message.dst != message.giaddr


def segment_of(message: Message) -> Segment:
    """The segment one sighting shows."""
    options = message.relay_options
    if message.frame is not None and message.vlan is None and message.vni is None and options is None:
        return NOWHERE
    vpn = options.vss if options is not None and not message.type.is_reply else None
    if not on_link(message):
        return Segment(vpn=vpn) if vpn is not None else NOWHERE
    if message.frame is not None:
        vlan, vni, outer = message.network or (message.vlan, message.vni, message.outer_vlan)
        if vlan is None and vni is None and vpn is None:
            return NOWHERE
        return Segment(vlan, vni, vpn, outer_vlan=outer)
    interface = message.interface if _names_interface(message) else None
    return Segment(interface=interface, vpn=vpn) if interface or vpn else NOWHERE


def _names_interface(message: Message) -> bool:
    """A server's or client's log line names the interface of the client's own network."""
    if message.role is MessageRole.SERVER:
        return message.ciaddr is None
    return message.role is MessageRole.CLIENT


def differ(one: Segment, other: Segment) -> bool:
    """True if two segments are two for sure: both tell, and tell different things."""
    if one == NOWHERE or other == NOWHERE:
        return False
    return any(a is not None and b is not None and a != b for a, b in zip(one, other, strict=True))


def carried_apart(one: Message, other: Message) -> bool:
    """True if two messages travel in different tunnels or MPLS paths or, between relay and server, in different VLANs or VNIs: they may be
    of two VPNs, and what both hold need not be one address.
    """
    if (one.mpls_label, one.tunnel) != (other.mpls_label, other.tunnel):
        return True
    if on_link(one) or on_link(other):
        return False
    return (one.vlan, one.outer_vlan, one.vni) != (other.vlan, other.outer_vlan, other.vni)


def spread(message: Message) -> bool:
    """A message every node of the client's segment gets, so that its tag is the client's."""
    return on_link(message) and message.dst in (None, BROADCAST)


def main(messages: Iterable[Message]) -> Segment:
    """The client's segment: what its own broadcasts show, else its first message on the link."""
    found = NOWHERE
    best = 9
    for message in messages:
        if (segment := segment_of(message)) is not NOWHERE:
            rank = 0 if spread(message) else 1
            if message.type.is_reply:
                rank += 2
            if rank < best:
                found, best = segment, rank
            elif rank == best:
                found = _joined(found, segment)
    return found


def _joined(one: Segment, other: Segment) -> Segment:
    """The segment that both tell together; the first one goes before."""
    return Segment(
        one.vlan if one.vlan is not None else other.vlan,
        one.vni if one.vni is not None else other.vni,
        one.vpn or other.vpn,
        one.interface or other.interface,
        one.outer_vlan if one.outer_vlan is not None else other.outer_vlan,
    )
