"""Knowledge beside the messages: whose address is whose, which servers are meant to be there, what they hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from labgen.dhcp.message import Direction, Message, MessageRole, MessageType
from labgen.dhcp.model import GRANTED, Binding, Client, Counter, Exchange
from labgen.dhcp.networks import inside as inside
from labgen.dhcp.networks import network_of as network_of
from labgen.dhcp.relay_habits import RelayHabits
from labgen.dhcp.remarks import Remark
from labgen.dhcp.server_replies import ServerReplies
from labgen.dhcp.vantage import Vantage


@dataclass(frozen=True, slots=True)
class Context:
    """Facts from outside the messages, all optional.

    `addresses` maps addresses to node names, `roles` node names to roles. `subnets` are the client
    subnets as prefixes; `shared_networks` maps those that share a wire with others to the first of them.
    `servers` are the identifiers and addresses that may answer; None: not known,
    so nobody is a rogue; `servers_of` says it for
    single clients, by MAC. `networks` names, by MAC, the VRF a client is in: equal addresses of two are different ones.
    `restarted`: somebody makes clients start afresh, so that it is no sign of anything when they do.
    `bindings` come from tables and lease files of servers, `remarks` and `counters` from logs and
    tables. `vantages` say for each file what can be seen in it; None: everything that happened was seen.
    """

    addresses: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, MessageRole] = field(default_factory=dict)
    subnets: tuple[str, ...] = ()
    shared_networks: Mapping[str, str] = field(default_factory=dict)
    servers: frozenset[str] | None = None
    servers_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    networks: Mapping[str, str] = field(default_factory=dict)
    restarted: bool = False
    bindings: tuple[Binding, ...] = ()
    remarks: tuple[Remark, ...] = ()
    counters: tuple[Counter, ...] = ()
    vantages: Mapping[str, Vantage] | None = None

    def may_answer(self, mac: str | None) -> frozenset[str] | None:
        """The identifiers and addresses that may answer a client; None where nobody knows."""
        return self.servers_of.get(mac or "", self.servers)

    def apart(self, mac: str | None, other: str | None) -> bool:
        """True if two clients are known to be in different networks."""
        one, two = self.networks.get(mac or ""), self.networks.get(other or "")
        return one is not None and two is not None and one != two

    def same_shared_network(self, address: str, prefix: str) -> bool:
        """True if an address is in a subnet that shares its wire with the one of `prefix`: a shared network."""
        own, other = self.subnet_of(address), self.subnet_of(prefix.partition("/")[0])
        return (
            own is not None
            and other is not None
            and self.shared_networks.get(own, own) == self.shared_networks.get(other, other)
        )

    def subnet_of(self, address: str) -> str | None:
        """The client subnet an address lies in."""
        return next((subnet for subnet in self.subnets if inside(address, subnet)), None)


class Party(NamedTuple):
    """An end of a hop: a node by name where known, else by address."""

    name: str
    role: MessageRole

    def __str__(self) -> str:
        return self.name


ANYONE = Party("*", MessageRole.TRANSIT)


class AddressBook:
    """Addresses to parties: what the context says, and what the messages give away.

    A server owns what it sends from; a relay owns its giaddr, and the override address it announces
    with exactly one giaddr (an anycast gateway announces one with several, and is nobody's).
    """

    def __init__(self, exchanges: Iterable[Exchange], context: Context) -> None:
        self._context = context
        self._relay_names: dict[str, str] = {}
        self._servers: dict[str, str] = {}
        self._aliases: dict[str, set[str]] = defaultdict(set)
        self._chained: set[str] = set()
        self.witnesses: set[MessageRole] = set()
        self.server_nodes: set[str] = set()
        self._exchanges = tuple(exchanges)
        for exchange in self._exchanges:
            for message in exchange.messages:
                if message.role is not MessageRole.TRANSIT or (
                    message.giaddr is not None and _tells(message)
                ):
                    self._learn(message)
        if any(m.role is MessageRole.TRANSIT for exchange in self._exchanges for m in exchange.messages):
            self.witnesses.add(MessageRole.TRANSIT)

    @cached_property
    def answers(self) -> ServerReplies:
        """The clients that each server answered."""
        return ServerReplies(m for exchange in self._exchanges for m in exchange.messages if m.type.is_reply)

    @cached_property
    def relay_habits(self) -> RelayHabits:
        """The habits of relays, by giaddr: names in their requests beside it."""
        return RelayHabits(
            m for exchange in self._exchanges for m in exchange.messages if not m.type.is_reply
        )

    @cached_property
    def booted(self) -> frozenset[str]:
        """Classes of clients (the head of option 60) that captures show to be told what to boot."""
        return frozenset(
            head
            for exchange in self._exchanges
            if any(m.boots and m.type.is_reply and m.frame is not None for m in exchange.messages)
            for head in {class_head(m.vendor_class) for m in exchange.messages if not m.type.is_reply}
            if head is not None
        )

    @cached_property
    def least_wait(self) -> tuple[int, int]:
        """The least seconds since they began of the DISCOVERs that were answered in captures, and of how many clients."""
        waits: dict[str | None, int] = {}
        for exchange in self._exchanges:
            last = None
            for message in exchange.messages:
                if message.type is MessageType.DISCOVER:
                    last = message
                elif message.type is MessageType.OFFER and last is not None and last.secs is not None:
                    waits[message.mac] = min(last.secs, waits.get(message.mac, last.secs))
                    last = None
        return min(waits.values(), default=0), len(waits)

    @cached_property
    def least_size(self) -> int:
        """Octets of the shortest DISCOVER that was answered in captures; 0 where none was."""
        return min(
            (
                m.size
                for exchange in self._exchanges
                if any(m.type.is_reply for m in exchange.messages)
                for m in exchange.messages
                if m.type is MessageType.DISCOVER and m.size is not None
            ),
            default=0,
        )

    @cached_property
    def asking(self) -> frozenset[tuple[str | None, str | None]]:
        """Captures with the relays whose requests they show."""
        return frozenset(
            (message.file, message.giaddr)
            for exchange in self._exchanges
            for message in exchange.messages
            if message.frame is not None and not message.type.is_reply
        )

    def bears_checksums(self, message: Message) -> bool:
        """True if another client takes, or gets, what has a wrong UDP checksum in this capture: they are filled in behind the tap."""
        return bool(self._unsummed.get((message.file, message.type.is_reply), set()) - {message.mac})

    @cached_property
    def _unsummed(self) -> dict[tuple[str | None, bool], set[str | None]]:
        found: dict[tuple[str | None, bool], set[str | None]] = defaultdict(set)
        for exchange in self._exchanges:
            for message in exchange.messages:
                if message.bad_checksum and _is_taken(message, exchange):
                    found[message.file, message.type.is_reply].add(message.mac)
        return found

    @cached_property
    def trusting(self) -> frozenset[str | None]:
        """Captures in which a client gets a lease whose requests carry option 82 with giaddr 0."""
        return frozenset(
            message.file
            for exchange in self._exchanges
            if exchange.outcome in GRANTED
            for message in exchange.messages
            if message.option82 and message.giaddr is None and not message.type.is_reply
        )

    @cached_property
    def summed(self) -> frozenset[str | None]:
        """Captures with requests of clients whose UDP checksum is right: the tap is where checksums are filled in already."""
        return frozenset(
            message.file
            for exchange in self._exchanges
            for message in exchange.messages
            if message.frame is not None and message.giaddr is None
            if not message.type.is_reply and not message.bad_checksum
        )

    @cached_property
    def orphans(self) -> dict[str, int]:
        """Texts with replies to clients that nobody names, as where addresses were made unreadable, and the last line of one."""
        found: dict[str, int] = {}
        for exchange in self._exchanges:
            messages = exchange.messages
            if exchange.client == Client() and all(m.type.is_reply for m in messages):
                for m in messages:
                    if m.line is not None and m.file is not None and m.role is not MessageRole.CLIENT:
                        found[m.file] = max(m.line, found.get(m.file, 0))
        return found

    def _learn(self, message: Message) -> None:
        self.witnesses.add(message.role)
        if message.role is MessageRole.SERVER:
            self.server_nodes.add(message.node)
            own = message.src if message.direction is Direction.TX else message.dst
            if own is not None and own not in _NOBODY:
                self._servers[own] = message.node
        if message.giaddr is None or (message.type.is_reply and message.role is MessageRole.CLIENT):
            return
        if (
            message.role is MessageRole.RELAY
            and message.direction is Direction.TX
            and not message.type.is_reply
        ):
            self._relay_names[message.giaddr] = message.node
        if _passes_on(message) and message.src is not None:
            self._chained.add(message.src)
        options = message.relay_options
        if options is not None and options.server_id_override is not None:
            self._aliases[options.server_id_override].add(message.giaddr)

    def relay(self, giaddr: str) -> Party:
        """The relay behind a giaddr (or behind an address it uses towards clients)."""
        known = self._context.addresses.get(giaddr) or self._relay_names.get(giaddr)
        if known is None:
            owners = self._aliases.get(giaddr, set())
            if len(owners) == 1:
                other = next(iter(owners))
                if other != giaddr:
                    return self.relay(other)
        return Party(known or giaddr, MessageRole.RELAY)

    def is_relay(self, address: str) -> bool:
        """True when messages or context show the address at a relay."""
        if address in self._aliases or address in self._relay_names or address in self._chained:
            return True
        node = self._context.addresses.get(address)
        return node is not None and self._context.roles.get(node) is MessageRole.RELAY

    def is_chained(self, address: str) -> bool:
        """True when a relay with this address passed on what another relay sent."""
        return address in self._chained

    def server(self, address: str) -> Party:
        """The server behind an address."""
        name = self._context.addresses.get(address) or self._servers.get(address)
        return Party(name or address, MessageRole.SERVER)

    def is_server(self, address: str) -> bool:
        """True when messages or context show the address at a server."""
        if address in self._servers:
            return True
        node = self._context.addresses.get(address)
        return node is not None and self._context.roles.get(node) is MessageRole.SERVER

    def party(self, address: str) -> Party:
        """The relay or server behind an address; a server when nothing speaks for a relay."""
        return self.relay(address) if self.is_relay(address) else self.server(address)


def class_head(vendor_class: str | None) -> str | None:
    """The part of option 60 that clients of one kind share: `docsis3.0` of `docsis3.0:052401`; None where there is none."""
    return (vendor_class or "").partition(":")[0] or None


def _is_taken(message: Message, exchange: Exchange) -> bool:
    """True if what came after a message shows that it arrived: a request that got a lease, an OFFER with a REQUEST."""
    if not message.type.is_reply:
        return exchange.outcome in GRANTED
    return message.type is MessageType.OFFER and bool(exchange.seen(MessageType.REQUEST))


def _tells(message: Message) -> bool:
    """True if a relayed packet tells of its relay more than giaddr: a further hop, or the address that it has for its clients."""
    options = message.relay_options
    return (message.hops or 0) > 1 or (options is not None and options.server_id_override is not None)


def _passes_on(message: Message) -> bool:
    """A captured request of a further relay: more than one hop, and not from giaddr."""
    relayed = (
        message.giaddr is not None and not message.type.is_reply and message.role is not MessageRole.SERVER
    )
    return relayed and (message.hops or 0) > 1 and message.src not in (None, message.giaddr, *_NOBODY)


_NOBODY = frozenset({"0.0.0.0", "255.255.255.255"})
