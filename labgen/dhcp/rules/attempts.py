"""Tries of a client, and the servers that answered it before."""

from __future__ import annotations

from collections.abc import Sequence

from labgen.dhcp.ladder import duration
from labgen.dhcp.message import Message, MessageType
from labgen.dhcp.model import GRANTED, Exchange
from labgen.dhcp.rules.case import Case, listed
from labgen.dhcp.segments import BROADCAST

SHORTEST_PAUSE, LONGEST_PAUSE = 1.9, 66.0
"""Seconds between retransmissions (RFC 2131 section 4.1)."""


def sent(case: Case, kind: MessageType) -> int:
    """The number of times that the client sent a message, counted where most of it was seen."""
    counts: dict[tuple[object, ...], int] = {}
    for m in case.exchange.messages:
        if m.type is kind and not m.copy:
            place = (m.file, m.node, m.interface, m.direction, m.giaddr, m.dst, m.hops)
            counts[place] = counts.get(place, 0) + 1
    return max(counts.values(), default=0)


def looks_for_servers(failing: Sequence[Case]) -> bool:
    """True if these are DISCOVERs of a machine that has an address, and broadcasts them from there: an access point or a router that looks
    for servers on its link. A client without an address sends from 0.0.0.0 (RFC 2131 section 4.1)."""
    asked = [m for case in failing for m in case.exchange.messages if not m.type.is_reply]
    return bool(asked) and all(map(_is_from_an_address, asked))


def _is_from_an_address(message: Message) -> bool:
    own = message.frame is not None and message.link_source == message.mac and message.giaddr is None
    sent_by_itself = own and message.type is MessageType.DISCOVER and message.dst == BROADCAST
    return sent_by_itself and message.src not in (None, "0.0.0.0")


def served_untagged(cases: Sequence[Case], failing: Sequence[Case]) -> str:
    """Words for a client, as captured, that waits in one VLAN and is served outside of any."""
    waiting = {m.vlan for case in failing for m in case.exchange.messages if m.frame is not None}
    served = [m for case in cases if case.exchange.outcome in GRANTED for m in case.exchange.messages]
    untagged = any(m.type is MessageType.DISCOVER and m.frame is not None and m.vlan is None for m in served)
    if len(waiting) != 1 or None in waiting or not untagged or any(m.vlan is not None for m in served):
        return ""
    return f"; it asks in VLAN {next(iter(waiting))}, where nobody answers it, and is served untagged"


def answered_too_late(cases: Sequence[Case]) -> str:
    """Words for OFFERs that come when the client has begun another transaction since (RFC 2131 table 1), empty where they do not."""
    messages = [m for case in cases for m in case.exchange.messages if m.frame is not None and not m.copy]
    asked = [(m.time, m.xid) for m in messages if m.type is MessageType.DISCOVER and m.time is not None]
    late = []
    for offer in messages:
        if offer.type is not MessageType.OFFER or offer.time is None:
            continue
        began = max((time for time, xid in asked if xid == offer.xid and time <= offer.time), default=None)
        if began is not None and any(began < time < offer.time and xid != offer.xid for time, xid in asked):
            late.append(offer.time - began)
    if len(late) < _SEVERAL:
        return ""
    return f"; {len(late)} OFFERs came {min(late):.1f} s and more after their DISCOVERs, when the client had begun another transaction"


_SEVERAL = 2
"""OFFERs that come too late; of a single one the client may have sent the next DISCOVER a moment before."""


def _sent_from(exchange: Exchange) -> str:
    """The address that a server's ACK came from where that is not its identifier, as the client's own link shows it."""
    acks = [m for m in exchange.seen(MessageType.ACK) if m.frame is not None and m.giaddr is None]
    sources = {m.src for m in acks} - {None, exchange.server_id}
    return f", sending from {sources.pop()}," if len(sources) == 1 else ""


def repeated(failing: Sequence[Case]) -> str:
    """The number of times that it was tried, where that was more than once."""
    kinds = (MessageType.DISCOVER, MessageType.REQUEST, MessageType.BOOTREQUEST)
    counts = {kind: sum(sent(case, kind) for case in failing) for kind in kinds}
    tried = listed(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in counts.items() if count)
    start, end = failing[0].exchange.started, failing[-1].exchange.ended
    if sum(counts.values()) < 2 or not tried:
        return ""
    return (
        f"; {tried} in {duration(round(end - start))}"
        if start is not None and end and end - start >= 1
        else ""
    )


def answered_before(failing: Sequence[Case]) -> str:
    """The server that answered this client until then."""
    for exchange in failing[0].earlier():
        if exchange.outcome in GRANTED and exchange.server_id is not None:
            start, ended = failing[0].exchange.started, exchange.ended
            since = (
                f", {duration(max(1, round(start - ended)))} before" if start is not None and ended else ""
            )
            who = f"{exchange.server_id}{_sent_from(exchange)}"
            return f"; {who} answered this client until then{since}: it stopped, or the path to it broke"
        return ""
    return ""
