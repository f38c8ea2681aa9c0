"""Sightings from many witnesses into exchanges: who, which transaction, in which order, with what
outcome.

The messages are expected on one clock (`labgen.dhcp.clocks.align` lays them on one). A sighting joins
the newest transaction of its client that it fits: same xid where both show one, a type the transaction
can still hold, and not too long after it. A renewal that reuses the xid of the acquisition (IOS,
udhcpc) is told apart by ciaddr, by destination, or by coming after the ACK.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from enum import StrEnum

from labgen.dhcp.identities import Identities, identify, tie_by_address
from labgen.dhcp.message import Direction, Message, MessageType, Role
from labgen.dhcp.model import Client, Exchange, Kind
from labgen.dhcp.outcomes import conclude

BROADCAST = "255.255.255.255"

# Seconds after which a sighting without xid no longer belongs to a transaction.
_QUIET = 60.0
# Seconds in which copies that other relays made may trail a finished transaction.
_TRAIL = 10.0
# Retransmissions under one xid: to the longest back-off of RFC 2131 4.1, and for renewals to T2 of long
# leases.
_RETRY_ACQUIRE = 600.0
_RETRY_EXTEND = 86400.0


class Phase(StrEnum):
    """State the client was in when it sent a REQUEST (RFC 2131 4.3.2), as far as the packet tells."""

    SELECT = "select"
    RENEW = "renew"
    REBIND = "rebind"
    EXTEND = "extend"  # renewing or rebinding
    UNKNOWN = "unknown"


def phase(message: Message) -> Phase:
    """What a REQUEST shows about the client's state."""
    if message.note in _NOTED:
        return _NOTED[message.note]
    direct = message.giaddr is None and message.dst is not None
    if message.ciaddr is not None:
        if not direct:
            return Phase.EXTEND
        return Phase.REBIND if message.dst == BROADCAST else Phase.RENEW
    if message.server_id is not None:
        return Phase.SELECT
    if direct and message.dst != BROADCAST and message.role is Role.CLIENT:
        return Phase.RENEW
    return Phase.UNKNOWN


_NOTED = {"renewing": Phase.RENEW, "rebinding": Phase.REBIND, "renewing or rebinding": Phase.EXTEND}


class Draft:
    """A transaction while sightings are still being added to it."""

    __slots__ = ("acked", "copies", "ends", "kind", "messages", "requested", "undecided", "xid")

    def __init__(self, kind: Kind, undecided: bool = False) -> None:
        self.kind = kind
        self.undecided = undecided
        self.xid: int | None = None
        self.messages: list[Message] = []
        self.acked = False
        self.requested = False
        self.ends: float | None = None
        self.copies: set[Copy] = set()

    def add(self, message: Message) -> None:
        self.messages.append(message)
        if self.xid is None:
            self.xid = message.xid
        if message.time is not None:
            self.ends = message.time if self.ends is None else max(self.ends, message.time)
        if message.type is MessageType.ACK or message.type is MessageType.NAK:
            self.acked = True
        elif message.type is MessageType.REQUEST:
            self.requested = True
        self.copies.add(copy_of(message))

    def gap(self, message: Message) -> float:
        """Seconds between the last sighting and this one; 0 where a witness has no clock."""
        if message.time is None or self.ends is None:
            return 0.0
        return message.time - self.ends


def way(message: Message) -> str | None:
    """What tells copies of one message apart at one witness: the relay it came through."""
    if message.giaddr is not None:
        return message.giaddr
    options = message.relay_options
    return options.server_id_override if options is not None else None


Copy = tuple[str, str | None, Direction, MessageType, str | None, str | None]


def copy_of(message: Message) -> Copy:
    """One copy of a message at one place: a relay makes one for each server, and each port sees its own."""
    return (message.node, message.interface, message.direction, message.type, way(message), message.dst)


def reconstruct(messages: Iterable[Message]) -> tuple[Exchange, ...]:
    """Rebuild the exchanges seen in `messages`, in order of their first sighting.

    Times must be on one clock; messages without time keep their place in the input.
    """
    pool = list(messages)
    identities = tie_by_address(pool, identify(pool))
    drafts: list[tuple[Draft, Client]] = []
    for key, sightings in _by_client(pool, identities).items():
        client = identities.client(key)
        drafts.extend((draft, client) for draft in _transactions(sightings))
    finished = _conclude_all(drafts)
    return tuple(sorted(finished, key=lambda item: item.started if item.started is not None else 0.0))


def _conclude_all(drafts: list[tuple[Draft, Client]]) -> list[Exchange]:
    bound: dict[Client, Exchange] = {}
    finished = []
    for draft, client in drafts:
        exchange = conclude(draft.kind, draft.undecided, draft.messages, client, bound.get(client))
        finished.append(exchange)
        if exchange.outcome.value in ("bound", "renewed"):
            bound[client] = exchange
    return finished


def _by_client(pool: list[Message], identities: Identities) -> dict[str, list[Message]]:
    groups: dict[str, list[Message]] = defaultdict(list)
    for message in in_order(pool):
        groups[identities.key(message)].append(message)
    return groups


def in_order(messages: Iterable[Message]) -> list[Message]:
    """By time; messages without time follow the one before them in the input."""
    last = 0.0
    keyed = []
    for index, message in enumerate(messages):
        last = message.time if message.time is not None else last
        keyed.append((last, index, message))
    keyed.sort(key=lambda item: item[:2])
    return [message for _, _, message in keyed]


def _transactions(sightings: list[Message]) -> list[Draft]:
    drafts: list[Draft] = []
    for message in sightings:
        draft = _newest_fit(drafts, message)
        if draft is None:
            draft = _open(message, drafts)
            drafts.append(draft)
        draft.add(message)
    return drafts


def _newest_fit(drafts: list[Draft], message: Message) -> Draft | None:
    for draft in drafts[:-9:-1]:
        if _fits(draft, message):
            return draft
        if message.xid is None and draft.kind in (Kind.RELEASE, Kind.DECLINE):
            return None
        if _supersedes(draft, message):
            return None
    return None


def _supersedes(draft: Draft, message: Message) -> bool:
    """Whether a transaction ended what lies before it: dhclient goes on with one xid through a renewal
    nobody answered, the rebinding that was, and the next renewal.
    """
    rebound = draft.kind is Kind.REBIND and draft.acked
    return rebound and message.type is MessageType.REQUEST and draft.xid == message.xid


def _fits(draft: Draft, message: Message) -> bool:
    if message.xid is not None and draft.xid is not None:
        if message.xid != draft.xid:
            return False
        limit = _RETRY_ACQUIRE if draft.kind is Kind.ACQUIRE else _RETRY_EXTEND
    else:
        limit = _QUIET
    if draft.acked or draft.kind in (Kind.RELEASE, Kind.DECLINE):
        limit = min(limit, _TRAIL)
    return draft.gap(message) <= limit and _FITS[message.type](draft, message)


def _fits_discover(draft: Draft, message: Message) -> bool:
    if draft.kind is not Kind.ACQUIRE:
        return False
    return not draft.acked or _is_new_copy(draft, message)


def _fits_request(draft: Draft, message: Message) -> bool:
    state = phase(message)
    if draft.kind is Kind.ACQUIRE:
        fits = state in (Phase.SELECT, Phase.UNKNOWN)
    elif draft.kind is Kind.RENEW:
        fits = state in (Phase.RENEW, Phase.EXTEND, Phase.UNKNOWN)
        fits = fits or (draft.undecided and state is Phase.REBIND)
    else:
        fits = draft.kind is Kind.REBIND and state in (Phase.REBIND, Phase.EXTEND, Phase.UNKNOWN)
    return fits and (not draft.acked or _is_new_copy(draft, message))


def _is_new_copy(draft: Draft, message: Message) -> bool:
    """True for the first sighting at a node of the copy that one relay made; a repetition opens a new
    exchange.
    """
    return copy_of(message) not in draft.copies


def _fits_offer(draft: Draft, message: Message) -> bool:
    return draft.kind is Kind.ACQUIRE


def _fits_answer(draft: Draft, message: Message) -> bool:
    if draft.kind in (Kind.RELEASE, Kind.DECLINE):
        return False
    return draft.kind is not Kind.ACQUIRE or draft.requested or message.type is MessageType.NAK


_Fit = Callable[[Draft, Message], bool]


def _same_kind(kind: Kind) -> _Fit:
    def fits(draft: Draft, message: Message) -> bool:
        return draft.kind is kind

    return fits


def _fits_any(draft: Draft, message: Message) -> bool:
    return True


def _open(message: Message, earlier: list[Draft]) -> Draft:
    """A new transaction, of the kind its first sighting suggests."""
    fixed = _OPENS.get(message.type)
    if fixed is not None:
        return Draft(fixed)
    known = any(draft.acked for draft in earlier)
    if message.type is MessageType.REQUEST:
        return _open_request(message, earlier, known)
    extends = message.ciaddr is not None and message.type is not MessageType.BOOTREQUEST
    if extends and message.yiaddr is None and message.type is MessageType.ACK:
        return Draft(Kind.INFORM)
    return Draft(Kind.RENEW, undecided=True) if extends else Draft(Kind.ACQUIRE)


def _open_request(message: Message, earlier: list[Draft], known: bool) -> Draft:
    state = phase(message)
    if state is Phase.RENEW:
        return Draft(Kind.RENEW)
    if state is Phase.REBIND:
        return Draft(Kind.REBIND)
    if state is Phase.EXTEND:
        return Draft(Kind.RENEW, undecided=True)
    if state is Phase.SELECT or not known or earlier[-1].kind is Kind.RELEASE:
        return Draft(Kind.ACQUIRE)
    if message.frame is not None or message.role is Role.CLIENT:
        unanswered = earlier[-1].kind is Kind.RENEW and not earlier[-1].acked
        return Draft(Kind.REBIND if unanswered and message.frame is None else Kind.ACQUIRE)
    return Draft(Kind.RENEW, undecided=True)


_OPENS = {
    MessageType.DISCOVER: Kind.ACQUIRE,
    MessageType.OFFER: Kind.ACQUIRE,
    MessageType.RELEASE: Kind.RELEASE,
    MessageType.DECLINE: Kind.DECLINE,
    MessageType.INFORM: Kind.INFORM,
}
_FITS = {
    MessageType.DISCOVER: _fits_discover,
    MessageType.OFFER: _fits_offer,
    MessageType.REQUEST: _fits_request,
    MessageType.ACK: _fits_answer,
    MessageType.NAK: _fits_answer,
    MessageType.RELEASE: _same_kind(Kind.RELEASE),
    MessageType.DECLINE: _same_kind(Kind.DECLINE),
    MessageType.INFORM: _same_kind(Kind.INFORM),
    MessageType.BOOTREQUEST: _fits_any,
    MessageType.BOOTREPLY: _fits_any,
}
