"""Objections of a client to an OFFER that it does not take, as far as the packet itself shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from socket import inet_aton

from labgen.dhcp.context import network_of
from labgen.dhcp.message import FRAGMENT, Message, MessageType
from labgen.dhcp.ports import CLIENT_PORT, SERVER_PORT
from labgen.dhcp.rules.case import listed
from labgen.dhcp.segments import BROADCAST, Segment, differ, on_link, segment_of, spread

_HEADERS = 28
"""Octets of the IP and UDP headers around a BOOTP packet."""
_ANY = "0.0.0.0"
_DEFAULT_LARGEST = 576
"""Octets a client takes that does not say how many (RFC 2131 section 2)."""


def objections(offer: Message, asked: Sequence[Message], *, bears_checksum: bool = False) -> Iterator[str]:
    """Reasons, in words, why a client would not use `offer`; `asked` are its DISCOVERs. Of a text no more than it tells of the checksum,
    of cut packets that they are fragments. `bears_checksum`: other clients took what came with a wrong checksum, as where it is filled in
    behind the tap.
    """
    if offer.frame is None and offer.bad_checksum and not bears_checksum:
        yield _CHECKSUM
    if offer.malformed == FRAGMENT:
        yield FRAGMENT
    if offer.frame is None and offer.yiaddr is not None and offer.mask is not None:
        yield from address_faults(offer.yiaddr, offer.mask, offer.router)
    if offer.frame is None or offer.cut or offer.size is None:
        return
    if offer.malformed is not None:
        yield offer.malformed
    if offer.mac is None:
        yield "it has no hardware address (chaddr)"
    if offer.yiaddr is None:
        yield "it gives no address (yiaddr is 0)"
    yield from lease_faults(offer)
    if offer.yiaddr is not None:
        yield from address_faults(offer.yiaddr, offer.mask, offer.router)
    yield from _lost_in_transit(offer, asked, bears_checksum)


_CHECKSUM = "its UDP checksum is wrong (checksum offload in a virtual machine, if this is not the server's own capture)"


def lease_faults(reply: Message) -> Iterator[str]:
    """Lacks and contradictions of a captured OFFER or ACK, by RFC 2131 section 4.3.1 and table 3."""
    yield from lacking(reply)
    yield from lease_times(reply)
    yield from identifier_faults(reply)


def lacking(reply: Message) -> Iterator[str]:
    """Options that a captured OFFER or ACK must have and has not. Many clients do without."""
    if reply.frame is None or reply.cut or reply.size is None:
        return
    if reply.server_id is None:
        yield "it has no server identifier (option 54)"
    if reply.lease_seconds is None:
        yield "it has no lease time (option 51)"


def lease_times(reply: Message) -> Iterator[str]:
    """Times that no client can keep."""
    lease, renewal, rebinding = reply.lease_seconds, reply.renewal_seconds, reply.rebinding_seconds
    if reply.frame is None or lease is None:
        return
    if lease == 0:
        yield "its lease time is 0"
    elif renewal == 0:
        yield "its renewal time (option 58) is 0"
    elif renewal is not None and lease <= renewal < _INFINITE:
        yield f"its renewal time (option 58, {renewal} s) is not before the end of the lease ({lease} s)"
    elif rebinding is not None and lease <= rebinding < _INFINITE:
        yield f"its rebinding time (option 59, {rebinding} s) is not before the end of the lease ({lease} s)"
    elif rebinding is not None and renewal is not None and rebinding < renewal:
        yield f"its rebinding time (option 59, {rebinding} s) is before its renewal time (option 58, {renewal} s)"


_INFINITE = 0xFFFFFFFF


def identifier_faults(reply: Message) -> Iterator[str]:
    """A server identifier that is nobody's address: the client cannot send its renewals there (RFC 2131 section 4.4.5)."""
    if reply.server_id is not None and reply.frame is not None and is_nobodys(reply.server_id):
        yield f"its server identifier (option 54) is {reply.server_id}, to which no client can send"


@lru_cache(maxsize=4096)
def is_nobodys(address: str) -> bool:
    """True for an address that no other host has: 0.0.0.0/8, loopback, multicast and what is above."""
    first = int(address.partition(".")[0]) if _READABLE(address) else 1
    return first in (0, 127) or first >= 224


def passes_by(offer: Message, asked: Sequence[Message]) -> str | None:
    """The note about an OFFER that a relay's server sends straight to clients while the relay waits for it."""
    return _past_the_relay(offer, _asked_last(offer, asked))


def _asked_last(offer: Message, asked: Sequence[Message]) -> Message | None:
    """The last DISCOVER that came the way an OFFER goes back."""
    return next((m for m in reversed(asked) if m.giaddr == offer.giaddr), None)


def _past_the_relay(offer: Message, last: Message | None) -> str | None:
    if last is None or offer.giaddr in (None, offer.dst) or offer.destination_port != CLIENT_PORT:
        return None
    if last.dst != offer.src or (last.node, last.file) != (offer.node, offer.file):
        return None
    return f"the OFFER went from {offer.src} to {offer.dst}, not to the relay {offer.giaddr} that asked (RFC 2131 section 4.1)"


def _lost_in_transit(offer: Message, asked: Sequence[Message], bears_checksum: bool) -> Iterator[str]:
    """Reasons that keep a good OFFER from the client's program."""
    last = _asked_last(offer, asked)
    if past := _to_another_address(offer, last):
        yield past
        return
    if changed := _other_relay(offer, asked) or _to_all(offer):
        yield changed
        return
    to_relay = offer.giaddr is not None and offer.dst == offer.giaddr
    port = SERVER_PORT if to_relay else CLIENT_PORT
    if offer.destination_port not in (None, port):
        yield f"it was sent to UDP port {offer.destination_port}, not {port}"
    if offer.bad_checksum and not bears_checksum:
        yield _CHECKSUM
    if not to_relay:
        yield from _misdirected(offer, asked)
    if passed := _past_the_relay(offer, last):
        yield passed
    if to_relay:
        return
    direct = next((m for m in reversed(asked) if on_link(m) and m.file == offer.file), last)
    if direct is not None and direct.broadcast and offer.dst not in (None, BROADCAST) and on_link(offer):
        yield f"the client asked for a broadcast, and it was sent to {offer.dst}"
    if last is None:
        return
    largest = max(last.largest or _DEFAULT_LARGEST, _DEFAULT_LARGEST)
    if offer.size is not None and offer.size + _HEADERS > largest:
        yield f"it has {offer.size + _HEADERS} octets, and the client takes {largest}"


def _to_another_address(offer: Message, last: Message | None) -> str | None:
    """The note about an OFFER to the address that the relay sends from, where that is not giaddr."""
    if last is None or last.src in (None, offer.giaddr) or offer.giaddr is None or offer.dst != last.src:
        return None
    return f"it was sent to {offer.dst}, from which the relay asked, not to giaddr {offer.giaddr} (RFC 2131 section 4.1)"


def _other_relay(offer: Message, asked: Sequence[Message]) -> str | None:
    """The note about a giaddr that is none of those that were asked with: servers return it as it came (RFC 2131 table 3)."""
    relays = {m.giaddr for m in asked if m.file == offer.file and m.giaddr is not None and m.dst == offer.src}
    if not relays or offer.giaddr in relays or any(on_link(m) and m.file == offer.file for m in asked):
        return None
    return f"its giaddr is {offer.giaddr or 'empty'}, and the relay asked with {listed(sorted(relays))}"


def _to_all(offer: Message) -> str | None:
    """The note about a giaddr that is the broadcast or network's address of the subnet that the OFFER is for."""
    giaddr, subnet = offer.giaddr, network_of(offer.yiaddr or "", offer.mask or "")
    if giaddr is None or subnet is None or network_of(giaddr, offer.mask or "") != subnet:
        return None
    faults = address_faults(giaddr, offer.mask, None)
    return f"it goes to the relay's address: {faults[0]}" if faults else None


def _misdirected(offer: Message, asked: Sequence[Message]) -> Iterator[str]:
    """Signs that an OFFER to the client itself goes to another machine."""
    own = [m for m in asked if m.file == offer.file and on_link(m) and not m.type.is_reply]
    bare = offer.vni is None and offer.tunnel is None and offer.mpls_label is None
    straight = any(m.link_source == m.mac for m in own)
    target = offer.link_destination
    if bare and straight and target not in (None, offer.mac) and not int((target or "")[:2], 16) & 1:
        yield f"its frame goes to {target}, which is not the client"


def network_fault(messages: Sequence[Message]) -> str | None:
    """The note about OFFERs to the client itself that are in other VLANs, or VNIs, than its DISCOVERs, or not in all that those are in."""
    own = [m for m in messages if m.frame is not None and on_link(m)]
    asking = {
        segment_of(replace(m, network=None)) for m in own if m.type is MessageType.DISCOVER and spread(m)
    }
    answering = {segment_of(replace(m, network=None)) for m in own if m.type is MessageType.OFFER}
    missing = [one for one in asking if answering and all(_apart(one, other) for other in answering)]
    if not missing:
        return None
    asked, answered = (listed(sorted(map(str, places))) for places in (asking, answering))
    return f"the DISCOVERs are in {asked}, the OFFERs in {answered} alone"


def _apart(one: Segment, other: Segment) -> bool:
    """True if two frames of one capture are in different networks: with a second tag, or without."""
    tags = (one.vlan, one.outer_vlan), (other.vlan, other.outer_vlan)
    tagged = one.vlan is not None and other.vlan is not None
    return differ(one, other) or (tagged and tags[0] != tags[1])


def address_faults(address: str, mask: str | None, router: str | None) -> tuple[str, ...]:
    """Faults of an address and a router under a mask. Masks of 31 and 32 bits (RFC 3021, access networks) leave the router outside, a
    router of 169.254.0.0/16 is meant so."""
    if not all(_READABLE(text) for text in (address, mask, router) if text is not None):
        return ()
    if address == router:
        return (f"{address} is the router's own address",)
    if mask == _ANY:
        return (f"its subnet mask is {mask}",)
    bits = 0 if mask is None else _bits(mask)
    host = ~bits & 0xFFFFFFFF
    if bits and host & (host + 1):
        return (f"its subnet mask {mask} has gaps",)
    if not bits or host < 3:
        return ()
    own = int.from_bytes(inet_aton(address), "big")
    if own & host in (0, host):
        return (f"{address} is the network's or the broadcast address of {network_of(address, mask or '')}",)
    if router is None or not (_bits(router) ^ own) & bits or router.startswith("169.254."):
        return ()
    return (f"the router {router} is outside {network_of(address, mask or '')}, the client's subnet",)


_READABLE = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}").fullmatch
"""An address none of which was made unreadable."""


def _number(address: str) -> int:
    return int.from_bytes(inet_aton(address), "big")


_bits = lru_cache(maxsize=256)(_number)
