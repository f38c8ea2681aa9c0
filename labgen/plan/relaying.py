"""Who relays what to whom, from which address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from labgen.ground.labplan import ForwardPlan, InterfacePlan, RelayPlan, RelayTarget, StaticRoute
from labgen.ground.vocabulary import DEFAULT_VRF, Address, Role
from labgen.plan.interfaces import Interfaces
from labgen.plan.ledger import Ledger
from labgen.spec.model import RelaySpec, SegmentSpec, Spec


@dataclass(frozen=True)
class Relaying:
    """Relays, second relays and the addresses of servers."""

    ledger: Ledger
    interfaces: Interfaces

    @property
    def spec(self) -> Spec:
        return self.ledger.spec

    @cached_property
    def relays(self) -> dict[str, tuple[RelayPlan, ...]]:
        """Relay intent of every switch, one per client segment."""
        return {switch: tuple(self._relays(switch)) for switch in self.spec.switches}

    def _relays(self, switch: str) -> Iterator[RelayPlan]:
        for name in self.ledger.segments_of[switch]:
            relay = self.spec.segments[name].relay
            if relay is not None:
                yield self._relay(switch, name, relay)

    def _relay(self, switch: str, name: str, relay: RelaySpec) -> RelayPlan:
        port = self._port(switch, name)
        assert port.address is not None
        return RelayPlan(
            segment=name,
            interface=port.name,
            linux=port.linux,
            vrf=port.vrf,
            source=relay.source if relay.source in ("interface", "loopback", "uplink") else "address",
            giaddr=self.giaddr(switch, relay, port.address.ip),
            link_address=port.address.ip,
            link_selection=self.ledger.prefixes[name].network_address if port.unnumbered else None,
            options=relay.options,
            targets=self.targets(switch, relay),
            dialect=relay.dialect or "rfc",
        )

    def _port(self, switch: str, segment: str) -> InterfacePlan:
        return next(
            port
            for port in self.interfaces.by_node[switch]
            if port.segment == segment and port.kind != "access"
        )

    def targets(self, switch: str, relay: RelaySpec) -> tuple[RelayTarget, ...]:
        """Helper addresses: the servers', or the second relay's in their stead."""
        via = self.interfaces.loopback(relay.via).ip if relay.via and relay.via != switch else None
        return tuple(
            RelayTarget(
                server=server, address=via or self.server_address(server, switch), vrf=relay.server_vrf
            )
            for server in relay.servers
        )

    def forwards(self, switch: str) -> Iterator[ForwardPlan]:
        """What a switch relays for other relays, by the ports that lead to them."""
        for name, segment in self.spec.segments.items():
            relay = segment.relay
            if relay is None or relay.via != switch:
                continue
            for port in self.interfaces.by_node[switch]:
                if any(neighbor.node in segment.attach for neighbor in port.neighbors):
                    yield ForwardPlan(
                        segment=name,
                        interface=port.name,
                        linux=port.linux,
                        vrf=port.vrf,
                        targets=self.targets(switch, relay),
                    )

    def giaddr(self, switch: str, relay: RelaySpec, link: Address) -> Address:
        match relay.source:
            case "interface":
                return link
            case "loopback" if relay.server_vrf != DEFAULT_VRF:
                return self.interfaces.vrf_loopback(switch, relay.server_vrf).ip
            case "loopback":
                return self.interfaces.loopback(switch).ip
            case "uplink":
                return self._uplink(switch, relay)
            case address:
                return address

    def _uplink(self, switch: str, relay: RelaySpec) -> Address:
        """Address of the port towards the servers: a server's own link where there is one, else the first core link."""
        core = [port for port in self.interfaces.by_node[switch] if port.kind == "p2p" and port.address]
        direct = [port for port in core if any(n.node in relay.servers for n in port.neighbors)]
        port = next(iter([*direct, *core]), None)
        return port.address.ip if port and port.address else self.interfaces.loopback(switch).ip

    def vrf_loopback(self, switch: str, vrf: str) -> bool:
        """Whether a switch needs an address of its own in a VRF: it relays into it with `source: loopback`."""
        relays = (self.spec.segments[name].relay for name in self.ledger.segments_of[switch])
        return any(relay and relay.source == "loopback" and relay.server_vrf == vrf for relay in relays)

    def server_address(self, server: str, switch: str | None = None) -> Address:
        """Where relays send: the loopback, reachable over every link the server has.

        A server that only sits on segments is sent to where it is on one of the switch's own, else on its first.
        """
        if server in self.ledger.routed:
            return self.interfaces.loopback(server).ip
        segments = self.ledger.server_segments[server]
        near = [name for name in segments if switch in self.spec.segments[name].attach]
        return self.interfaces.address(next(iter([*near, *segments])), server).ip

    def routes(self, node: str) -> Iterator[StaticRoute]:
        """Static routes: a server's on segments to everywhere, an unnumbered interface's to its clients."""
        role = self.ledger.roles[node]
        ports = [port for port in self.interfaces.by_node[node] if port.segment]
        if role is Role.SERVER and node not in self.ledger.routed:
            everywhere = type(self.spec.addressing.lan)("0.0.0.0/0")
            for number, port in enumerate(ports):
                gateway = self.gateway(port.segment or "")
                if gateway is not None:
                    yield StaticRoute(
                        prefix=everywhere, interface=port.linux, via=gateway, metric=100 * number
                    )
        if role is Role.SWITCH:
            for port in ports:
                if port.unnumbered:
                    yield StaticRoute(prefix=self.ledger.prefixes[port.segment or ""], interface=port.linux)

    def gateway(self, name: str) -> Address | None:
        """The router of a segment."""
        segment: SegmentSpec = self.spec.segments[name]
        first = next(iter(segment.attach))
        if segment.gateway == "none":
            return None
        if segment.unnumbered:
            return self.interfaces.loopback(first).ip
        if segment.gateway == "anycast":
            return self.ledger.prefixes[name][1]
        return self.interfaces.address(name, first).ip
