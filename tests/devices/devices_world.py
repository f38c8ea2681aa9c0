"""A lab of machines played in a test: what a client is told to do passes the wires, and every machine logs its part.

Servers answer in the order of the plan, so the first one wins; a client takes the first offer, which comes through its
own switch. Machines have MAC addresses and clocks of their own.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from ipaddress import IPv4Address

import devices_logs as said
from devices_logs import Lease, Party
from devices_wire import Wires, ip_udp

from labgen.dhcp.options import Option as SubOption
from labgen.dhcp.options import OptionCode, RelayAgentInfo
from labgen.dhcp.packet import BOOTREPLY, BOOTREQUEST, BROADCAST_FLAG, Packet, dhcp_options
from labgen.ground.labplan import LabPlan, NodePlan, RelayPlan
from labgen.ground.suboption import SubOptionCode
from labgen.ground.vocabulary import RelayOption, Role

TYPES = {"DISCOVER": 1, "OFFER": 2, "REQUEST": 3, "ACK": 5, "RELEASE": 7}
CLOCK = "*%H:%M:%S.000 UTC %a %b %d %Y"
STEP = 0.002


@dataclass(frozen=True)
class Sabotage:
    """What is wrong in the world: the loser answers too; a client says it got another address; a server's table shows
    another one.
    """

    two_answers: bool = False
    client_says: str = ""
    server_says: str = ""


@dataclass
class World:
    """`behind` are the seconds each machine's clock is slow; `leases` are what clients hold, by name. Logs have dates, but
    for nodes in `booted`: those count from that moment, in whole seconds, or, where it is None, have no stamps at all;
    then exchanges take seconds (`pace` times as long as they do on the wires), as they do on machines.
    `takes` are the seconds from a client's ACK to the lease it shows.
    """

    plan: LabPlan
    sabotage: Sabotage = Sabotage()
    behind: float = 86400.0 * 500
    booted: Mapping[str, float | None] = field(default_factory=dict)
    takes: float = 0.0
    pace: float = 60.0
    _began: tuple[float, float] = (0.0, 0.0)
    _last: float = 0.0
    bound: dict[str, float] = field(default_factory=dict)
    leases: dict[str, Lease] = field(default_factory=dict)
    logs: dict[str, list[str]] = field(default_factory=dict)
    offered: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        macs = {
            (node.name, port.name): f"52:54:00:{node.id:02x}:00:{number:02x}"
            for node in self.plan.nodes
            for number, port in enumerate(node.interfaces, 1)
        }
        self.wires = Wires(self.plan, macs)
        self.logs = {node.name: [] for node in self.plan.nodes}

    def party(self, client: str) -> Party:
        node = self.plan.node(client)
        assert node.client is not None
        return Party(client, self.wires.mac(client, node.client.interface), node.client.interface)

    def now(self, at: float | None = None) -> datetime:
        """What a machine's clock shows."""
        return datetime.fromtimestamp((time.time() if at is None else at) - self.behind, UTC)

    def clock(self) -> str:
        moment = self.now()
        return f"{moment.strftime(CLOCK).replace('.000', f'.{moment.microsecond // 1000:03d}', 1)}\n"

    def log(self, node: str, at: float, lines: list[str]) -> None:
        if node in self.booted:
            self.logs[node] += [self._uptime(node, at) + line for line in lines]
            return
        moment = self.now(at)
        stamp = f"*{moment:%b} {moment.day:2d} {moment:%H:%M:%S}.{moment.microsecond // 1000:03d}: "
        self.logs[node] += [stamp + line for line in lines]

    def _uptime(self, node: str, at: float) -> str:
        start = self.booted[node]
        if start is None:
            return ""
        real, slow = self._began
        self._last = slow + (at - real) * self.pace
        hours, rest = divmod(int(self._last - start), 3600)
        return f"{hours:02}:{rest // 60:02}:{rest % 60:02}: "

    def holds(self, client: str) -> Lease | None:
        """The lease a client shows."""
        return self.leases.get(client) if time.time() >= self.bound.get(client, 0.0) else None

    def clear(self, node: str) -> None:
        self.logs[node] = []

    def begin(self) -> float:
        """When an exchange begins; on machines that stamp uptimes, some time after the one before."""
        now = time.time()
        self._began = (now, max(now, self._last + 3.3))
        return now

    def release(self, client: str) -> None:
        """`release dhcp`: nothing where there is no lease."""
        if client in self.leases:
            _Ending(self, client).go()
            del self.leases[client]

    def renew(self, client: str) -> None:
        """`renew dhcp`: a client without a lease gets one."""
        if client in self.leases:
            _Renewal(self, client).go()
        else:
            _Acquisition(self, client).go()


class _Exchange:
    """One exchange of one client; `at` moves on as it goes."""

    def __init__(self, world: World, client: str) -> None:
        self.world, self.client = world, client
        self.party = world.party(client)
        node = world.plan.node(client)
        assert node.client is not None
        self.segment = node.client.segment
        home = next(n.node for n in node.interface(node.client.linux).neighbors)
        near = sorted(world.plan.relays_for(client), key=lambda each: each[0].name != home)
        self.relays: list[tuple[NodePlan, RelayPlan]] = list(near)
        self.servers = [n for n in world.plan.role(Role.SERVER) if n.server]
        self.xid = 0x1000 + node.id
        self.at = world.begin()

    def lease(self, address: str, relay: RelayPlan) -> Lease:
        scope = next(s for n in self.servers if n.server for s in n.server.scopes)
        return Lease(address, str(relay.link_address), str(relay.giaddr), f"{self.xid:X}", scope.lease)

    @property
    def vrf(self) -> str:
        """The VRF servers hear of; EOS spoils its sub-option."""
        return "" if self.world.plan.devices[Role.SWITCH] == "eos" else self.relays[0][1].vrf

    def packet(
        self,
        kind: str,
        lease: Lease | None = None,
        relay: RelayPlan | None = None,
        *,
        option82: bool = True,
        ciaddr: str = "0.0.0.0",
    ) -> bytes:
        """A DHCP message; with `relay` it is on its way between the relay and a server, or, without option 82, to the client."""
        reply = kind in ("OFFER", "ACK")
        options = [(int(OptionCode.CLIENT_ID), b"\0" + self.party.words.encode())]
        if lease and (reply or kind == "RELEASE" or ciaddr == "0.0.0.0"):
            options.append((int(OptionCode.SERVER_ID), IPv4Address(lease.override).packed))
        if lease and reply:
            options.append((int(OptionCode.LEASE_TIME), lease.seconds.to_bytes(4, "big")))
            segment = self.world.plan.segment(self.segment)
            options.append((int(OptionCode.SUBNET_MASK), segment.prefix.netmask.packed))
            options.append((int(OptionCode.ROUTER), segment.gateway.packed if segment.gateway else b""))
        elif lease and ciaddr == "0.0.0.0":
            options.append((int(OptionCode.REQUESTED_ADDRESS), IPv4Address(lease.address).packed))
        if relay and option82:
            options.append((int(OptionCode.RELAY_AGENT), self._option82(relay)))
        return Packet(
            BOOTREPLY if reply else BOOTREQUEST,
            self.xid,
            hops=1 if relay else 0,
            flags=BROADCAST_FLAG,
            ciaddr=IPv4Address(ciaddr),
            yiaddr=IPv4Address(lease.address if lease and reply else "0.0.0.0"),
            giaddr=IPv4Address(str(relay.giaddr) if relay else "0.0.0.0"),
            chaddr=bytes.fromhex(self.party.mac.replace(":", "")).ljust(16, b"\0"),
            options=dhcp_options(TYPES[kind], *options),
        ).padded()

    def _option82(self, relay: RelayPlan) -> bytes:
        link = IPv4Address(str(relay.link_address)).packed
        subs = (
            (SubOptionCode.CIRCUIT_ID, relay.interface.encode()),
            (SubOptionCode.LINK_SELECTION, link),
            (SubOptionCode.SERVER_ID_OVERRIDE, link),
            (SubOptionCode.VSS, b"\0" + relay.vrf.encode()),
        )
        own = subs if RelayOption.CIRCUIT_ID in relay.sent else subs[1:]
        return RelayAgentInfo(tuple(SubOption(code, value) for code, value in own)).encode()

    def tell(self, node: str, lines: list[str]) -> None:
        self.world.log(node, self.at, lines)
        self.at += STEP

    def shout(self, kind: str, lease: Lease | None) -> None:
        """The client's broadcast."""
        packet = ip_udp(self.packet(kind, lease), "0.0.0.0", "255.255.255.255", 68, 67)
        self.at = self.world.wires.broadcast(self.at, self.client, self.segment, packet) + STEP

    def ask(
        self,
        kind: str,
        switch: NodePlan,
        relay: RelayPlan,
        server: NodePlan,
        lease: Lease | None,
        *,
        ciaddr: str = "0.0.0.0",
    ) -> None:
        """A relay's copy on its way to a server."""
        assert server.server is not None
        packet = ip_udp(
            self.packet(kind, lease, relay, ciaddr=ciaddr),
            str(relay.giaddr),
            str(server.server.address),
            67,
            67,
        )
        self.at = self.world.wires.unicast(self.at, switch.name, server.name, packet)

    def answer(self, kind: str, switch: NodePlan, relay: RelayPlan, server: NodePlan, lease: Lease) -> None:
        """A server's reply to a relay, and the relay's to the client."""
        assert server.server is not None
        back = ip_udp(self.packet(kind, lease, relay), str(server.server.address), str(relay.giaddr), 67, 67)
        self.at = self.world.wires.unicast(self.at + STEP, server.name, switch.name, back) + STEP
        handed = self.packet(kind, lease, relay, option82=False)
        last = ip_udp(handed, str(relay.link_address), "255.255.255.255", 67, 68)
        self.at = self.world.wires.broadcast(self.at, switch.name, self.segment, last) + STEP

    def relay_says(self, kind: str, switch: NodePlan, lease: Lease) -> None:
        if switch.device != "eos":
            targets = tuple(str(n.server.address) for n in self.servers if n.server)
            self.tell(switch.name, said.relays(self.party, lease, kind, targets))


class _Acquisition(_Exchange):
    def go(self) -> None:
        first = self.lease(self._address(self.servers[0]), self.relays[0][1])
        self.tell(self.client, said.discovers(self.party, first))
        self.shout("DISCOVER", None)
        chosen = self._offers()
        self.shout("REQUEST", chosen)
        self._acks(chosen)
        told = replace(chosen, address=self.world.sabotage.client_says or chosen.address)
        self.tell(self.client, said.assigned(self.party, told))
        self.world.leases[self.client] = told
        self.world.bound[self.client] = time.time() + self.world.takes

    def _address(self, server: NodePlan) -> str:
        """What a server has for this client: the first addresses of its last range."""
        assert server.server is not None
        (scope,) = (s for s in server.server.scopes if s.segment == self.segment)
        clients = self.world.plan.segment(self.segment).clients
        address = str(scope.ranges[-1].first + clients.index(self.client))
        self.world.offered[server.name, self.client] = address
        return address

    def _offers(self) -> Lease:
        leases: list[Lease] = []
        for server in self.servers:
            for switch, relay in self.relays:
                lease = self.lease(self._address(server), relay)
                self.relay_says("DISCOVER", switch, lease) if server is self.servers[0] else None
                self.ask("DISCOVER", switch, relay, server, None)
                self.tell(server.name, said.offers(self.party, lease, self.vrf))
                self.answer("OFFER", switch, relay, server, lease)
                note = "offer received in bad state: Requesting  punt" if leases else ""
                leases.append(replace(lease, address=self.world.sabotage.client_says or lease.address))
                self.tell(self.client, said.receives(self.party, leases[-1], "OFFER", note))
                if len(leases) == 1:
                    self.tell(self.client, said.requests(self.party, leases[0]))
        return self.lease(self._address(self.servers[0]), self.relays[0][1])

    def _acks(self, chosen: Lease) -> None:
        for number, server in enumerate(self.servers):
            own = self._address(server)
            for switch, relay in self.relays:
                lease = replace(self.lease(own, relay), address=chosen.address)
                self.relay_says("REQUEST", switch, lease) if not number else None
                self.ask("REQUEST", switch, relay, server, chosen)
                if number and not self.world.sabotage.two_answers:
                    self.tell(server.name, said.stays_silent(self.party, lease, own, self.vrf))
                    continue
                self._ack(switch, relay, server, lease, first=not number and relay is self.relays[0][1])

    def _ack(
        self, switch: NodePlan, relay: RelayPlan, server: NodePlan, lease: Lease, *, first: bool
    ) -> None:
        self.tell(server.name, said.acknowledges(self.party, lease, self.vrf))
        self.answer("ACK", switch, relay, server, lease)
        told = replace(lease, address=self.world.sabotage.client_says or lease.address)
        self.tell(
            self.client,
            said.receives(self.party, told, "ACK", "" if first else "rcv ack in Bound state: punt"),
        )


class _Renewal(_Exchange):
    def go(self) -> None:
        held = self.world.leases[self.client]
        switch, relay = self.relays[0]
        self.tell(self.client, said.renews(self.party, held))
        asked = ip_udp(self.packet("REQUEST", held, ciaddr=held.address), held.address, held.override, 68, 67)
        self.at = self.world.wires.across(self.at, self.client, switch.name, self.segment, asked) + STEP
        self.relay_says("REQUEST", switch, held)
        for number, server in enumerate(self.servers):
            self.ask("REQUEST", switch, relay, server, held, ciaddr=held.address)
            if number:
                own = self.world.offered[server.name, self.client]
                self.tell(server.name, said.stays_silent(self.party, held, own, self.vrf))
                continue
            self.tell(server.name, said.acknowledges(self.party, held, self.vrf))
            self.answer("ACK", switch, relay, server, held)
            self.tell(self.client, said.receives(self.party, held, "ACK", renewing=True))


class _Ending(_Exchange):
    def go(self) -> None:
        held = self.world.leases[self.client]
        switch, relay = self.relays[0]
        self.tell(self.client, said.releases(self.party, held))
        given = ip_udp(self.packet("RELEASE", held, ciaddr=held.address), held.address, held.override, 68, 67)
        self.at = self.world.wires.across(self.at, self.client, switch.name, self.segment, given) + STEP
        self.relay_says("RELEASE", switch, held)
        for number, server in enumerate(self.servers):
            self.ask("RELEASE", switch, relay, server, held, ciaddr=held.address)
            self.tell(server.name, said.gets_release(self.party, held, self.vrf, own=not number))
