"""The way of a client's message through one relay to one server and back, leg by leg, each with its own evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from labgen.dhcp.model import Direction, Exchange, Message, MessageRole, MessageType
from labgen.ground.labplan import NodePlan, RelayPlan
from labgen.verify import groups
from labgen.verify.facts import Facts

RX, TX = Direction.RX, Direction.TX
ANSWERS = {
    MessageType.DISCOVER: (MessageType.OFFER,),
    MessageType.REQUEST: (MessageType.ACK, MessageType.NAK),
    MessageType.INFORM: (MessageType.ACK,),
}
"""What answers a message (RFC 2131 section 3)."""
EVERYBODY = "255.255.255.255"


@dataclass(frozen=True, slots=True)
class Leg:
    """One stretch of the way: `seen` where it ends, at the node `at`; `wanted` is how many there must be. `watched` is False where
    nobody looks. `trail` are all sightings on the way there, those of switches that only forward included.
    """

    what: str
    at: str
    wanted: int
    seen: tuple[Message, ...]
    watched: bool = True
    trail: tuple[Message, ...] = ()

    @property
    def whole(self) -> bool:
        return not self.watched or len(self.seen) >= self.wanted


@dataclass(frozen=True, slots=True)
class RelayPath:
    """The nodes that a journey leads through; `alone` where the client addressed this one relay."""

    facts: Facts
    exchange: Exchange
    client: str
    switch: NodePlan
    relay: RelayPlan
    server: str
    alone: bool = False

    @property
    def sharers(self) -> frozenset[str]:
        """Relays of the client with this giaddr: an anycast address is several switches', and an answer goes to one of them."""
        if self.alone:
            return frozenset({self.switch.name})
        return frozenset(
            node.name for node, relay in self.facts.relays(self.client) if relay.giaddr == self.relay.giaddr
        )

    def seen(
        self, kind: MessageType, role: MessageRole, direction: Direction, node: str
    ) -> tuple[Message, ...]:
        return self.exchange.seen(kind, role=role, direction=direction, node=node)

    def through(self, messages: Iterable[Message]) -> tuple[Message, ...]:
        return tuple(m for m in messages if m.giaddr == str(self.relay.giaddr))

    def may_hold(self, message: Message) -> bool:
        """True if a reply may have come this way: some relays clear giaddr in what they hand to the client."""
        return message.giaddr in (str(self.relay.giaddr), None)


@dataclass(frozen=True, slots=True)
class Journey:
    """The way of what a client `asked`: the legs there, the legs back, and what the server sent."""

    path: RelayPath
    asked: MessageType
    there: tuple[Leg, ...]
    back: tuple[Leg, ...]
    answers: tuple[Message, ...]

    @property
    def legs(self) -> tuple[Leg, ...]:
        return (*self.there, *self.back)

    @property
    def broken(self) -> Leg | None:
        """The first leg on which something is missing."""
        return next((leg for leg in self.legs if not leg.whole), None)

    @property
    def last_seen(self) -> Message | None:
        """The place where the message, or its answer, was seen last before the broken leg."""
        broken = self.broken
        if broken is None:
            return None
        return max(broken.trail, key=lambda m: m.time or 0.0, default=None)

    @property
    def sightings(self) -> tuple[Message, ...]:
        return tuple(dict.fromkeys(m for leg in self.legs for m in leg.seen))

    def kept(self, leg: Leg) -> tuple[str, ...]:
        """Switches that kept frames of tunnels on the way that a leg is of, there or back."""
        if leg in self.there:
            return swallowed(self.path.facts, self.path.client, self.path.exchange.seen(self.asked))
        keys = {_key(m) for m in self.answers}
        replies = (m for kind in ANSWERS.get(self.asked, ()) for m in self.path.exchange.seen(kind))
        return swallowed(self.path.facts, self.path.client, (m for m in replies if _key(m) in keys))


def journey(path: RelayPath, ask: MessageType) -> Journey:
    """The way of every copy of a message that the client sent, as far as it is seen."""
    there = _there(path, ask)
    answers = _answers(path, ask)
    unsent = _unsent(path, ask, answers)
    return Journey(path, ask, (*there, *unsent), _back(path, answers), answers)


def _there(path: RelayPath, ask: MessageType) -> tuple[Leg, ...]:
    facts, relay, switch, server = path.facts, path.relay, path.switch.name, path.server
    sent = path.seen(ask, MessageRole.CLIENT, TX, path.client)
    wanted = len(sent)
    target = next(str(t.address) for t in relay.targets if t.server == server)
    heard = _at_port(path.seen(ask, MessageRole.RELAY, RX, switch), relay.linux, lambda m: m.giaddr is None)
    left = _once(m for m in path.through(path.seen(ask, MessageRole.RELAY, TX, switch)) if m.dst == target)
    arrived = path.through(path.seen(ask, MessageRole.SERVER, RX, server))
    watched, every = switch in facts.captured, path.exchange.seen(ask)
    broadcast = tuple(m for m in every if m.giaddr is None)
    copies = tuple(m for m in path.through(every) if m.dst == target)
    return (
        Leg(f"leaves {path.client}", path.client, max(1, wanted), sent, facts.watched(path.client)),
        Leg(f"arrives at {switch}", switch, wanted, heard, watched, broadcast),
        Leg(f"leaves {switch} for {server}", switch, wanted, left, watched, heard),
        Leg(
            f"arrives at {server}",
            server,
            wanted * len(path.sharers),
            arrived,
            server in facts.captured,
            copies,
        ),
    )


def _answers(path: RelayPath, ask: MessageType) -> tuple[Message, ...]:
    return tuple(
        m
        for kind in ANSWERS.get(ask, ())
        for m in path.through(path.seen(kind, MessageRole.SERVER, TX, path.server))
    )


def _unsent(path: RelayPath, ask: MessageType, answers: tuple[Message, ...]) -> tuple[Leg, ...]:
    """Answers that reached the relay in the server's name, and that the server was not seen to send."""
    own = {str(address) for address in path.facts.plan.node(path.server).addresses}
    came = _once(
        m
        for kind in ANSWERS.get(ask, ())
        for m in path.through(path.seen(kind, MessageRole.RELAY, RX, path.switch.name))
        if m.src in own
    )
    if len(came) <= len(answers):
        return ()
    watched = path.server in path.facts.captured
    return (Leg(f"is answered by {path.server}", path.server, len(came), answers, watched, came),)


def _back(path: RelayPath, answers: tuple[Message, ...]) -> tuple[Leg, ...]:
    """The legs of the server's answers, by what tells answers apart: on the client's side two servers' may look alike."""
    if not answers:
        return ()
    facts, kinds, keys = path.facts, {m.type for m in answers}, {_key(m) for m in answers}
    every = [m for kind in kinds for m in path.exchange.seen(kind) if _key(m) in keys and path.may_hold(m)]
    sent = _once(m for m in every if m.role is MessageRole.SERVER and m.direction is TX)
    at_relay = [m for m in every if m.node in path.sharers and m.role is MessageRole.RELAY]
    own = {str(address) for address in facts.plan.node(path.server).addresses}
    came = _once(m for m in at_relay if m.direction is RX and m.src in own)
    passed_on = _at_port([m for m in at_relay if m.direction is TX], path.relay.linux, lambda m: True)
    client = [
        m for m in every if m.role is MessageRole.CLIENT and m.direction is RX and m.node == path.client
    ]
    watched = path.sharers <= facts.captured
    names = " or ".join(sorted(path.sharers))
    kind = "/".join(sorted(kind.value for kind in kinds))
    at_client = path.client in facts.captured
    home = groups.home_switch(facts.plan, path.client)
    last = (*came, *passed_on, *(m for m in every if m.node == home and _towards_client(m)))
    return (
        Leg(
            f"{kind} arrives at {names}", path.switch.name, len(answers), came, watched, _missing(every, came)
        ),
        Leg(
            f"{kind} leaves {names} for {path.client}", path.switch.name, len(sent), passed_on, watched, came
        ),
        Leg(f"{kind} arrives at {path.client}", path.client, len(sent), tuple(client), at_client, last),
    )


def _towards_client(message: Message) -> bool:
    """True if a switch carried what a relay had handed on: inside a tunnel, or bridged. What is flooded comes by others, too, but to
    that of the client it has to.
    """
    return message.role is MessageRole.TRANSIT and message.dst in (message.yiaddr, message.ciaddr, EVERYBODY)


def _missing(every: Iterable[Message], came: Iterable[Message]) -> tuple[Message, ...]:
    """Sightings of what did not come, where it can be told apart from what did."""
    known, there = tuple(every), {_key(m) for m in came}
    return tuple(m for m in known if _key(m) not in there) or known


def _key(message: Message) -> tuple[MessageType, str | None, str | None]:
    return (message.type, message.yiaddr, message.server_id)


def _once(messages: Iterable[Message]) -> tuple[Message, ...]:
    """One sighting of each copy: a packet passes several captured interfaces of a node. As many as the busiest of them saw."""
    found = tuple(messages)
    ports: dict[tuple[str, str | None], list[Message]] = {}
    for message in found:
        ports.setdefault((message.node, message.interface), []).append(message)
    nodes = Counter(node for node, _ in ports)
    if not found or max(nodes.values()) == 1:
        return found
    # Different copies may leave by different ports (equal-cost paths): frames tell copies apart, times tell sightings of one copy.
    return _distinct(found)


_SAME = 0.0005
"""Seconds between sightings of one packet at two interfaces of one node."""


def _distinct(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    kept: list[Message] = []
    for message in sorted(messages, key=lambda m: m.time or 0.0):
        twin = any(
            k.node == message.node
            and k.interface != message.interface
            and (k.dst, k.giaddr, _key(k)) == (message.dst, message.giaddr, _key(message))
            and abs((k.time or 0.0) - (message.time or 0.0)) <= _SAME
            for k in kept
        )
        if not twin:
            kept.append(message)
    return tuple(kept)


def _at_port(
    messages: Iterable[Message], port: str, wanted: Callable[[Message], bool]
) -> tuple[Message, ...]:
    """Those seen at the client interface itself, where it was captured."""
    found = [m for m in messages if wanted(m)]
    own = tuple(m for m in found if m.interface == port)
    return own or _once(found)


def swallowed(facts: Facts, client: str, sightings: Iterable[Message]) -> tuple[str, ...]:
    """Switches that only carry the tunnels of a client's segment, and sent fewer of its frames on than they got."""
    node = facts.plan.node(client)
    ends = facts.plan.segment(node.client.segment).switches if node.client else ()
    carried = Counter(
        (m.node, m.direction) for m in sightings if m.vni is not None and m.role is MessageRole.TRANSIT
    )
    between = dict.fromkeys(name for name, _ in carried if name not in ends)
    return tuple(name for name in between if carried[name, RX] > carried[name, TX])


def kept_by(facts: Facts, node: str, target: str | None) -> str:
    """The next thing to look at where a node got a message and did not pass it on: its relay where the node itself is addressed, else its
    routes."""
    plan = facts.plan.node(node)
    own = {str(a) for a in plan.addresses} | {str(relay.link_address) for relay in plan.relays}
    if target in own:
        return f"{node} got it and did not pass it on: does its relay run? `labgen logs {node}`"
    return f"{node} did not pass it on: `labgen exec {node} -- ip route get {target}`"


def stopped_at(sightings: Iterable[Message]) -> tuple[str, ...]:
    """The place where a message that did not arrive was seen last: a node that got it and did not pass it on, or that sent it. Nobody where
    only its sender saw it.
    """
    known = sorted(sightings, key=lambda m: m.time or 0.0)
    others = [m for m in known if not (m.role is MessageRole.CLIENT and m.direction is TX)]
    return (others[-1].node,) if others else ()
