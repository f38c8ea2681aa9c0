"""An exchange as a ladder: who sent what to whom, one column per party, one step per hop.

This is the data; `labgen.dhcp.ladder_text` turns it into text and Mermaid.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from labgen.dhcp.context import ANYONE, AddressBook, Context, Party
from labgen.dhcp.hops import Hop, client_name, hops
from labgen.dhcp.message import Direction, Evidence, Message, MessageRole, MessageType
from labgen.dhcp.model import FULFILLED, GRANTED, Exchange, ExchangeOutcome, Kind
from labgen.dhcp.segments import NOWHERE

# Seconds in which a client's broadcast reaches every relay on its segment.
_FLOOD = 2.5
# Seconds in which copies of one frame reach the same place on several ways; no client sends again that soon (RFC 2131 4.1).
_COPY = 0.5
_GRANTS = (MessageType.OFFER, MessageType.ACK)


@dataclass(frozen=True, slots=True)
class Column:
    """One party of the exchange. `addresses` it used, giaddr first for a relay."""

    name: str
    role: MessageRole
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrow:
    """One arrow. `after` is in seconds since the first step, None without a clock.

    `source` and `targets` are column indexes; a broadcast has several targets, or none when nobody
    reports it. `unseen` are the targets where nobody looked: that it arrived there is inferred.
    `details` are the fields worth reading, `notes` what a node said about the message. `fate` is
    `dropped`, `ignored`, `lost` or empty; what is lost has no target: it went `towards` a column where
    somebody looked and did not see it. `sightings` are the messages that show it.
    """

    type: MessageType
    source: int
    targets: tuple[int, ...]
    after: float | None = None
    details: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    fate: str = ""
    evidence: tuple[Evidence, ...] = ()
    sightings: tuple[Message, ...] = ()
    unseen: tuple[int, ...] = ()
    towards: int | None = None


@dataclass(frozen=True, slots=True)
class Ladder:
    """An exchange, ready to be drawn. `exact` is False when the times are whole seconds."""

    title: str
    columns: tuple[Column, ...]
    steps: tuple[Arrow, ...]
    exact: bool = True


def ladder(exchange: Exchange, book: AddressBook | None = None) -> Ladder:
    """The ladder of an exchange. `book` names parties by node; without it only this exchange's messages
    do.
    """
    found = hops(exchange, book or AddressBook([exchange], Context()))
    columns = _columns(found, exchange)
    index = {(column.name, column.role): at for at, column in enumerate(columns)}
    shown: set[tuple[str, str]] = set()
    steps = tuple(_step(hop, targets, index, exchange, found, shown) for hop, targets in _merged(found))
    times = [hop.time for hop in found if hop.time is not None]
    exact = any(time != int(time) for time in times)
    return Ladder(title(exchange), columns, steps, exact)


def title(exchange: Exchange) -> str:
    """One line that says how the exchange went."""
    name = client_name(exchange)
    who = name if name == str(exchange.client) else f"{name} ({exchange.client})"
    result = _result(exchange)
    parts = [f"{exchange.kind}: {who} {result}"]
    network = exchange.segment._replace(interface=None)
    if network != NOWHERE:
        parts.append(str(network))
    if exchange.server_id and exchange.outcome in FULFILLED:
        parts.append(f"server identifier {exchange.server_id}")
    if exchange.lease_seconds is not None:
        parts.append(f"lease {duration(exchange.lease_seconds)}")
    if exchange.xid is not None:
        parts.append(f"xid 0x{exchange.xid:x}")
    return ", ".join(parts)


def _result(exchange: Exchange) -> str:
    if exchange.kind is Kind.BOOTP and exchange.outcome is ExchangeOutcome.BOUND:
        return f"was given {exchange.address or 'a boot file'} by BOOTP (no lease)"
    if exchange.outcome is ExchangeOutcome.INCOMPLETE and not any(m.type.is_reply for m in exchange.messages):
        return f"chose {exchange.address or 'an offer'}; no answer was seen"
    return _RESULTS[exchange.outcome].format(address=exchange.address or "an address")


_RESULTS = {
    ExchangeOutcome.ANSWERED: "was answered",
    ExchangeOutcome.DECLINED: "declined {address}",
    ExchangeOutcome.SENT: "was asked to renew",
    ExchangeOutcome.ACTIVE: "has a lease of {address}",
    ExchangeOutcome.UNASSIGNED: "has no lease of {address}",
    ExchangeOutcome.UNKNOWN: "is not known to the server",
    ExchangeOutcome.BOUND: "bound to {address}",
    ExchangeOutcome.RENEWED: "keeps {address}",
    ExchangeOutcome.RELEASED: "released {address}",
    ExchangeOutcome.NAK: "was refused {address}",
    ExchangeOutcome.NO_REPLY: "asked; no reply was seen",
    ExchangeOutcome.INCOMPLETE: "did not get to the end",
}


def duration(seconds: int) -> str:
    """Seconds as the largest whole unit: `1d`, `12h`, `90m`, `45s`; all ones are a lease without end (RFC 2131 section 3.3)."""
    if seconds >= 0xFFFFFFFF:
        return "infinite"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _columns(found: Iterable[Hop], exchange: Exchange) -> tuple[Column, ...]:
    parties: dict[Party, dict[str, None]] = {}
    for hop in found:
        for party in (hop.sender, hop.receiver):
            if party != ANYONE:
                parties.setdefault(party, {})
        _note_addresses(hop, parties)
    order = {MessageRole.CLIENT: 0, MessageRole.RELAY: 1, MessageRole.TRANSIT: 1, MessageRole.SERVER: 2}
    ranked = sorted(parties, key=lambda party: (order[party.role], party.name))
    return tuple(Column(party.name, party.role, tuple(parties[party])) for party in ranked)


def _note_addresses(hop: Hop, parties: dict[Party, dict[str, None]]) -> None:
    giaddr = hop.value("giaddr")
    if hop.sender.role is MessageRole.RELAY and giaddr and not hop.type.is_reply:
        parties[hop.sender].setdefault(giaddr)
    if hop.sender.role is MessageRole.SERVER and hop.value("src"):
        parties[hop.sender].setdefault(str(hop.value("src")))
    if hop.receiver.role is MessageRole.SERVER and hop.value("dst"):
        parties[hop.receiver].setdefault(str(hop.value("dst")))


def _merged(found: tuple[Hop, ...]) -> list[tuple[Hop, tuple[Party, ...]]]:
    """Hops with their receivers: what the client broadcasts once is one step with many receivers."""
    rows: list[tuple[Hop, tuple[Party, ...]]] = []
    taken: set[int] = set()
    for at, hop in enumerate(found):
        if at in taken:
            continue
        receivers = [] if hop.receiver == ANYONE else [hop.receiver]
        client = hop.sender.role is MessageRole.CLIENT and _is_broadcast(hop)
        copies = _same_broadcast(found, at, hop) if client else _copies_of_relay(found, at, hop)
        for later, other in copies:
            taken.add(later)
            receivers.extend([other.receiver] if other.receiver not in (ANYONE, *receivers) else [])
        if client:
            receivers = receivers or _relayed_by(found, at, hop)
        rows.append((_together(hop, [other for _, other in copies]), tuple(receivers)))
    return rows


def _together(hop: Hop, copies: list[Hop]) -> Hop:
    """One hop with everything that was seen of it and of its copies."""
    if not copies:
        return hop
    return replace(hop, sightings=(*hop.sightings, *(seen for copy in copies for seen in copy.sightings)))


def _is_broadcast(hop: Hop) -> bool:
    return hop.receiver == ANYONE or hop.value("dst") in (None, "255.255.255.255")


def _same_broadcast(found: tuple[Hop, ...], at: int, hop: Hop) -> list[tuple[int, Hop]]:
    """Other places where the same broadcast was seen: other receivers, before the client sends again."""
    return [
        (later, other)
        for later, other in enumerate(found[at + 1 :], at + 1)
        if other.type is hop.type
        and other.sender == hop.sender
        and _is_broadcast(other)
        and (_close(hop, other) if other.receiver != hop.receiver else _copy(hop, other))
    ]


def _copies_of_relay(found: tuple[Hop, ...], at: int, hop: Hop) -> list[tuple[int, Hop]]:
    """Copies of the same request that a relay sent to its other servers."""
    if hop.type.is_reply or hop.sender.role is not MessageRole.RELAY or hop.dropped:
        return []
    return [
        (later, other)
        for later, other in enumerate(found[at + 1 :], at + 1)
        if other.type is hop.type
        and other.sender == hop.sender
        and other.receiver != hop.receiver
        and not other.dropped
        and _details(other) == _details(hop)
        and _option82(other) == _option82(hop)
        and _copy(hop, other)
    ]


def _relayed_by(found: tuple[Hop, ...], at: int, hop: Hop) -> list[Party]:
    """Relays that passed the broadcast on, so must have received it."""
    relays = (
        other.sender
        for other in found[at + 1 :]
        if other.type is hop.type and other.sender.role is MessageRole.RELAY and _close(hop, other)
    )
    return list(dict.fromkeys(relays))


def _close(hop: Hop, other: Hop) -> bool:
    return hop.time is None or other.time is None or abs(other.time - hop.time) <= _FLOOD


def _copy(hop: Hop, other: Hop) -> bool:
    return hop.time is not None and other.time is not None and abs(other.time - hop.time) <= _COPY


def _step(
    hop: Hop,
    receivers: tuple[Party, ...],
    index: dict[tuple[str, MessageRole], int],
    exchange: Exchange,
    found: tuple[Hop, ...],
    shown: set[tuple[str, str]],
) -> Arrow:
    start = next((other.time for other in found if other.time is not None), None)
    columns = {party: index[party.name, party.role] for party in receivers}
    seen = {party for party in receivers if _seen_at(party, hop, found)}
    lost = _lost(hop, exchange) and receivers == (hop.receiver,)
    notes = [*_notes(hop), *([_last_seen(hop)] if lost else [])]
    return Arrow(
        type=hop.type,
        source=index[hop.sender.name, hop.sender.role],
        targets=() if lost else tuple(columns.values()),
        after=None if hop.time is None or start is None else hop.time - start,
        details=(*_details(hop), *_news(str(hop.sender), _option82(hop), shown)),
        notes=tuple(_news(f"{hop.sender} {hop.receiver}", notes, shown)),
        fate="lost" if lost else _fate(hop, exchange, found),
        evidence=tuple(message.evidence() for message in hop.sightings),
        sightings=hop.sightings,
        unseen=() if lost else tuple(at for party, at in columns.items() if party not in seen),
        towards=columns[hop.receiver] if lost else None,
    )


def _seen_at(party: Party, hop: Hop, found: tuple[Hop, ...]) -> bool:
    """True if a party reports that the hop's message came; for a broadcast its own sighting is another hop's."""
    if hop.receiver == party and hop.arrived:
        return True
    same = (o for o in found if o.type is hop.type and o.sender == hop.sender and o.receiver == party)
    return any(other.arrived and _close(hop, other) for other in same)


def _lost(hop: Hop, exchange: Exchange) -> bool:
    """True if its receiver's port was captured, and the message is not there."""
    captured = {
        m.node for m in exchange.messages if m.frame is not None and m.role is not MessageRole.TRANSIT
    }
    sent = hop.first.frame is not None
    return sent and not hop.dropped and not hop.arrived and hop.receiver.name in captured


def _last_seen(hop: Hop) -> str:
    last = hop.sightings[-1]
    verb = "leaving" if last.direction is Direction.TX else "arriving at"
    port = f" ({last.interface})" if last.interface else ""
    return f"last seen {verb} {last.node}{port}, on its way to {hop.receiver}"


STATES = frozenset({"selecting", "renewing", "rebinding", "renewing or rebinding", "ignored"})
"""Notes that say what a client was about, as the arrows show."""


def _notes(hop: Hop) -> list[str]:
    """Sentences of nodes, one by one, without the states that the arrows show."""
    parts = (part for note in hop.notes for part in note.split("; "))
    return [part for part in parts if part not in STATES]


def _news(topic: str, words: list[str], shown: set[tuple[str, str]]) -> list[str]:
    """Words that have not been said on this topic yet: a relay's option 82 is the same in each message."""
    fresh = [word for word in words if (topic, word) not in shown]
    shown.update((topic, word) for word in fresh)
    return fresh


def _fate(hop: Hop, exchange: Exchange, found: tuple[Hop, ...]) -> str:
    if hop.dropped:
        return "dropped"
    if hop.receiver.role is not MessageRole.CLIENT or hop.type not in _GRANTS:
        return ""
    if exchange.outcome not in GRANTED:
        return ""
    return "" if hop is _taken(hop.type, exchange, found) else "ignored"


def _taken(kind: MessageType, exchange: Exchange, found: tuple[Hop, ...]) -> Hop | None:
    """The OFFER or ACK that the client used."""
    for hop in found:
        if hop.type is kind and hop.receiver.role is MessageRole.CLIENT and "ignored" not in hop.notes:
            agrees = hop.value("server_id") in (None, exchange.server_id)
            if agrees and hop.value("yiaddr") in (None, exchange.address):
                return hop
    return None


def _details(hop: Hop) -> tuple[str, ...]:
    found: list[str] = []
    relayed = MessageRole.CLIENT not in (hop.sender.role, hop.receiver.role)
    if hop.type.is_reply:
        found.extend(_pair("", hop.value("yiaddr") or hop.value("ciaddr")))
        found.extend(_pair("id ", hop.value("server_id")))
        lease = hop.value("lease_seconds")
        found.extend(_pair("lease ", duration(int(lease)) if lease and hop.type in _GRANTS else None))
        return tuple(found)
    if relayed:
        found.extend(_pair("giaddr ", hop.value("giaddr")))
    found.extend(_pair("asks ", hop.value("requested")))
    found.extend(_pair("ciaddr ", hop.value("ciaddr")))
    found.extend(_pair("id ", hop.value("server_id")))
    return tuple(found)


def _pair(label: str, value: str | None) -> tuple[str, ...]:
    return () if value is None else (label + value,)


def _option82(hop: Hop) -> list[str]:
    """Sub-options on a request between relay and server."""
    options = hop.relay_options
    if options is None or hop.type.is_reply or hop.sender.role is MessageRole.CLIENT:
        return []
    named = (
        ("link ", options.link_selection),
        ("override ", options.server_id_override),
        ("circuit ", options.circuit_id),
        ("vss ", options.vss),
        ("link(150) ", options.cisco_link_selection),
        ("override(152) ", options.cisco_server_id_override),
    )
    return [label + value for label, value in named if value]
