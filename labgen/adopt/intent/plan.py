"""An intent as a plan: what checks ask of a network, whoever made it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Interface, ip_address

from labgen.adopt.intent.access import Access, Nobody, Ssh
from labgen.adopt.intent.model import (
    ClientSpec,
    IntendedNode,
    IntendedRelay,
    IntendedSegment,
    Intent,
    InterfaceSpec,
)
from labgen.devices import registry
from labgen.ground.labplan import (
    ClassPlan,
    ClientPlan,
    ForeignCommand,
    ForeignPlan,
    GiaddrOwner,
    InterfacePlan,
    LabPlan,
    Neighbor,
    NodePlan,
    RelayPlan,
    RelayTarget,
    ReservationPlan,
    ScopePlan,
    SecondaryPlan,
    SegmentPlan,
    ServerPlan,
    SubnetPlan,
)
from labgen.ground.vocabulary import DEFAULT_VRF, Address, Redundancy, RelayOption, Role
from labgen.plan import pools
from labgen.plan.scopes import option_plan, reservation_plan
from labgen.spec.classes import ClassSpec
from labgen.spec.reservations import Reservation

KERNEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,14}")


def plan(intent: Intent, access: Mapping[str, Access]) -> LabPlan:
    """The plan. `access` says of each node how it is reached, which decides whether it is asked."""
    return _Planner(intent, access).plan()


@dataclass(frozen=True)
class _Planner:
    intent: Intent
    access: Mapping[str, Access]

    def plan(self) -> LabPlan:
        nodes = tuple(
            self._node(n, name, node) for n, (name, node) in enumerate(self.intent.nodes.items(), 1)
        )
        devices: dict[Role, str] = {}
        for node in nodes:
            devices.setdefault(node.role, node.device)
        return LabPlan(
            name=self.intent.name,
            summary=self.intent.summary,
            devices=devices,
            nodes=nodes,
            links=(),
            segments=tuple(self._segment(name, each) for name, each in self.intent.segments.items()),
            underlay="none",
            playbooks=self.intent.playbooks,
            show_vrf=any(each.vrf != DEFAULT_VRF for each in self.intent.segments.values()),
        )

    # --- nodes ---

    def _node(self, number: int, name: str, node: IntendedNode) -> NodePlan:
        reached = self.access.get(name, Nobody())
        commands = {
            action: ForeignCommand(do=said.do, watch=said.watch, done=said.done, undo=said.undo)
            for action, said in node.commands.items()
        }
        asked = bool(node.device) and not isinstance(reached, Nobody)
        ports = self.ports[name]
        return NodePlan(
            name=name,
            id=number,
            role=node.role,
            device=node.device or registry.DEFAULTS[node.role],
            loopback=None,
            mgmt=_management(reached),
            interfaces=ports,
            relays=tuple(self._relays(name)),
            server=self._server(name, node) if node.role is Role.SERVER else None,
            client=self._client(name, ports) if node.role is Role.CLIENT else None,
            foreign=ForeignPlan(asked=asked, paths=dict(node.paths), commands=commands),
        )

    @cached_property
    def ports(self) -> Mapping[str, tuple[InterfacePlan, ...]]:
        return {name: tuple(self._ports(name, node)) for name, node in self.intent.nodes.items()}

    def _ports(self, name: str, node: IntendedNode) -> Iterator[InterfacePlan]:
        said = dict(node.interfaces)
        for _, client in self._hanging(name):
            said.setdefault(client.port, InterfaceSpec())
        for index, (port, each) in enumerate(said.items(), 1):
            hangs = next(((s, c) for s, c in self._hanging(name) if c.port == port), None)
            relayed = next((s for s, r in self._relaying(name) if r.interface == port), None)
            segment = hangs[0] if hangs else relayed or self._direct(name, each)
            yield InterfacePlan(
                name=port,
                linux=each.linux or (port if KERNEL_NAME.fullmatch(port) else f"port{index}"),
                kind="lan" if segment else "p2p",
                index=index,
                mac=(hangs[1].mac if hangs else None) or _unknown_mac(name, port),
                address=each.address,
                anycast=each.anycast,
                secondary=each.secondary,
                dhcp=hangs is not None,
                vrf=each.vrf,
                segment=segment,
                neighbors=self._neighbors(*hangs) if hangs else (),
            )

    def _hanging(self, name: str) -> Iterator[tuple[str, ClientSpec]]:
        for segment, each in self.intent.segments.items():
            if name in each.clients:
                yield segment, each.clients[name]

    def _relaying(self, name: str) -> Iterator[tuple[str, IntendedRelay]]:
        for segment, each in self.intent.segments.items():
            yield from ((segment, relay) for relay in each.relays.get(name, ()))

    def _direct(self, name: str, port: InterfaceSpec) -> str | None:
        """The segment a server hangs on with a port of its own."""
        for segment, each in self.intent.segments.items():
            if name in each.direct and port.address and port.address.ip in each.prefix:
                return segment
        return None

    def _neighbors(self, segment: str, client: ClientSpec) -> tuple[Neighbor, ...]:
        relays = self.intent.segments[segment].relays
        switch = client.at or next(iter(relays), None)
        return (Neighbor(node=switch, interface=relays[switch][0].interface),) if switch else ()

    def _client(self, name: str, ports: tuple[InterfacePlan, ...]) -> ClientPlan | None:
        port = next((port for port in ports if port.dhcp), None)
        if port is None or port.segment is None:
            return None
        segment = self.intent.segments[port.segment]
        options = [each.options for each in segment.pools.values() if each.options]
        classes = [
            each for pool in segment.pools.values() for each in pool.classes.values() if name in each.clients
        ]
        own = classes[0] if classes else None
        return ClientPlan(
            segment=port.segment,
            interface=port.name,
            linux=port.linux,
            requested=tuple(option.code for option in options[0]) if options else (),
            vendor_class=(own and own.vendor_class) or "",
            user_class=(own and own.user_class) or "",
            asks_lease=segment.clients[name].asks_lease,
        )

    # --- relays ---

    def _relays(self, name: str) -> Iterator[RelayPlan]:
        for segment, said in self._relaying(name):
            port = next(port for port in self.ports[name] if port.name == said.interface)
            own = port.address.ip if port.address else None
            giaddr = said.giaddr or own
            assert giaddr is not None  # held by `load`
            options = tuple(said.options or ())
            relay = RelayPlan(
                segment=segment,
                interface=port.name,
                linux=port.linux,
                vrf=port.vrf,
                targets=tuple(self._target(server, said.server_vrf) for server in said.servers),
                giaddr=giaddr,
                owner=self._owner(name, port, giaddr),
                link_address=own or giaddr,
                options=options,
            )
            sent = _sent(self.intent.nodes[name], relay, said)
            prefix = self.intent.segments[segment].prefix
            outside = giaddr not in prefix and RelayOption.LINK_SELECTION in sent
            subnet = (own or prefix.network_address) if outside else None
            yield relay.model_copy(update={"sent": sent, "link_selection": subnet})

    def _target(self, server: str, vrf: str) -> RelayTarget:
        node = self.intent.nodes[server]
        address = _server_address(node)
        others = tuple(
            each.address.ip
            for each in node.interfaces.values()
            if each.address and each.address.ip != address
        )
        return RelayTarget(server=server, address=address, vrf=vrf, answers_from=others)

    def _owner(self, name: str, client: InterfacePlan, giaddr: Address) -> GiaddrOwner | None:
        for port in self.ports[name]:
            own = port.address is not None and port.address.ip == giaddr
            shared = port.anycast is not None and port.anycast.ip == giaddr
            if own or shared:
                loop = port.name.lower().startswith("lo")
                kind = "client" if port is client else "loopback" if loop else "port"
                return GiaddrOwner.model_validate(
                    {
                        "kind": kind,
                        "interface": port.name,
                        "linux": port.linux,
                        "vrf": port.vrf,
                        "shared": shared,
                    }
                )
        return None

    # --- servers and segments ---

    def _server(self, name: str, node: IntendedNode) -> ServerPlan | None:
        scopes = tuple(
            self._scope(name, segment, each)
            for segment, each in self.intent.segments.items()
            if name in each.pools
        )
        if not scopes:
            return None
        address = _server_address(node)
        port = next((p for p in self.ports[name] if p.address and p.address.ip == address), None)
        return ServerPlan(address=address, linux=port.linux if port else "lo", scopes=scopes)

    def _scope(self, server: str, name: str, segment: IntendedSegment) -> ScopePlan:
        pool = segment.pools[server]
        renew, rebind = pools.timers(pool.lease, pool.renew, pool.rebind)
        giaddrs = (
            relay.giaddr
            for node in segment.relays
            for relay in self._relays(node)
            if relay.segment == name and any(target.server == server for target in relay.targets)
        )
        return ScopePlan(
            segment=name,
            prefix=segment.prefix,
            vrf=segment.vrf,
            ranges=pools.inside(segment.prefix, pool.spans),
            router=segment.gateway,
            lease=pool.lease,
            renew=renew,
            rebind=rebind,
            shortest=pool.shortest,
            longest=pool.longest,
            asked={node: each.asks_lease for node, each in segment.clients.items() if each.asks_lease},
            relays=tuple(giaddrs),
            direct=server in segment.direct,
            options=tuple(option_plan(option) for option in pool.options or ()),
            open=pool.options is None,
            reservations=tuple(self._reservation(each, segment) for each in pool.reservations),
            classes=tuple(_class(class_name, each) for class_name, each in pool.classes.items()),
            secondary=tuple(
                SubnetPlan(
                    prefix=each.prefix, ranges=pools.inside(each.prefix, pool.spans), router=each.gateway
                )
                for each in segment.secondary
            ),
        )

    def _reservation(self, wanted: Reservation, segment: IntendedSegment) -> ReservationPlan:
        own = segment.clients.get(wanted.value) if wanted.by == "client" else None
        return reservation_plan(wanted, (own.mac if own else None) or "")

    def _segment(self, name: str, segment: IntendedSegment) -> SegmentPlan:
        asked = dict.fromkeys(server for _, relay in segment.groups for server in relay.servers)
        servers = tuple(dict.fromkeys((*asked, *segment.direct)))
        vrfs = [relay.server_vrf for _, relay in segment.groups]
        addressed = tuple(
            switch
            for switch, (relay, *_) in segment.relays.items()
            if self.intent.nodes[switch].interfaces[relay.interface].address
        )
        return SegmentPlan(
            name=name,
            vrf=segment.vrf,
            prefix=segment.prefix,
            gateway=segment.gateway,
            secondary=tuple(
                SecondaryPlan(prefix=each.prefix, gateway=each.gateway) for each in segment.secondary
            ),
            anycast=any(
                port.anycast and port.anycast.ip == segment.gateway
                for switch in segment.relays
                for port in self.ports[switch]
            ),
            stretched=segment.stretched,
            switches=tuple(segment.relays),
            routers=addressed,
            clients=tuple(segment.clients),
            servers=servers,
            direct=segment.direct,
            server_vrf=vrfs[0] if vrfs else segment.vrf,
            split="shared" if segment.mode is Redundancy.SHARED else "explicit",
            mode=segment.mode.value if segment.mode.paired else "independent",
        )


def _class(name: str, wanted: ClassSpec) -> ClassPlan:
    return ClassPlan(
        name=name,
        value=wanted.sent,
        matched_by="vendor-class" if wanted.vendor_class else "user-class",
        lease=wanted.lease,
        clients=wanted.clients,
        ranges=tuple(pools.parse(text) for text in wanted.range),
        options=tuple(option_plan(option) for option in wanted.options),
    )


def _sent(node: IntendedNode, relay: RelayPlan, said: IntendedRelay) -> tuple[RelayOption, ...]:
    """The sub-options that a relay sends: as the intent says, else those that the device sends by itself."""
    capability = registry.get(node.device).facts.relay if node.device else None
    if said.options is not None or capability is None:
        return relay.options
    found = capability.sent(relay)
    return tuple(option for option in RelayOption if option in found)


def _server_address(node: IntendedNode) -> Address:
    own = (each.address.ip for each in node.interfaces.values() if each.address)
    found = node.address or next(own, None)
    assert found is not None  # held by `load`
    return found


def _management(reached: Access) -> IPv4Interface:
    """The address labgen logs in at, where it is one."""
    if isinstance(reached, Ssh):
        try:
            return IPv4Interface(str(ip_address(reached.host)))
        except ValueError:
            pass
    return IPv4Interface("0.0.0.0/32")


def _unknown_mac(node: str, port: str) -> str:
    """Stands for a hardware address until the node is asked: locally administered, the same at every run."""
    digest = hashlib.sha256(f"{node} {port}".encode()).digest()
    return ":".join(f"{octet:02x}" for octet in (0x02, 0xFE, *digest[:4]))
