"""Sightings from many witnesses into exchanges: who, which transaction, in which order, with what
outcome.

The messages are expected on one clock (`labgen.dhcp.clocks.align` lays them on one). A sighting joins
the newest transaction of its client that it fits: same xid where both show one, a type the transaction
can still hold, and not too long after it. A renewal that reuses the xid of the acquisition (IOS,
udhcpc) is told apart by ciaddr, by destination, or by coming after the ACK.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from labgen.dhcp.drafts import Draft, Phase, copy_of, phase
from labgen.dhcp.identities import Identities, Shown, by_shown, clients_of, identify, tie_by_address
from labgen.dhcp.message import LEASE_STATES, Message, MessageRole, MessageType
from labgen.dhcp.model import GRANTED, Client, Exchange, Kind
from labgen.dhcp.outcomes import conclude
from labgen.dhcp.plain import RETRY_ACQUIRE, RETRY_EXTEND, TRAIL, plain_exchanges
from labgen.dhcp.segments import NOWHERE, Segment, differ, main, segment_of, spread

# Seconds after which a sighting without xid no longer belongs to a transaction.
_QUIET = 60.0
# A client that changes its xid from one DISCOVER to the next gives up, or starts over, within this time.
_ONE_ACQUISITION = 120.0
# A unicast REQUEST arrives routed and, where a relay catches it, relayed within this time.
_ROUND_TRIP_SECONDS = 2.5
# Transactions of the client that tell whether it has a lease.
_LOOKED_BACK = 16


def reconstruct(messages: Iterable[Message]) -> tuple[Exchange, ...]:
    """Rebuild the exchanges seen in `messages`, in order of their first sighting.

    Times must be on one clock; messages without time keep their place in the input.
    """
    pool = list(messages)
    shown = by_shown(pool)
    identities = tie_by_address(pool, identify(pool, shown))
    bound: _Bound = defaultdict(dict)
    finished: list[Exchange] = []
    for key, sightings in _by_client(pool, shown, identities).items():
        client = _asked_about(sightings) if key.startswith("query:") else identities.client(key)
        plain = plain_exchanges(sightings, client)
        if plain is None:
            finished.extend(_concluded(_transactions(sightings), client, bound))
        else:
            finished.extend(plain)
            known = bound[client]
            for exchange in plain:
                known[exchange.segment] = exchange
    finished.sort(key=_begins)
    return tuple(finished)


def weighed(sightings: list[Message], client: Client) -> list[Exchange]:
    """The exchanges of one client, from all its sightings in order, each message weighed against the transactions before it."""
    return list(_concluded(_transactions(sightings), client, defaultdict(dict)))


_Bound = dict[Client, dict[Segment, Exchange]]
"""What gave each client its lease, by network."""


def _begins(exchange: Exchange) -> float:
    time = exchange.messages[0].time
    return time if time is not None else exchange.started or 0.0


def _concluded(drafts: Iterable[Draft], client: Client, bound: _Bound) -> Iterator[Exchange]:
    for draft in drafts:
        segment = main(draft.messages)
        known = bound[client]
        before = known.get(segment) or next((e for s, e in known.items() if not differ(s, segment)), None)
        exchange = conclude(draft.kind, draft.undecided, draft.messages, client, before, segment)
        if exchange.outcome in GRANTED:
            known[segment] = exchange
        yield exchange


def _by_client(
    pool: list[Message], shown: Mapping[Shown, Sequence[int]], identities: Identities
) -> dict[str, list[Message]]:
    ordered = in_order(pool)
    if ordered is not pool:
        shown = by_shown(ordered)
    if _QUERIES.isdisjoint({message.type for message in ordered}):
        return clients_of(ordered, shown, identities)
    groups: dict[str, list[Message]] = defaultdict(list)
    for message in ordered:
        key = _query(message) if message.type in _QUERIES else identities.key(message)
        groups[key].append(message)
    return groups


def _asked_about(sightings: list[Message]) -> Client:
    """The client whose lease a query is about: by the hardware address it names, else by the one in the answer."""
    return Client(mac=next((message.mac for message in sightings if message.mac), None))


def _query(message: Message) -> str:
    """A LEASEQUERY and its answers are the querier's, whomever they are about (RFC 4388 section 6.2)."""
    return f"query:{message.giaddr}/{message.xid}"


_QUERIES = LEASE_STATES | {MessageType.LEASEQUERY}


def in_order(found: list[Message]) -> list[Message]:
    """Messages by time, the list itself where they are; those without a time follow the one before them in the input."""
    times = [message.time for message in found]
    if None not in times and times == sorted(times):  # type: ignore[type-var]
        return found  # as one capture has them
    last = 0.0
    keyed = []
    for index, message in enumerate(found):
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
    over = False
    for draft in drafts[:-9:-1]:
        if not (over and message.xid not in draft.xids) and _fits(draft, message):
            return draft
        over = over or _begins_after(draft, message)
        if message.xid is None and draft.kind in (Kind.RELEASE, Kind.DECLINE):
            return None
        if _supersedes(draft, message):
            return None
    return None


def _begins_after(draft: Draft, message: Message) -> bool:
    """True for a captured DISCOVER after a lease that was won or given up: it goes on with no attempt before that."""
    ended = draft.kind is Kind.RELEASE or (draft.kind is Kind.ACQUIRE and draft.acked)
    return ended and message.type is MessageType.DISCOVER and message.frame is not None


def _supersedes(draft: Draft, message: Message) -> bool:
    """True if a transaction ended what lies before it: dhclient goes on with one xid through a renewal
    nobody answered, the rebinding that was, and the next renewal.
    """
    rebound = draft.kind is Kind.REBIND and draft.acked
    return rebound and message.type is MessageType.REQUEST and message.xid in draft.xids


def _fits(draft: Draft, message: Message) -> bool:
    if _is_elsewhere(draft, message):
        return False
    limit = _QUIET
    if message.xid is not None and draft.xids:
        if message.xid not in draft.xids:
            return _goes_on(draft, message)
        limit = RETRY_ACQUIRE if draft.kind is Kind.ACQUIRE else RETRY_EXTEND
    if draft.acked or draft.kind in (Kind.RELEASE, Kind.DECLINE):
        limit = min(limit, TRAIL)
    return draft.gap(message) <= limit and _FITS[message.type](draft, message)


def _is_elsewhere(draft: Draft, message: Message) -> bool:
    """Another segment, another try of the client, or another kind of conversation."""
    if draft.segment is not NOWHERE and spread(message) and differ(draft.segment, segment_of(message)):
        return True
    first = draft.messages[0]
    if message.attempt is not None and first.attempt is not None and first.node == message.node:
        return message.attempt != first.attempt
    return (draft.kind is Kind.BOOT_SERVER) is not message.to_boot_server


def _goes_on(draft: Draft, message: Message) -> bool:
    """True if a message under another xid belongs to the same acquisition: a DISCOVER after one nobody answered, or the
    REQUEST for what was offered. RFC 2131 section 4.4.1 has the client keep its xid; some phones and routers do not.
    """
    if draft.kind is not Kind.ACQUIRE or draft.acked or draft.age(message) > _ONE_ACQUISITION:
        return False
    if message.type is MessageType.DISCOVER:
        alike = not draft.replied and draft.discovered and draft.gap(message) <= _QUIET
        return alike and not _is_tagged_otherwise(draft, message)
    if message.type is MessageType.REQUEST:
        return not draft.requested and message.requested in draft.offered and message.server_id is not None
    return False


def _is_tagged_otherwise(draft: Draft, message: Message) -> bool:
    """A DISCOVER in no VLAN in which the client asked so far, as one capture shows: a phone that tries one after the other."""
    own = [m for m in draft.messages if m.file == message.file and m.frame is not None and spread(m)]
    if message.frame is None or not own or not spread(message):
        return False
    return all((m.vlan, m.outer_vlan, m.vni) != (message.vlan, message.outer_vlan, message.vni) for m in own)


def _fits_discover(draft: Draft, message: Message) -> bool:
    if draft.kind is not Kind.ACQUIRE:
        return False
    return not draft.acked or message.copy or (draft.discovered and _is_new_copy(draft, message))


def _fits_request(draft: Draft, message: Message) -> bool:
    state = phase(message)
    if draft.kind is Kind.ACQUIRE:
        fits = state in (Phase.SELECT, Phase.UNKNOWN)
    elif draft.kind is Kind.RENEW:
        fits = state in (Phase.RENEW, Phase.EXTEND, Phase.UNKNOWN) and not _rebinds(draft, message)
        fits = fits or (draft.undecided and state is Phase.REBIND)
    else:
        fits = draft.kind is Kind.REBIND and state in (Phase.REBIND, Phase.EXTEND, Phase.UNKNOWN)
        fits = fits or draft.kind is Kind.BOOT_SERVER
    return fits and (not draft.acked or message.copy or _is_new_copy(draft, message))


def _rebinds(draft: Draft, message: Message) -> bool:
    """A relayed REQUEST some time after unicast ones that went straight to the server: the client broadcasts by now (RFC 2131
    section 4.4.5), unless the relay says otherwise. A client's log tells the same by where it sends.
    """
    if message.frame is None and message.role is MessageRole.CLIENT and message.dst == _BROADCAST:
        return any(m.dst not in (None, _BROADCAST) for m in draft.messages)
    if (
        draft.undecided
        or message.frame is None
        or message.giaddr is None
        or draft.gap(message) <= _ROUND_TRIP_SECONDS
    ):
        return False
    options = message.relay_options
    caught = options is not None and (
        options.unicast or options.server_id_override or options.cisco_server_id_override
    )
    return not caught and all(m.giaddr is None for m in draft.messages)


_BROADCAST = "255.255.255.255"


def _is_new_copy(draft: Draft, message: Message) -> bool:
    """True for the first sighting at a node of the copy that one relay made, and for one more each time that the client was seen to
    send the message again; a further repetition opens a new exchange.
    """
    return draft.copies.get(copy_of(message), 0) < max(1, draft.sent.get((message.xid, message.type), 0))


def _fits_offer(draft: Draft, message: Message) -> bool:
    return draft.kind is Kind.ACQUIRE and (not draft.naked or message.xid is not None)


def _fits_answer(draft: Draft, message: Message) -> bool:
    if draft.kind in (Kind.RELEASE, Kind.DECLINE, Kind.LEASEQUERY, Kind.FORCERENEW, Kind.BOOTP):
        return False
    if draft.kind is Kind.INFORM:
        own = message.frame is None and any(m.ciaddr == message.yiaddr for m in draft.messages)
        return message.yiaddr is None or message.xid in draft.xids or own
    if draft.kind is not Kind.ACQUIRE or draft.requested or message.type is MessageType.NAK:
        return True
    if draft.naked and message.xid is None:  # the client's next lease, in a log that tells no requests
        return False
    if draft.acked:  # rapid commit (RFC 4039), handed on by a relay, or by another server too; or a client's log that tells no REQUEST
        if message.xid is None and message.role is MessageRole.CLIENT:
            return _is_new_copy(draft, message)
        others = all(m.server_id != message.server_id for m in draft.messages if m.type is MessageType.ACK)
        return message.xid in draft.xids and (_is_new_copy(draft, message) or others)
    return draft.discovered or draft.replied


_Fit = Callable[[Draft, Message], bool]


def _same_kind(kind: Kind) -> _Fit:
    def fits(draft: Draft, message: Message) -> bool:
        return draft.kind is kind

    return fits


def _fits_query(draft: Draft, message: Message) -> bool:
    """A query that was answered is over; queriers may use one xid for all of them."""
    return draft.kind is Kind.LEASEQUERY and (not draft.replied or message.copy)


def _fits_bootp(draft: Draft, message: Message) -> bool:
    """Plain BOOTP is a conversation of its own; a log that prints only the op means whatever is going on."""
    return (draft.kind is Kind.BOOTP) is is_plain_bootp(message)


def is_plain_bootp(message: Message) -> bool:
    """A captured packet without message type is BOOTP (RFC 951); a log may just not print the type."""
    plain = message.type in (MessageType.BOOTREQUEST, MessageType.BOOTREPLY)
    return plain and message.frame is not None and not message.cut and message.note is None


def _open(message: Message, earlier: list[Draft]) -> Draft:
    """A new transaction, of the kind its first sighting suggests."""
    if message.to_boot_server:
        return Draft(Kind.BOOT_SERVER)
    if is_plain_bootp(message):
        return Draft(Kind.BOOTP)
    fixed = _OPENS.get(message.type)
    if fixed is not None:
        return Draft(fixed)
    known = any(draft.acked for draft in earlier[-_LOOKED_BACK:])
    if message.type is MessageType.REQUEST:
        return _open_request(message, earlier, known)
    if message.type is MessageType.ACK and known and message.ciaddr is None and _has_given(message, earlier):
        return Draft(Kind.RENEW, undecided=True)
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
    if message.frame is not None or message.role is MessageRole.CLIENT:
        unanswered = earlier[-1].kind is Kind.RENEW and not earlier[-1].acked
        return Draft(Kind.REBIND if unanswered and message.frame is None else Kind.ACQUIRE)
    if _asks_anew(message, earlier):
        return Draft(Kind.ACQUIRE)
    return Draft(Kind.RENEW, undecided=True)


def _has_given(message: Message, earlier: list[Draft]) -> bool:
    """An ACK by itself, of the address the client had: the witness prints no REQUESTs, and this is a renewal."""
    given = [m for draft in earlier[-_LOOKED_BACK:] if draft.acked for m in draft.messages if m.yiaddr]
    return bool(given) and given[-1].yiaddr == message.yiaddr and given[-1].xid != message.xid


def _asks_anew(message: Message, earlier: list[Draft]) -> bool:
    """A REQUEST for an address that the client was not given before: INIT-REBOOT, no renewal."""
    given = [m.yiaddr for draft in earlier[-_LOOKED_BACK:] if draft.acked for m in draft.messages if m.yiaddr]
    return message.requested is not None and bool(given) and message.requested not in given


_OPENS = {
    MessageType.DISCOVER: Kind.ACQUIRE,
    MessageType.OFFER: Kind.ACQUIRE,
    MessageType.RELEASE: Kind.RELEASE,
    MessageType.DECLINE: Kind.DECLINE,
    MessageType.INFORM: Kind.INFORM,
    MessageType.FORCERENEW: Kind.FORCERENEW,
    MessageType.LEASEQUERY: Kind.LEASEQUERY,
    **dict.fromkeys(LEASE_STATES, Kind.LEASEQUERY),
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
    MessageType.FORCERENEW: _same_kind(Kind.FORCERENEW),
    MessageType.LEASEQUERY: _fits_query,
    **dict.fromkeys(LEASE_STATES, _same_kind(Kind.LEASEQUERY)),
    MessageType.BOOTREQUEST: _fits_bootp,
    MessageType.BOOTREPLY: _fits_bootp,
}
