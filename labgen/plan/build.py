"""Spec -> LabPlan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Interface, IPv4Network

from labgen.devices import registry
from labgen.ground.labplan import (
    AddressRange,
    BgpNeighbor,
    BgpPlan,
    ClientPlan,
    Expectation,
    LabPlan,
    NodePlan,
    OverlayPlan,
    ScopePlan,
    SegmentPlan,
    ServerPlan,
    Timers,
    VlanPlan,
    VrfPlan,
)
from labgen.ground.vocabulary import Address, Interface, Network, Role
from labgen.plan import pools, preflight
from labgen.plan.interfaces import Interfaces, router_mac
from labgen.plan.ledger import DEFAULT_ASN, Ledger
from labgen.plan.relaying import Relaying
from labgen.spec.load import LoadedSpec
from labgen.spec.model import SegmentSpec, Spec

FIRST_MGMT = 100


def build(loaded: LoadedSpec) -> LabPlan:
    """Resolve a spec. PlanError with file and line of everything that cannot work."""
    builder = Builder(loaded.spec)
    preflight.names(loaded, builder.ledger)
    plan = builder.plan()
    return plan.model_copy(update={"warnings": preflight.plan(loaded, builder.ledger, plan)})


@dataclass(frozen=True)
class Builder:
    """Puts the parts of a plan together; every method answers for one part."""

    spec: Spec

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.spec)

    @cached_property
    def devices(self) -> dict[str, str]:
        """Device of every node: the node's own, its server entry's, or its role's."""
        by_role = registry.DEFAULTS | self.spec.devices
        found = {name: by_role[role] for name, role in self.ledger.roles.items()}
        found |= {name: server.device for name, server in self.spec.servers.items() if server.device}
        return found | {name: node.device for name, node in self.spec.nodes.items()}

    @cached_property
    def interfaces(self) -> Interfaces:
        naming = {name: registry.get(device).facts.naming for name, device in self.devices.items()}
        return Interfaces(self.ledger, naming)

    @cached_property
    def relaying(self) -> Relaying:
        abilities = {
            name: can for name, device in self.devices.items() if (can := registry.get(device).facts.relay)
        }
        return Relaying(self.ledger, self.interfaces, abilities)

    def plan(self) -> LabPlan:
        spec = self.spec
        overlay = spec.overlay
        return LabPlan(
            name=spec.name,
            summary=spec.summary,
            devices=registry.DEFAULTS | spec.devices,
            nodes=tuple(self.node(name) for name in self.ledger.roles),
            links=self.interfaces.links,
            segments=tuple(self.segment(name, segment) for name, segment in spec.segments.items()),
            overlay=OverlayPlan(data=overlay.data, control=overlay.control, asn=overlay.asn)
            if overlay
            else None,
            underlay=spec.underlay,
            anycast_mac=self.ledger.addressing.anycast_mac if self.ledger.anycast else None,
            playbooks=spec.playbooks,
            timers=Timers(profile=spec.timers),
            expect=Expectation(findings=spec.expect.findings, failures=spec.expect.failures),
            show_vrf=spec.address_table.show_vrf,
            rule_width=spec.address_table.width,
        )

    def node(self, name: str) -> NodePlan:
        role = self.ledger.roles[name]
        switch = role is Role.SWITCH
        return NodePlan(
            name=name,
            id=self.ledger.ids[name],
            role=role,
            device=self.devices[name],
            loopback=self.interfaces.loopback(name),
            mgmt=self.mgmt(name),
            interfaces=self.interfaces.by_node[name],
            ospf=self.spec.underlay == "ospf" and (switch or name in self.ledger.routed),
            bgp=self.bgp(name) if switch else None,
            vrfs=tuple(self.vrfs(name)) if switch else (),
            vlans=tuple(self.vlans(name)) if switch else (),
            relays=self.relaying.relays[name] if switch else (),
            forwards=tuple(self.relaying.forwards(name)) if switch else (),
            routes=tuple(self.relaying.routes(name)),
            server=self.server(name) if role is Role.SERVER else None,
            client=self.client(name) if role is Role.CLIENT else None,
        )

    @cached_property
    def mgmt_pool(self) -> IPv4Network:
        """Pool of management addresses, made wider where the lab has more nodes than it holds."""
        pool = self.ledger.mgmt
        needed = FIRST_MGMT + max(self.ledger.ids.values()) + 1
        while pool.num_addresses <= needed and pool.prefixlen > 8:
            pool = IPv4Network(pool.supernet())
        return pool

    def mgmt(self, name: str) -> Interface:
        """Management address, by node id."""
        pool = self.mgmt_pool
        return IPv4Interface((int(pool.network_address) + FIRST_MGMT + self.ledger.ids[name], pool.prefixlen))

    @cached_property
    def vteps(self) -> dict[str, tuple[str, ...]]:
        """Switches of every stretched segment."""
        return {name: tuple(self.spec.segments[name].attach) for name in self.ledger.vnis}

    def bgp(self, name: str) -> BgpPlan | None:
        overlay = self.spec.overlay
        if overlay is None or overlay.control != "evpn" or overlay.asn is None:
            return None
        reflectors = set(overlay.route_reflectors)
        peers = [
            other
            for other in self.spec.switches
            if other != name and (not reflectors or name in reflectors or other in reflectors)
        ]
        return BgpPlan(
            asn=overlay.asn,
            router_id=self.interfaces.loopback(name).ip,
            neighbors=tuple(
                BgpNeighbor(
                    name=other,
                    address=self.interfaces.loopback(other).ip,
                    asn=overlay.asn,
                    rr_client=name in reflectors and other not in reflectors,
                )
                for other in peers
            ),
        )

    @property
    def asn(self) -> int:
        return (self.spec.overlay and self.spec.overlay.asn) or DEFAULT_ASN

    def vrfs(self, switch: str) -> Iterator[VrfPlan]:
        for name, index in self.ledger.vrf_index.items():
            if name in self.ledger.vrfs_of[switch]:
                loopback = self.relaying.vrf_loopback(switch, name)
                target = f"{self.asn}:{index + 1}"
                vni = self.ledger.transit_vni(name)
                yield VrfPlan(
                    name=name,
                    table=self.ledger.vrf_table(name),
                    loopback=self.interfaces.vrf_loopback(switch, name) if loopback else None,
                    loopback_name=self.interfaces.vrf_loopback_name(switch, name) if loopback else "",
                    rd=target,
                    rt_import=(target,),
                    rt_export=(target,),
                    transit_vni=vni,
                    router_mac=router_mac(self.ledger.ids[switch], index) if vni else None,
                )

    def vlans(self, switch: str) -> Iterator[VlanPlan]:
        evpn = self.spec.overlay is not None and self.spec.overlay.control == "evpn"
        for name in self.ledger.segments_of[switch]:
            if name not in self.ledger.vlans:
                continue
            vlan, vni = self.ledger.vlans[name], self.ledger.vnis.get(name)
            others = [other for other in self.vteps.get(name, ()) if other != switch]
            yield VlanPlan(
                id=vlan,
                name=name,
                segment=name,
                vrf=self.spec.segments[name].vrf,
                vni=vni,
                rd=f"{self.interfaces.loopback(switch).ip}:{vlan}" if evpn else None,
                rt=f"{self.asn}:{vlan}" if evpn else None,
                flood=()
                if evpn or not vni
                else tuple(self.interfaces.loopback(other).ip for other in others),
            )

    def server(self, name: str) -> ServerPlan:
        scopes = tuple(
            self.scope(name, segment_name, segment)
            for segment_name, segment in self.spec.segments.items()
            if segment.relay and name in segment.relay.servers
        )
        return ServerPlan(
            address=self.relaying.server_address(name), linux=self.relaying.server_linux(name), scopes=scopes
        )

    def scope(self, server: str, name: str, segment: SegmentSpec) -> ScopePlan:
        prefix = self.ledger.prefixes[name]
        infrastructure = self.infrastructure(name)
        shares = self.shares(server, name, segment)
        pool = segment.pool
        renew, rebind = pools.timers(pool.lease, pool.renew, pool.rebind)
        return ScopePlan(
            segment=name,
            prefix=prefix,
            vrf=segment.vrf,
            ranges=tuple(part for share in shares for part in pools.without(share, infrastructure)),
            excluded=excluded(prefix, shares, infrastructure),
            router=self.relaying.gateway(name),
            lease=pool.lease,
            renew=renew,
            rebind=rebind,
            relays=tuple(
                relay.giaddr
                for switch in segment.attach
                for relay in self.relaying.relays[switch]
                if relay.segment == name
            ),
        )

    def shares(self, server: str, name: str, segment: SegmentSpec) -> tuple[AddressRange, ...]:
        """A server's part of the segment before infrastructure addresses are taken out."""
        prefix, split = self.ledger.prefixes[name], segment.pool.split
        servers = segment.relay.servers if segment.relay else ()
        if isinstance(split, dict):
            return tuple(pools.parse(text) for text in split.get(server, ()))
        if split == "shared":
            return (pools.whole(prefix),)
        return (pools.even(prefix, len(servers), servers.index(server)),)

    def infrastructure(self, name: str) -> tuple[Address, ...]:
        """Addresses of a segment that belong to gateways, switches and servers."""
        segment = self.spec.segments[name]
        owners = [node for node in self.ledger.members[name] if self.ledger.roles[node] is not Role.CLIENT]
        shared = [self.relaying.gateway(name)] if segment.gateway.protocol == "anycast" else []
        return tuple(
            sorted(
                {*(self.interfaces.address(name, node).ip for node in owners), *(a for a in shared if a)},
                key=int,
            )
        )

    def client(self, name: str) -> ClientPlan:
        port = next(port for port in self.interfaces.by_node[name] if port.segment)
        return ClientPlan(segment=port.segment or "", interface=port.name, linux=port.linux)

    def segment(self, name: str, segment: SegmentSpec) -> SegmentPlan:
        clients = [
            n for members in segment.attach.values() for n in members if self.ledger.roles[n] is Role.CLIENT
        ]
        split = segment.pool.split
        return SegmentPlan(
            name=name,
            vrf=segment.vrf,
            prefix=self.ledger.prefixes[name],
            gateway=self.relaying.gateway(name),
            anycast=segment.gateway.protocol == "anycast",
            vlan=self.ledger.vlans.get(name),
            vni=self.ledger.vnis.get(name),
            stretched=segment.stretch,
            switches=tuple(segment.attach),
            clients=tuple(clients),
            servers=segment.relay.servers if segment.relay else (),
            server_vrf=segment.relay.server_vrf if segment.relay else "default",
            split="explicit" if isinstance(split, dict) else split,
        )


def excluded(
    prefix: Network, shares: tuple[AddressRange, ...], infrastructure: tuple[Address, ...]
) -> tuple[AddressRange, ...]:
    """What a server that only knows a whole subnet must leave alone: the parts that are not its share, and infrastructure.

    Infrastructure inside another's share is covered by that part and not named again.
    """
    whole = pools.whole(prefix)
    foreign: list[AddressRange] = []
    start = int(whole.first)
    for share in sorted(shares, key=lambda part: int(part.first)):
        if int(share.first) > start:
            foreign.append(
                AddressRange(first=type(share.first)(start), last=type(share.first)(int(share.first) - 1))
            )
        start = int(share.last) + 1
    if shares and start <= int(whole.last):
        foreign.append(AddressRange(first=type(whole.first)(start), last=whole.last))
    single = [AddressRange(first=a, last=a) for a in infrastructure if not any(a in part for part in foreign)]
    return tuple(sorted([*foreign, *single], key=lambda part: int(part.first)))
