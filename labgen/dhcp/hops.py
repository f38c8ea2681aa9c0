"""Sightings of one exchange into hops: one copy of a message on its way from one party to the next.

A hop seen where it was sent and where it arrived is one hop with two sightings. Where only one end is a
witness, the other is inferred from giaddr, source and destination.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from labgen.dhcp.context import ANYONE, AddressBook, Party
from labgen.dhcp.message import CONFIGURED, REPEATED, Direction, Message, MessageRole, MessageType
from labgen.dhcp.model import Exchange
from labgen.dhcp.relay_options import RelayOptions

_BROADCAST = "255.255.255.255"
# Seconds between the two ends of a hop, at most: links are fast, log clocks are not.
_TRAVEL = 2.5
# Hops looked back at for the other end of one: an exchange that is sent over and over stays linear.
_LOOKED_BACK = 64


@dataclass(frozen=True, slots=True)
class Hop:
    """One copy of a message between two parties; `receiver` is `ANYONE` for a broadcast nobody reports."""

    type: MessageType
    sender: Party
    receiver: Party
    sightings: tuple[Message, ...]

    @property
    def first(self) -> Message:
        return self.sightings[0]

    @property
    def time(self) -> float | None:
        return self.first.time

    def value(self, name: str) -> str | None:
        """A field of the message, from the first sighting that shows it."""
        for message in self.sightings:
            found = getattr(message, name)
            if found is not None:
                return str(found)
        return None

    @property
    def relay_options(self) -> RelayOptions | None:
        for message in self.sightings:
            if message.relay_options is not None:
                return message.relay_options
        return None

    @property
    def option82(self) -> bool | None:
        return next((m.option82 for m in self.sightings if m.option82 is not None), None)

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(m.note for m in self.sightings if m.note))

    @property
    def arrived(self) -> bool:
        """True if somebody saw it where it was going."""
        end = self.receiver
        return any(
            m.node == end.name and m.direction is Direction.RX and m.role is end.role for m in self.sightings
        )

    @property
    def dropped(self) -> bool:
        return any(message.dropped for message in self.sightings)


def hops(exchange: Exchange, book: AddressBook) -> tuple[Hop, ...]:
    """The hops of an exchange in order of time."""
    groups: list[tuple[Party, Party, list[Message]]] = []
    client = Party(client_name(exchange), MessageRole.CLIENT)
    for message in _with_giaddr(exchange.messages):
        sender, receiver = ends(message, client, book)
        group = _same_hop(groups, sender, receiver, message)
        if group is None:
            groups.append((sender, receiver, [message]))
        else:
            group.append(message)
    return _in_causal_order([Hop(seen[0].type, end[0], end[1], tuple(seen)) for *end, seen in groups])


def _in_causal_order(found: list[Hop]) -> tuple[Hop, ...]:
    """Logs round their times: where two hops are that close, the one that causes the other goes first."""
    ordered: list[Hop] = []
    for hop in found:
        at = len(ordered)
        while at and _precedes(hop, ordered[at - 1]):
            at -= 1
        ordered.insert(at, hop)
    return tuple(ordered)


def _precedes(hop: Hop, other: Hop) -> bool:
    time, earlier = hop.sightings[0].time, other.sightings[0].time
    if time is None or earlier is None or time - earlier >= _rounding(hop, other):
        return False
    return _stage(hop) < _stage(other) and not _same_witness(hop, other)


def _rounding(hop: Hop, other: Hop) -> float:
    """Seconds by which two witnesses may disagree about the order: captures tell microseconds, logs
    round.
    """
    if hop.first.frame is not None and other.first.frame is not None:
        return 0.0
    whole = any(hop_time == int(hop_time) for hop_time in (hop.time or 0.0, other.time or 0.0))
    return 1.0 if whole else 0.005


def _stage(hop: Hop) -> tuple[int, int]:
    towards_server = {
        MessageRole.CLIENT: 0,
        MessageRole.TRANSIT: 1,
        MessageRole.RELAY: 1,
        MessageRole.SERVER: 2,
    }[hop.sender.role]
    return _STAGES.get(hop.type, 0), 2 - towards_server if hop.type.is_reply else towards_server


def _same_witness(hop: Hop, other: Hop) -> bool:
    """True when one file shows both: then its order is the order."""
    files = {message.file for message in hop.sightings}
    return any(message.file in files for message in other.sightings)


_STAGES = {
    MessageType.DISCOVER: 0,
    MessageType.OFFER: 1,
    MessageType.REQUEST: 2,
    MessageType.ACK: 3,
    MessageType.NAK: 3,
}


def _with_giaddr(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """dnsmasq logs no giaddr. Where its replies hold option 82 they went to a relay: to the only one
    there is.
    """
    silent = {
        m.node
        for m in messages
        if m.role is MessageRole.SERVER and m.option82 and m.giaddr is None and m.dst is None
    }
    giaddrs = {message.giaddr for message in messages if message.giaddr is not None}
    if not silent or len(giaddrs) != 1:
        return messages
    giaddr = giaddrs.pop()
    return tuple(
        replace(m, giaddr=giaddr)
        if m.node in silent and m.giaddr is None and m.role is MessageRole.SERVER
        else m
        for m in messages
    )


def client_name(exchange: Exchange) -> str:
    """Node name of the client where it is a witness, else its MAC or client identifier."""
    own = next((m.node for m in exchange.messages if m.role is MessageRole.CLIENT), None)
    return own or str(exchange.client)


def _same_hop(
    groups: list[tuple[Party, Party, list[Message]]], sender: Party, receiver: Party, message: Message
) -> list[Message] | None:
    """The hop this sighting is another view of: same ends, and not seen at this place before."""
    again = message.note in (REPEATED, CONFIGURED)
    for other_sender, other_receiver, seen in groups[: -_LOOKED_BACK - 1 : -1]:
        if again and (other_receiver, seen[0].type) == (receiver, message.type) and _agree(seen[0], message):
            return seen
        if seen[0].type is not message.type or (other_sender, other_receiver) != (sender, receiver):
            continue
        apart = 0.0 if message.time is None or seen[0].time is None else abs(message.time - seen[0].time)
        place = (message.node, message.direction, message.file)
        fresh = message.copy or all((m.node, m.direction, m.file) != place for m in seen)
        if apart <= _TRAVEL and fresh and _agree(seen[0], message):
            return seen
    return None


def _agree(one: Message, other: Message) -> bool:
    for name in ("yiaddr", "server_id", "giaddr", "requested"):
        left, right = getattr(one, name), getattr(other, name)
        if left is not None and right is not None and left != right:
            return False
    return True


def ends(message: Message, client: Party, book: AddressBook) -> tuple[Party, Party]:
    """Sender and receiver of the hop a sighting belongs to."""
    if message.type.is_reply:
        return _reply_ends(message, client, book)
    return _request_ends(message, client, book)


def _request_ends(message: Message, client: Party, book: AddressBook) -> tuple[Party, Party]:
    here = Party(message.node, message.role)
    sending = message.direction is Direction.TX
    if message.role is MessageRole.TRANSIT or not sending:
        sender = _asker(message, client, book)
    else:
        sender = client if message.role is MessageRole.CLIENT else here
    onward = message.role is MessageRole.TRANSIT or sending
    receiver = _asked(message, book) if onward else here
    return sender, receiver


def _asker(message: Message, client: Party, book: AddressBook) -> Party:
    """The sender of a request, as the receiving end sees it: a further relay of a chain leaves giaddr alone and counts hops
    (RFC 1542 section 4.1.1), so its IP source tells.
    """
    if message.giaddr is not None:
        if message.src is not None and book.is_chained(message.src):
            return book.relay(message.src)
        return book.relay(message.giaddr)
    options = message.relay_options
    if options is not None and options.server_id_override is not None:
        return book.relay(options.server_id_override)
    return client


def _asked(message: Message, book: AddressBook) -> Party:
    """The one that a request is sent to, as the sending end sees it."""
    if message.dst is None or message.dst == _BROADCAST:
        return ANYONE
    if message.giaddr is not None and not book.is_chained(message.dst):
        return book.server(message.dst)
    return book.party(message.dst)


def _reply_ends(message: Message, client: Party, book: AddressBook) -> tuple[Party, Party]:
    here = Party(message.node, message.role)
    sending = message.direction is Direction.TX
    if message.role is MessageRole.SERVER and sending:
        return here, book.relay(message.giaddr) if message.giaddr is not None else client
    if message.role is MessageRole.RELAY:
        return (here, client) if sending else (_answerer(message, book), here)
    if message.role is MessageRole.CLIENT:
        return _last_hop(message, book), client
    if message.giaddr is not None and message.dst == message.giaddr:
        return _answerer(message, book), book.relay(message.giaddr)
    return _last_hop(message, book), client


def _answerer(message: Message, book: AddressBook) -> Party:
    """The server a reply to a relay comes from."""
    address = message.src or message.server_id
    return book.server(address) if address else Party("server", MessageRole.SERVER)


def _last_hop(message: Message, book: AddressBook) -> Party:
    """The one who handed a reply to the client: the relay where there is one, else the server."""
    for address in (message.src, message.giaddr):
        if address is not None and (book.is_relay(address) or book.is_server(address)):
            return book.party(address)
    if message.giaddr is not None:
        return book.relay(message.giaddr)
    address = message.src or message.server_id
    return book.party(address) if address else Party("server", MessageRole.SERVER)
