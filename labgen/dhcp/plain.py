"""Captured transactions as RFC 2131 draws them, told at a glance: most of a capture, which needs no weighing of what belongs where.

What is asked here is what `labgen.dhcp.exchanges` asks, for the case in which each answer is known beforehand: every transaction of
a client has its xid for itself, is seen from its first message to the ACK, and by taps that only listen to one network.
"""

from __future__ import annotations

from collections.abc import Sequence

from labgen.dhcp.message import Message, MessageRole, MessageType
from labgen.dhcp.model import Client, Exchange, ExchangeOutcome, Kind
from labgen.dhcp.ports import BOOT_SERVER_PORT
from labgen.dhcp.segments import BROADCAST, NOWHERE, Segment

TRAIL = 10.0
"""Seconds in which copies that other relays made may trail a finished transaction."""
RETRY_ACQUIRE = 600.0
"""Seconds to the longest back-off of RFC 2131 section 4.1, for retransmissions under one xid."""
RETRY_EXTEND = 86400.0
"""The same for renewals: to T2 of long leases."""

_OPENING = frozenset({MessageType.DISCOVER, MessageType.OFFER, MessageType.REQUEST})
_TRANSIT, _DISCOVER, _REQUEST, _ACK = (
    MessageRole.TRANSIT,
    MessageType.DISCOVER,
    MessageType.REQUEST,
    MessageType.ACK,
)


def plain_exchanges(sightings: Sequence[Message], client: Client) -> list[Exchange] | None:
    """The exchanges of one client, from all its sightings in order; None where one of them is not as plain as that."""
    found: list[Exchange] = []
    met: set[int] = set()
    start, end = 0, len(sightings)
    while start < end:
        first = sightings[start]
        xid, kind = first.xid, _kind(first)
        if xid is None or xid in met or kind is None:
            return None
        met.add(xid)
        stop = _run(sightings, start, kind)
        exchange = _exchange(sightings[start:stop], client, kind) if stop else None
        if exchange is None:
            return None
        found.append(exchange)
        start = stop
    return found


def _kind(first: Message) -> Kind | None:
    """The kind of a transaction by its first message: an acquisition by DISCOVER, a renewal by a unicast REQUEST."""
    if first.type is _DISCOVER:
        return Kind.ACQUIRE
    renews = first.type is _REQUEST and first.ciaddr is not None and first.giaddr is None
    return Kind.RENEW if renews and first.dst not in (None, BROADCAST) else None


def _run(sightings: Sequence[Message], start: int, kind: Kind) -> int:
    """The index where the messages of one transaction end; 0 where one of them is not plain, or there is no ACK."""
    xid, before = sightings[start].xid, sightings[start].time
    acquires = kind is Kind.ACQUIRE
    limit, asked, acked, at = RETRY_ACQUIRE if acquires else RETRY_EXTEND, False, False, start
    for at in range(start, len(sightings)):
        message = sightings[at]
        if message.xid != xid:
            break
        time, type_ = message.time, message.type
        if time is None or before is None or not 0.0 <= time - before <= limit or not _is_bare(message):
            return 0
        before = time
        if type_ is _ACK:
            acked, limit = True, TRAIL
            if not asked:  # rapid commit (RFC 4039)
                return 0
        elif acked or (message.ciaddr is not None if acquires else not _renews(message)):
            return 0
        elif type_ is _REQUEST:
            asked = True
        elif type_ not in _OPENING:
            return 0
    else:
        at += 1
    return at if acked else 0


def _renews(message: Message) -> bool:
    unicast = message.giaddr is None and message.dst is not None and message.dst != BROADCAST
    return message.type is _REQUEST and message.ciaddr is not None and unicast


def _is_bare(message: Message) -> bool:
    """A whole packet, untagged, that nobody remarked on, seen by a tap that only listens; a VPN is named by the relay alone."""
    options = message.relay_options
    return (
        message.frame is not None
        and message.role is _TRANSIT
        and not (message.copy or message.cut or message.dropped)
        and message.note is None
        and message.attempt is None
        and message.vlan is None
        and message.vni is None
        and (options is None or options.vss is None or message.giaddr is not None)
        and message.destination_port != BOOT_SERVER_PORT
        and message.source_port != BOOT_SERVER_PORT
    )


def _segment(messages: Sequence[Message]) -> Segment:
    """The VPN that a relay names in requests (`labgen.dhcp.segments.main`, of bare messages)."""
    for message in messages:
        options = message.relay_options
        if options is not None and options.vss and not message.type.is_reply:
            return Segment(vpn=options.vss)
    return NOWHERE


def _exchange(messages: Sequence[Message], client: Client, kind: Kind) -> Exchange | None:
    """The exchange that the first ACK made; None where that leaves something open."""
    answer = next(message for message in messages if message.type is _ACK)
    address = answer.yiaddr or answer.ciaddr
    if address is None or answer.server_id is None or answer.lease_seconds is None:
        return None
    return Exchange(
        client,
        kind,
        ExchangeOutcome.BOUND if kind is Kind.ACQUIRE else ExchangeOutcome.RENEWED,
        tuple(messages),
        answer.xid,
        address,
        answer.server_id,
        answer.lease_seconds,
        _segment(messages),
    )
