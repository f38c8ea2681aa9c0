"""The choice of the one try, of several of a client, that a check looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from labgen.dhcp.model import Direction, Exchange, ExchangeOutcome, Kind, MessageRole, MessageType

IN_PROGRESS_SECONDS = 1.0
"""Seconds before the collection: what was begun in them may be half done."""


def last(tries: Sequence[Exchange], at: float) -> Exchange | None:
    """The last try, whole: not one that had just begun when everything was collected, where there is an earlier one, and with the
    DISCOVER that a REQUEST sent once more belongs to (RFC 2131 section 4.1: retransmissions keep the xid).
    """
    if not tries:
        return None
    done = [e for e in tries if not _in_progress(e, at)]
    chosen = (done or tries)[-1]
    if chosen.kind is not Kind.ACQUIRE or _discovers(chosen):
        return chosen
    before = [e for e in tries if e is not chosen and e.xid == chosen.xid is not None]
    begun = next((n for n in range(len(before) - 1, -1, -1) if _discovers(before[n])), None)
    return chosen if begun is None else _joined([*before[begun:], chosen])


def parted(exchange: Exchange, moment: float) -> tuple[Exchange, ...]:
    """The tries of a client before a moment, in vain, and those it began afresh after it, with another xid: of a client that was started
    again, whose network may have been mended meanwhile. Any other exchange is left whole."""
    asked = exchange.seen(MessageType.DISCOVER, role=MessageRole.CLIENT, direction=Direction.TX)
    before = [m for m in asked if m.time is not None and m.time < moment]
    after = [m for m in asked if m.time is not None and m.time >= moment]
    if exchange.kind is not Kind.ACQUIRE or not before or not after or after[0].xid in (None, before[-1].xid):
        return (exchange,)
    old = tuple(m for m in exchange.messages if (m.time or 0.0) < moment)
    new = tuple(m for m in exchange.messages if (m.time or 0.0) >= moment)
    vain = replace(
        exchange,
        outcome=ExchangeOutcome.NO_REPLY,
        messages=old,
        xid=before[-1].xid,
        address=None,
        server_id=None,
        lease_seconds=None,
    )
    return (vain, replace(exchange, messages=new, xid=after[0].xid))


def in_flight(exchange: Exchange, at: float) -> bool:
    """True if an exchange was begun so shortly before the collection, or during it, that its answer may not be in all captures yet."""
    return exchange.outcome in (ExchangeOutcome.NO_REPLY, ExchangeOutcome.INCOMPLETE) and _in_progress(
        exchange, at
    )


def _in_progress(exchange: Exchange, at: float) -> bool:
    return (
        exchange.outcome is not ExchangeOutcome.BOUND and (exchange.started or 0.0) > at - IN_PROGRESS_SECONDS
    )


def _discovers(exchange: Exchange) -> bool:
    return bool(exchange.seen(MessageType.DISCOVER, role=MessageRole.CLIENT, direction=Direction.TX))


def _joined(parts: Sequence[Exchange]) -> Exchange:
    """Parts of one transaction, in their order; it ended as the last of them did."""
    return replace(parts[-1], messages=tuple(m for part in parts for m in part.messages))
