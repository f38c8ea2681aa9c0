"""Facts for tests of checks, told message by message: who sent what through which relays to which servers, and what nodes say of it.

    tale = Tale(plan).acquire("cl_a", "srv1", "172.16.0.2", via="sw1").acted().renew("cl_a", ["srv1"])
    facts = tale.bound("cl_a").facts()

Everything is seen where it goes, as captures show it, unless a call leaves something out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from labgen.devices.observed import (
    DaemonState,
    EvpnMac,
    InterfaceAddress,
    Observed,
    PairState,
    Reached,
    RoutingNeighbor,
)
from labgen.devices.pair_states import WHOLE
from labgen.dhcp import reconstruct
from labgen.dhcp.model import Binding, Direction, Message, MessageRole, MessageType, RelayOptions
from labgen.ground.labplan import LabPlan, NodePlan, RelayPlan
from labgen.ground.vocabulary import RelayOption
from labgen.verify.check import registry
from labgen.verify.checks.option82 import circuit_id
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement
from labgen.verify.remark import NotDone

DISCOVER, OFFER, REQUEST = MessageType.DISCOVER, MessageType.OFFER, MessageType.REQUEST
ACK, NAK = MessageType.ACK, MessageType.NAK
RELEASE, DECLINE = MessageType.RELEASE, MessageType.DECLINE
RX, TX = Direction.RX, Direction.TX
EVERYONE = "255.255.255.255"
START = 1000.0


@dataclass
class Tale:
    """What happened so far; each call takes a tenth of a millisecond of the story's time, `wait` more."""

    plan: LabPlan
    now: float = START
    told: list[Message] = field(default_factory=list)
    bindings: list[Binding] = field(default_factory=list)
    addresses: list[InterfaceAddress] = field(default_factory=list)
    daemons: dict[tuple[str, str], bool] = field(default_factory=dict)
    macs: list[EvpnMac] = field(default_factory=list)
    reached: list[Reached] = field(default_factory=list)
    underlay: list[RoutingNeighbor] = field(default_factory=list)
    pairs: list[PairState] = field(default_factory=list)
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    remarks: dict[str, NotDone] = field(default_factory=dict)
    xid: int = 0x1000
    begun: float = START
    done: float = START
    lease: dict[str, Message] = field(default_factory=dict)

    # --- the messages ---

    def wait(self, seconds: float) -> Tale:
        self.now += seconds
        return self

    def began(self) -> Tale:
        """The step that is judged begins."""
        self.begun = self.done = self.now
        return self

    def acted(self) -> Tale:
        """The step's actions have been done."""
        self.done = self.now
        return self

    def fresh(self) -> Tale:
        """What comes is of another transaction."""
        self.xid += 1
        return self

    def broadcast(
        self,
        kind: MessageType,
        client: str,
        relays: Collection[str] | None = None,
        servers: Collection[str] | None = None,
        **fields: object,
    ) -> Tale:
        """The client's broadcast, through its relays (or some) to their servers (or some)."""
        self._add(
            kind, client, MessageRole.CLIENT, TX, src="0.0.0.0", dst=EVERYONE, **self._of(client), **fields
        )
        for node, relay in self._relays(client, relays):
            self._add(
                kind,
                node.name,
                MessageRole.RELAY,
                RX,
                dst=EVERYONE,
                interface=relay.linux,
                **self._of(client),
                **fields,
            )
            self._relayed(kind, client, node, relay, servers, fields)
        return self

    def unicast(
        self,
        kind: MessageType,
        client: str,
        to: str,
        servers: Collection[str] | None = None,
        **fields: object,
    ) -> Tale:
        """The client's unicast: to a relay's own address on the segment, which passes it on, or straight to a server."""
        self._add(kind, client, MessageRole.CLIENT, TX, dst=to, **self._of(client), **fields)
        for node, relay in self._relays(client, None):
            if str(relay.link_address) == to:
                self._add(
                    kind,
                    node.name,
                    MessageRole.RELAY,
                    RX,
                    dst=to,
                    interface=relay.linux,
                    **self._of(client),
                    **fields,
                )
                self._relayed(kind, client, node, relay, servers, fields)
        for node in self.plan.nodes:
            if node.server and str(node.server.address) == to and (servers is None or node.name in servers):
                self._add(kind, node.name, MessageRole.SERVER, RX, dst=to, **self._of(client), **fields)
        return self

    def _relayed(
        self,
        kind: MessageType,
        client: str,
        node: NodePlan,
        relay: RelayPlan,
        servers: Collection[str] | None,
        fields: Mapping[str, object],
    ) -> None:
        for target in relay.targets:
            if servers is None or target.server in servers:
                ends = {"src": str(relay.giaddr), "dst": str(target.address), "giaddr": str(relay.giaddr)}
                told = {"option82": bool(relay.sent), "relay_options": planned_options(node, relay)}
                self._add(
                    kind, node.name, MessageRole.RELAY, TX, **ends, **told, **self._of(client), **fields
                )
                self._add(
                    kind, target.server, MessageRole.SERVER, RX, **ends, **told, **self._of(client), **fields
                )

    def answer(
        self,
        kind: MessageType,
        server: str,
        client: str,
        via: str = "",
        arrives: bool = True,
        **fields: object,
    ) -> Tale:
        """A server's answer through a relay, or straight to the client; `arrives` at the client, unless it gets lost before."""
        own = self.plan.node(server).server
        assert own is not None
        given = {"server_id": self.identifier(server, client, via), **fields}
        if not via:
            self._add(kind, server, MessageRole.SERVER, TX, src=str(own.address), **self._of(client), **given)
            return self._arrives(kind, client, given) if arrives else self
        node, relay = next((n, r) for n, r in self.plan.relays_for(client) if n.name == via)
        ends = {"src": str(own.address), "dst": str(relay.giaddr), "giaddr": str(relay.giaddr)}
        self._add(kind, server, MessageRole.SERVER, TX, **ends, **self._of(client), **given)
        self._add(kind, node.name, MessageRole.RELAY, RX, **ends, **self._of(client), **given)
        down = {"giaddr": str(relay.giaddr), "interface": relay.linux}
        self._add(kind, node.name, MessageRole.RELAY, TX, **down, **self._of(client), **given)
        return self._arrives(kind, client, {**given, "giaddr": str(relay.giaddr)}) if arrives else self

    def _arrives(self, kind: MessageType, client: str, fields: Mapping[str, object]) -> Tale:
        came = self._add(kind, client, MessageRole.CLIENT, RX, **self._of(client), **fields)
        if kind is ACK and came.yiaddr:
            self.lease[client] = came
        return self

    def identifier(self, server: str, client: str, via: str) -> str:
        """Option 54: the relay's own where relays ask for that (RFC 5107), else the server's."""
        for node, relay in self.plan.relays_for(client):
            if node.name == via and "server-id-override" in {str(option) for option in relay.sent}:
                return str(relay.link_address)
        own = self.plan.node(server).server
        assert own is not None
        return str(own.address)

    def _relays(self, client: str, names: Collection[str] | None) -> Iterable[tuple[NodePlan, RelayPlan]]:
        return [(n, r) for n, r in self.plan.relays_for(client) if names is None or n.name in names]

    def _of(self, client: str) -> dict[str, str]:
        return {"mac": self.mac(client)}

    def mac(self, client: str) -> str:
        return Facts(self.plan, Observed()).mac(client)

    def _add(
        self, kind: MessageType, node: str, role: MessageRole, direction: Direction, **fields: object
    ) -> Message:
        self.now += 0.0001
        number = len(self.told) + 1
        made = Message(kind, node, role, direction, time=self.now, xid=self.xid, frame=number,
                       file=f"captures/{node}-eth1.pcap", option82=False)  # fmt: skip
        self.told.append(replace(made, **fields))  # type: ignore[arg-type]
        return self.told[-1]

    # --- whole exchanges ---

    def acquire(
        self,
        client: str,
        server: str,
        address: str,
        via: str = "sw1",
        offers: Mapping[str, str] | None = None,
    ) -> Tale:
        """DISCOVER to ACK, with the offers of other servers too (server -> address)."""
        self.fresh().broadcast(DISCOVER, client)
        for name, offered in {server: address, **(offers or {})}.items():
            self.answer(OFFER, name, client, via, yiaddr=offered, lease_seconds=12)
        chosen = self.identifier(server, client, via)
        self.broadcast(REQUEST, client, requested=address, server_id=chosen)
        return self.answer(ACK, server, client, via, yiaddr=address, lease_seconds=12)

    def renew(self, client: str, server: str, via: str = "sw1", answered: bool = True) -> Tale:
        """A renewal by unicast to the identifier of the lease, after two seconds."""
        lease = self.lease[client]
        self.wait(2).fresh().unicast(REQUEST, client, lease.server_id or "", ciaddr=lease.yiaddr)
        if answered:
            self.answer(ACK, server, client, via, yiaddr=lease.yiaddr, lease_seconds=12)
        return self

    def rebind(
        self,
        client: str,
        server: str,
        via: str = "sw1",
        answered: bool = True,
        relays: Collection[str] | None = None,
        after: float = 4,
    ) -> Tale:
        """A REQUEST by broadcast with the address in ciaddr."""
        lease = self.lease[client]
        self.wait(after).fresh().broadcast(REQUEST, client, relays, ciaddr=lease.yiaddr)
        if answered:
            self.answer(ACK, server, client, via, yiaddr=lease.yiaddr, lease_seconds=12)
        return self

    # --- what nodes say ---

    def bound(self, client: str, server: str, address: str = "") -> Tale:
        """The client has its lease configured, and the server a binding."""
        address = address or self.lease[client].yiaddr or ""
        port = self.plan.node(client).client
        assert port is not None
        self.bindings.append(
            Binding(
                address, client, self.mac(client), role=MessageRole.CLIENT, file=f"raw/{client}/lease.txt"
            )
        )
        self.configured(client, address)
        return self.binding(server, client, address)

    def configured(self, client: str, address: str) -> Tale:
        port = self.plan.node(client).client
        assert port is not None
        self.addresses.append(
            InterfaceAddress(client, port.linux, "default", f"{address}/24", f"raw/{client}/ip-address.txt")
        )
        return self

    def binding(self, server: str, client: str, address: str, state: str = "active") -> Tale:
        self.bindings.append(
            Binding(address, server, self.mac(client), state=state, file=f"raw/{server}/leases.txt", line=1)
        )
        return self

    def daemon(self, node: str, running: bool, what: str = "") -> Tale:
        """Whether a server's or relay's daemon runs."""
        self.daemons[node, what or ("server" if self.plan.node(node).server else "relay")] = running
        return self

    def knows(self, switch: str, client: str, vtep: str | None) -> Tale:
        """Where a switch says that the client's MAC is."""
        self.macs.append(EvpnMac(switch, 101000, self.mac(client), vtep, f"raw/{switch}/macs.txt"))
        return self

    def says(self, node: str, interface: str, vrf: str, address: str, up: bool = True, mac: str = "") -> Tale:
        """An address of a switch or server."""
        self.addresses.append(
            InterfaceAddress(node, interface, vrf, address, f"raw/{node}/ip-address.txt", up, mac)
        )
        return self

    def leases(self, held: Mapping[str, str]) -> Tale:
        """Clients that have their addresses, whoever gave them."""
        for client, address in held.items():
            own = Binding(
                address, client, self.mac(client), role=MessageRole.CLIENT, file=f"raw/{client}/lease.txt"
            )
            self.bindings.append(own)
            self.configured(client, address)
        return self

    def reach(self, client: str, target: str, answered: bool) -> Tale:
        self.reached.append(Reached(client, target, answered, None, f"raw/{client}/reach.txt"))
        return self

    def adjacent(self, switch: str, key: str, state: str) -> Tale:
        """A neighbor of a switch's underlay."""
        self.underlay.append(RoutingNeighbor(switch, key, state, f"raw/{switch}/isis-neighbors.txt"))
        return self

    def partnered(self, server: str, state: str) -> Tale:
        """A server of a pair says what state the pair is in."""
        self.pairs.append(PairState(server, state, state in WHOLE, f"raw/{server}/dhcpd.leases.txt", 7))
        return self

    # --- the facts ---

    def facts(self) -> Facts:
        known = reconstruct(self.told)
        current = tuple(e for e in known if (e.ended or 0.0) >= self.begun)
        observed = Observed(
            bindings=tuple(self.bindings),
            addresses=tuple(self.addresses),
            macs=tuple(self.macs),
            reached=tuple(self.reached),
            underlay=tuple(self.underlay),
            pairs=tuple(self.pairs),
            daemons=tuple(
                DaemonState(node, what, running, f"raw/{node}/daemons.txt")
                for (node, what), running in self.daemons.items()
            ),
        )
        return Facts(
            plan=self.plan,
            observed=observed,
            messages=tuple(m for m in self.told if (m.time or 0.0) >= self.begun),
            exchanges=current,
            history=tuple(e for e in known if e not in current),
            captured=frozenset(node.name for node in self.plan.nodes),
            roles=self.roles,
            remarks=self.remarks,
            since=self.begun,
            acted=self.done,
            at=self.now + 1,
        )


def planned_options(node: NodePlan, relay: RelayPlan) -> RelayOptions | None:
    """Option 82 as a relay should send it."""
    if not relay.sent:
        return None
    link = str(relay.link_selection or relay.link_address)
    return RelayOptions(
        circuit_id=circuit_id(node, relay) if RelayOption.CIRCUIT_ID in relay.sent else None,
        link_selection=link if RelayOption.LINK_SELECTION in relay.sent else None,
        server_id_override=str(relay.link_address) if RelayOption.SERVER_ID_OVERRIDE in relay.sent else None,
    )


def concluded(check: str, key: str, facts: Facts) -> Judgement:
    """What a check makes of facts, for the subject that its id names."""
    found = registry()[check]
    subject = next(s for s in found.subjects(facts.plan) if s.key == key)
    return found.judge(subject, facts)


@dataclass(frozen=True)
class Story:
    """A check on one subject: what happens where it holds, what where it fails, and words of the reason."""

    check: str
    key: str
    holds: Callable[[], Tale]
    breaks: Callable[[], Tale]
    words: str
