"""Everything the checks of one step may look at: the plan, what the nodes said, what was on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from labgen.devices import registry
from labgen.devices.observed import Observed
from labgen.dhcp.identities import mac_in_client_id
from labgen.dhcp.model import Binding, Direction, Exchange, Finding, Kind, Message, MessageRole, MessageType
from labgen.ground.labplan import LabPlan, NodePlan, RelayPlan
from labgen.verify import attempts, groups, redundancy
from labgen.verify.arp import ArpClaim
from labgen.verify.captures import SUFFIX, owner
from labgen.verify.echoes import Echoes
from labgen.verify.remark import NotDone
from labgen.verify.subject import Subject


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of one step. `messages` are sightings on the wire, or in the logs of nodes that nobody captured (those that are
    `captured` are named); `observed.messages` are what daemons logged.

    `blind` maps a node to why its captures are not whole, `unread` a probe (`node/probe`) to why it brought nothing,
    `answered` a node to the files with its answers, `frames` a capture's file name to how many frames it has.
    `unreachable` maps a node to why nothing could be collected from it. `remarks` maps a node to what happened
    to its action (for example that it took effect only after the deadline). `exchanges` went on in this step,
    `history` was over before it. `roles` says who the groups of the playbook are (`selected-server`, ...).
    `claims` are what clients' wires said by ARP in this step, `echoes` how far got what clients asked in vain.
    `since` is the beginning of the step, `acted` when its actions had been done (its waits come after that), `at`
    the end of its collection, in seconds since the epoch; the wall clock, which leases go by, was `moved` seconds ahead of them then.
    `read` maps a file of evidence to when its node had answered, where that is known: under load seconds before `at`.
    `looked`: nobody did anything, so that an exchange which is not there did not fail.
    """

    plan: LabPlan
    observed: Observed
    messages: tuple[Message, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    findings: tuple[Finding, ...] = ()
    unreachable: Mapping[str, str] = field(default_factory=dict)
    captured: frozenset[str] = frozenset()
    blind: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    answered: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    frames: Mapping[str, int] = field(default_factory=dict)
    remarks: Mapping[str, NotDone] = field(default_factory=dict)
    claims: tuple[ArpClaim, ...] = ()
    echoes: Echoes = field(default_factory=Echoes)
    history: tuple[Exchange, ...] = ()
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    since: float = 0.0
    acted: float = 0.0
    at: float = 0.0
    moved: float = 0.0
    looked: bool = False
    read: Mapping[str, float] = field(default_factory=dict)

    def mac(self, client: str) -> str:
        """MAC address of a client's data port."""
        return self.plan.node(client).client_mac

    def owner(self, mac: str | None) -> str | None:
        """The node that has a hardware address, if it is one of the plan's own."""
        ports = ((node.name, port.mac) for node in self.plan.nodes for port in node.interfaces)
        return next((name for name, own in ports if mac is not None and own == mac), None)

    def exchanges_of(self, client: str) -> tuple[Exchange, ...]:
        """All that the client took part in, in this step."""
        mac = self.mac(client)
        return tuple(e for e in self.exchanges if e.client.mac == mac)

    def exchange(self, client: str, kind: Kind) -> Exchange | None:
        """The client's last exchange of a kind in this step, with all that belongs to it."""
        return attempts.last(self._own(client, kind), self.at)

    def _own(self, client: str, kind: Kind) -> tuple[Exchange, ...]:
        """The client's exchanges of a kind in this step. Where its port is captured, only those that it began: a copy that a relay
        sends once more after all is over is part of the exchange it repeats.
        """
        own = tuple(e for e in self.exchanges_of(client) if e.kind is kind)
        begun = tuple(e for e in own if e.seen(role=MessageRole.CLIENT, direction=Direction.TX))
        return begun or own if client in self.captured else own

    def repeated(self, exchange: Exchange) -> tuple[Message, ...]:
        """Sightings under an exchange's xid that nobody's own message explains: copies made again after it was over."""
        others = (e for e in self.exchanges if e is not exchange and e.client.mac == exchange.client.mac)
        return tuple(
            m
            for e in others
            if e.xid == exchange.xid and not e.seen(role=MessageRole.CLIENT, direction=Direction.TX)
            for m in e.messages
        )

    def first(self, client: str, kind: Kind) -> Exchange | None:
        """The client's first exchange of a kind that went on after the actions of this step; where there is none, one
        that got lost while they were done.
        """
        own = self._own(client, kind)
        after = (e for e in own if _over(e) >= self.acted)
        return next(after, next((e for e in own if not _answered(e)), None))

    def disturbed(self, client: str, kind: Kind) -> Exchange | None:
        """The client's first exchange of a kind that met the fault made in this step: it went on after that, or got lost
        meanwhile, since a fault works before the command that makes it returns.
        """
        own = self._own(client, kind)
        return next((e for e in own if (e.ended or 0.0) >= self.acted or not _answered(e)), None)

    def asked_after(self, client: str, kind: Kind) -> Exchange | None:
        """The client's first exchange of a kind in which it asked after the actions of this step, or that got lost while they were done:
        a request whose answer was under way by then met no fault of them.
        """
        own = self._own(client, kind)
        return next((e for e in own if _asked(e) >= self.acted or not _answered(e)), None)

    def before(self, client: str, moment: float) -> Message | None:
        """The ACK that gave the client the lease it had at a moment."""
        return next((m for m in reversed(self.grants(client)) if (m.time or 0.0) < moment), None)

    def relays(self, client: str) -> tuple[tuple[NodePlan, RelayPlan], ...]:
        """Switches that relay for a client."""
        return self.plan.relays_for(client)

    def lease(self, client: str) -> Binding | None:
        """The client's own newest lease."""
        return self.observed.lease(client)

    def files(self, node: str) -> tuple[str, ...]:
        """Names of a node's captures."""
        owners = {name: owner(name.removesuffix(SUFFIX), self.plan) for name in self.frames}
        return tuple(name for name, place in owners.items() if place and place[0] == node)

    def involved(self, subject: Subject) -> frozenset[str]:
        """The nodes whose captures a check about a subject leans on: those it names, and a client's relays and servers."""
        named = {subject.client, subject.switch, subject.server, subject.peer} & set(self.plan.by_name)
        if subject.client:
            node = self.plan.node(subject.client)
            named |= {switch.name for switch, _ in self.relays(subject.client)}
            named |= set(self.plan.segment(node.client.segment).servers) if node.client else set()
        return frozenset(named)

    def watched(self, node: str) -> bool:
        """True if somebody saw what DHCP went on at a node: a capture, or its own log. A machine labgen did not set up may log only
        what it sends, which says nothing of what came.
        """
        if self.plan.node(node).foreign is not None and node not in self.captured:
            return {m.direction for m in self.messages if m.node == node} >= {Direction.RX, Direction.TX}
        logs = (clock.node for clock in self.observed.clocks)
        return node in self.captured or node in logs or any(m.node == node for m in self.messages)

    def asking(self, node: str, command: str) -> str:
        """The command to type next to see for oneself: one of open routers, or the way into a machine that has its own."""
        cli = registry.get(self.plan.node(node).device).facts.cli
        return (
            f"`labgen exec {node} -- {' '.join(cli)} -c '{command}'`" if cli else f"`labgen connect {node}`"
        )

    def unasked(self, client: str) -> str:
        """The servers of a client that could not be asked for its bindings; empty where all were."""
        node = self.plan.node(client)
        servers = self.plan.segment(node.client.segment).servers if node.client else ()
        silent = [server for server in servers if server in self.unreachable or server in self.unreadable]
        why = "; ".join(self.unreadable[server] for server in silent if server in self.unreadable)
        return f"{' and '.join(silent)} could not be asked{': ' + why if why else ''}" if silent else ""

    @property
    def unreadable(self) -> dict[str, str]:
        """Servers whose table of leases brought nothing, or nothing that could be read, with the reason: that is not "no binding"."""
        found: dict[str, str] = {}
        for node in self.plan.nodes:
            if (
                node.server is None or self.running(node.name) is False
            ):  # a stopped daemon has nothing to say, and holds nobody's lease
                continue
            missing = [
                f"{probe}: {why}"
                for probe, why in self.unread.items()
                if probe.partition("/")[0] == node.name
            ]
            garbled = [
                p for p in self.observed.problems if p.startswith(f"raw/{node.name}/") and "lease" in p
            ]
            if missing or garbled:
                found[node.name] = "; ".join((*missing, *garbled))
        return found

    def bindings(self, client: str) -> tuple[Binding, ...]:
        """Bindings of servers for a client that hold when they were read, by its MAC or its client identifier."""
        mac = self.mac(client)
        known = (*self.history, *self.exchanges)
        ids = {e.client.client_id for e in known if e.client.mac == mac and e.client.client_id}
        return tuple(
            b
            for b in self.observed.bindings
            if groups.active(b, self.read.get(b.file or "", self.at) + self.moved)
            and (b.mac == mac if b.mac else b.client_id in ids or mac_in_client_id(b.client_id or "") == mac)
        )

    def leftovers(self, client: str) -> tuple[Binding, ...]:
        """Bindings from before the client last started afresh: the server, or its partner, gave the address then, and not since."""
        mac = self.mac(client)
        known = (*self.history, *self.exchanges)
        start = max(
            (e.started or 0.0 for e in known if e.kind is Kind.ACQUIRE and e.client.mac == mac), default=0.0
        )
        sent = [
            m
            for e in known
            if e.client.mac == mac
            for m in e.seen(MessageType.ACK, role=MessageRole.SERVER, direction=Direction.TX)
        ]

        pairs = redundancy.partners(self.plan)

        def given(binding: Binding) -> list[float]:
            holders = next((pair for pair in pairs if binding.node in pair), (binding.node,))
            return [m.time or 0.0 for m in sent if m.node in holders and m.yiaddr == binding.address]

        return tuple(b for b in self.bindings(client) if given(b) and max(given(b)) < start)

    def grants(self, client: str) -> tuple[Message, ...]:
        """Every ACK with an address that the client received so far, before this step too."""
        return groups.grants((*self.history, *self.exchanges), self.mac(client))

    def grantor(self, grant: Message) -> str | None:
        """The server that sent an ACK which a client received, in this step or before it; None where nobody saw it sent."""
        return groups.grantor((*self.history, *self.exchanges), grant)

    def running(self, node: str) -> bool | None:
        """True if the DHCP daemon of a server or relay runs; None where nobody said."""
        own = [d.running for d in self.observed.daemons if d.node == node]
        return all(own) if own else None

    def logged(self, node: str, client: str) -> tuple[Message, ...]:
        """The messages of a client in the log of a node's daemon."""
        mac = self.mac(client)
        own = (m for m in self.observed.messages if m.node == node)
        return tuple(m for m in own if mac in (m.mac, mac_in_client_id(m.client_id or "")))


def _over(exchange: Exchange) -> float:
    """The time when an exchange was over for its client: what comes after the ACK, such as another server's late OFFER, changes nothing
    for it."""
    acks = exchange.seen(MessageType.ACK, role=MessageRole.CLIENT, direction=Direction.RX)
    return min((m.time for m in acks if m.time), default=exchange.ended or 0.0)


def _asked(exchange: Exchange) -> float:
    """The time when the client asked for the last time, as its port shows."""
    sent = exchange.seen(role=MessageRole.CLIENT, direction=Direction.TX) or exchange.messages
    return max((m.time or 0.0 for m in sent if not m.type.is_reply), default=0.0)


def _answered(exchange: Exchange) -> bool:
    return bool(exchange.seen(MessageType.ACK, role=MessageRole.CLIENT))
