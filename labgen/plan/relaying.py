"""Relaying resolved: the switch, the segment, the servers, and the address it is done from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from ipaddress import IPv4Network
from itertools import groupby
from typing import Literal

from labgen.devices.base import IDENTIFIERS, RelayCapability
from labgen.ground.labplan import ForwardPlan, GiaddrOwner, InterfacePlan, RelayPlan, RelayTarget, StaticRoute
from labgen.ground.vocabulary import DEFAULT_VRF, Address, RelayOption, Role
from labgen.plan import routes
from labgen.plan.interfaces import Interfaces
from labgen.plan.ledger import Ledger
from labgen.spec.model import SegmentSpec, Spec
from labgen.spec.service import RelaySpec


class Relaying:
    """Relays, second relays and the addresses of servers."""

    def __init__(self, ledger: Ledger, interfaces: Interfaces, abilities: dict[str, RelayCapability]) -> None:
        self.ledger = ledger
        self.interfaces = interfaces
        self.abilities = abilities

    @property
    def spec(self) -> Spec:
        return self.ledger.spec

    @cached_property
    def relays(self) -> dict[str, tuple[RelayPlan, ...]]:
        """Relay intent of every switch, one per client segment and group of servers."""
        return {switch: self._together(switch, tuple(self._relays(switch))) for switch in self.spec.switches}

    def _together(self, switch: str, relays: tuple[RelayPlan, ...]) -> tuple[RelayPlan, ...]:
        """With the identifiers that go along where a switch sends them on all its interfaces or on none."""
        can = self.abilities.get(switch)
        if not (can and can.identifiers_together and any(IDENTIFIERS & {*relay.sent} for relay in relays)):
            return relays
        return tuple(
            relay.model_copy(update={"sent": _ordered(IDENTIFIERS | {*relay.sent})}) if relay.sent else relay
            for relay in relays
        )

    @cached_property
    def by_segment(self) -> dict[str, list[RelayPlan]]:
        """Relay intent of every segment, switch by switch in the order of the segment's routers."""
        found: dict[str, list[RelayPlan]] = {name: [] for name in self.spec.segments}
        relays = {
            (switch, name): [*own]
            for switch, planned in self.relays.items()
            for name, own in groupby(planned, key=lambda relay: relay.segment)
        }
        for name, segment in self.spec.segments.items():
            for switch in segment.routers:
                found[name] += relays.get((switch, name), ())
        return found

    def _relays(self, switch: str) -> Iterator[RelayPlan]:
        for name in self.ledger.segments_of[switch]:
            for group in self.spec.segments[name].groups_of(switch):
                yield self._relay(switch, name, group)

    def _relay(self, switch: str, name: str, relay: RelaySpec) -> RelayPlan:
        port = self._port(switch, name)
        assert port.address is not None
        giaddr = self.giaddr(switch, relay, port.address.ip)
        plan = RelayPlan(
            segment=name,
            interface=port.name,
            linux=port.linux,
            vrf=port.vrf,
            giaddr=giaddr,
            owner=self.owner(switch, relay, port, giaddr),
            link_address=port.address.ip,
            link_selection=self._link(switch, name, port),
            options=relay.options,
            targets=self.targets(switch, relay),
            dialect=relay.dialect or "rfc",
            circuit_id=self._identifier(relay.circuit_id, switch, name, port),
            remote_id=self._identifier(relay.remote_id, switch, name, port),
            trusted=relay.trust,
            existing=relay.existing,
            helpers=relay.helpers,
            over_segment=giaddr == port.address.ip and self._elsewhere(name),
        )
        gateway = bool(port.anycast or port.vrrp)
        can = self.abilities.get(switch)
        sent = can.sent(plan, gateway=gateway) if can else frozenset(plan.options)
        return plan.model_copy(update={"sent": _ordered(sent)})

    def _elsewhere(self, segment: str) -> bool:
        """True if several switches route one subnet that reaches from each to each."""
        spec = self.spec.segments[segment]
        return len(spec.routers) > 1 and (spec.stretch or spec.protocol != "switch")

    def _link(self, switch: str, segment: str, port: InterfacePlan) -> Address | None:
        """Sub-option 5 where it is not the client interface's address."""
        can = self.abilities.get(switch)
        network = port.unnumbered or (can is not None and can.link_network)
        return self.ledger.prefixes[segment].network_address if network else None

    def _port(self, switch: str, segment: str) -> InterfacePlan:
        return next(
            port
            for port in self.interfaces.by_node[switch]
            if port.segment == segment and port.kind in ("lan", "svi")
        )

    def _identifier(self, text: str | None, switch: str, segment: str, port: InterfacePlan) -> str:
        """An identifier with all filled in that is known before a packet comes: not the port it comes in by."""
        known = {
            "host": switch,
            "interface": port.linux,
            "vlan": str(port.vlan or ""),
            "segment": segment,
            "vrf": port.vrf,
        }
        found = text or ""
        for word, value in known.items():
            found = found.replace(f"{{{word}}}", value)
        return found

    def targets(self, switch: str, relay: RelaySpec) -> tuple[RelayTarget, ...]:
        """Helper addresses: the servers', or the second relay's in their stead."""
        via = self.interfaces.loopback(relay.via).ip if relay.via and relay.via != switch else None
        return tuple(
            self._target(server, via or self.server_address(server, switch), relay.server_vrf)
            for server in relay.servers
        )

    def _target(self, server: str, address: Address, vrf: str) -> RelayTarget:
        """Many servers answer from the address of the link they answer by, and always to the first relay."""
        own = [port.address.ip for port in self.interfaces.by_node[server] if port.address]
        if server in self.ledger.routed:
            own.append(self.interfaces.loopback(server).ip)
        others = tuple(each for each in dict.fromkeys(own) if each != address)
        return RelayTarget(server=server, address=address, vrf=vrf, answers_from=others)

    def forwards(self, switch: str) -> Iterator[ForwardPlan]:
        """Relaying of a switch for other relays, by the ports that lead to them."""
        for name, group in self._relayed_on:
            if group.via == switch:
                yield from self._forwards(switch, name, group)

    @cached_property
    def _relayed_on(self) -> tuple[tuple[str, RelaySpec], ...]:
        """Groups of servers that are asked by way of a second relay, with their segments."""
        segments = self.spec.segments.items()
        return tuple((name, group) for name, segment in segments for group in segment.relay if group.via)

    def _forwards(self, switch: str, name: str, group: RelaySpec) -> Iterator[ForwardPlan]:
        firsts = self.spec.segments[name].routers
        for port in self.interfaces.by_node[switch]:
            if any(neighbor.node in firsts for neighbor in port.neighbors):
                yield ForwardPlan(
                    segment=name,
                    interface=port.name,
                    linux=port.linux,
                    vrf=port.vrf,
                    targets=self.targets(switch, group),
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
        """Address of the port towards the servers: where a server hangs, else the first core link; the loopback where
        neither is in the servers' VRF."""
        ports = [p for p in self.interfaces.by_node[switch] if p.address and p.vrf == relay.server_vrf]
        core = [port for port in ports if port.kind == "p2p"]
        port = next(iter([*(p for p in ports if self._leads_to(p, relay.servers)), *core]), None)
        return port.address.ip if port and port.address else self.interfaces.loopback(switch).ip

    def _leads_to(self, port: InterfacePlan, servers: Iterable[str]) -> bool:
        """True if one of the servers hangs on this port, by a link of its own or on its segment."""
        if port.kind == "svi":
            return any(port.segment in self.ledger.server_segments[server] for server in servers)
        near = {neighbor.node for neighbor in port.neighbors}
        return any(server in near for server in servers)

    def owner(
        self, switch: str, relay: RelaySpec, client: InterfacePlan, giaddr: Address
    ) -> GiaddrOwner | None:
        """The interface of the switch that has the giaddr: the client's if it can be, else one in the servers' VRF."""
        order = {"client": 0, "loopback": 1, "port": 2}
        return min(
            self._owners(switch, relay, client, giaddr),
            key=lambda each: (order[each.kind] != 0, each.vrf != relay.server_vrf, order[each.kind]),
            default=None,
        )

    def _owners(
        self, switch: str, relay: RelaySpec, client: InterfacePlan, giaddr: Address
    ) -> Iterator[GiaddrOwner]:
        """Every interface of a switch that has an address."""
        for port, shared in self._ports_by_address.get((switch, giaddr), ()):
            kind: Literal["client", "port"] = "client" if port is client else "port"
            outgoing = not shared and all(self._leads_to(port, (server,)) for server in relay.servers)
            yield GiaddrOwner(
                kind=kind, interface=port.name, linux=port.linux, vrf=port.vrf, shared=shared, outgoing=outgoing
            )  # fmt: skip
        if self.interfaces.loopback(switch).ip == giaddr:
            yield GiaddrOwner(kind="loopback", interface=self.interfaces.naming[switch].loopback, linux="lo")
        for vrf in self.ledger.vrfs_of[switch]:
            if self.vrf_loopback(switch, vrf) and self.interfaces.vrf_loopback(switch, vrf).ip == giaddr:
                name = self.interfaces.vrf_loopback_name(switch, vrf)
                yield GiaddrOwner(kind="loopback", interface=name, linux=vrf, vrf=vrf)

    @cached_property
    def _ports_by_address(self) -> dict[tuple[str, Address], list[tuple[InterfacePlan, bool]]]:
        """Ports by switch and address, each with whether that is a gateway's address which other switches have, too."""
        found: dict[tuple[str, Address], list[tuple[InterfacePlan, bool]]] = defaultdict(list)
        for switch in self.spec.switches:
            for port in self.interfaces.by_node[switch]:
                for address, shared in ((port.address, False), (port.anycast, True)):
                    if address:
                        found[switch, address.ip].append((port, shared))
        return found

    def vrf_loopback(self, switch: str, vrf: str) -> bool:
        """True if a switch needs an address of its own in a VRF: it relays into it with `source: loopback`."""
        segments = (self.spec.segments[name] for name in self.ledger.segments_of[switch])
        groups = (group for segment in segments for group in segment.groups_of(switch))
        return any(group.source == "loopback" and group.server_vrf == vrf for group in groups)

    def server_address(self, server: str, switch: str | None = None) -> Address:
        """The address that relays send to: the loopback, which is reachable over every link of the server.

        A server that only sits on segments is sent to where it is on one of the switch's own, else on its first.
        """
        if server in self.ledger.routed:
            return self.interfaces.loopback(server).ip
        segments = self.ledger.server_segments[server]
        near = [name for name in segments if switch in self.spec.segments[name].routers]
        return self.interfaces.address(next(iter([*near, *segments])), server).ip

    def server_linux(self, server: str) -> str:
        """Kernel interface that has the address of a server."""
        address = self.server_address(server)
        own = (
            port for port in self.interfaces.by_node[server] if port.address and port.address.ip == address
        )
        return next((port.linux for port in own), "lo")

    def routes(self, node: str) -> Iterator[StaticRoute]:
        """Static routes: a server's on segments to everywhere, an unnumbered interface's to its clients."""
        role = self.ledger.roles[node]
        ports = [port for port in self.interfaces.by_node[node] if port.segment]
        if role is Role.SERVER and node not in self.ledger.routed:
            everywhere = IPv4Network("0.0.0.0/0")
            for number, port in enumerate(ports):
                gateway = self.gateway(port.segment or "")
                if gateway is not None:
                    yield StaticRoute(
                        prefix=everywhere, interface=port.linux, via=gateway, metric=100 * number
                    )
        if self.spec.underlay.protocol not in ("ospf", "none"):
            yield from routes.of(self.ledger, self.interfaces, node)
        if role is Role.SWITCH:
            for port in ports:
                if port.unnumbered:
                    yield StaticRoute(prefix=self.ledger.prefixes[port.segment or ""], interface=port.linux)

    def gateway(self, name: str) -> Address | None:
        """The router of a segment."""
        return self._gateways[name]

    @cached_property
    def _gateways(self) -> dict[str, Address | None]:
        return {name: self._gateway(name) for name in self.spec.segments}

    def _gateway(self, name: str) -> Address | None:
        segment: SegmentSpec = self.spec.segments[name]
        if segment.protocol == "none" or not segment.routers:
            return segment.gateway.address
        if segment.unnumbered:
            return self.interfaces.loopback(segment.routers[0]).ip
        if segment.shared:
            return self.interfaces.virtual(name).ip
        return segment.gateway.address or self.interfaces.address(name, segment.routers[0]).ip


def _ordered(options: frozenset[RelayOption]) -> tuple[RelayOption, ...]:
    return tuple(option for option in RelayOption if option in options)
