"""Spec -> LabPlan."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from ipaddress import IPv4Interface, IPv4Network
from pathlib import Path

from labgen.devices import registry
from labgen.ground.labplan import (
    ClientPlan,
    Expectation,
    LabPlan,
    NodePlan,
    OverlayPlan,
    SecondaryPlan,
    SegmentPlan,
    Timers,
    VlanPlan,
    VrfPlan,
)
from labgen.ground.vocabulary import Interface, Redundancy, Role
from labgen.plan import circuits, faults, leaks, mlag, preflight, programs, snooping
from labgen.plan.bgp import fabric_bgp
from labgen.plan.externals import Externals
from labgen.plan.interfaces import Interfaces, router_mac
from labgen.plan.ledger import DEFAULT_ASN, Ledger
from labgen.plan.limits import MAX_VNI, Bounds
from labgen.plan.relaying import Relaying
from labgen.plan.scopes import Scopes
from labgen.spec.load import LoadedSpec
from labgen.spec.model import SegmentSpec, Spec
from labgen.spec.program import ProgramSpec

FIRST_MGMT = 100
DEFAULT_MCLT = 3600
"""Seconds that a partner extends a lease by before it has told the other, as dhcpd.conf(5) has it in its examples."""


def build(loaded: LoadedSpec) -> LabPlan:
    """Resolve a spec. PlanError with file and line of everything that cannot work."""
    builder = Builder(loaded.spec, loaded.source.file.parent)
    preflight.names(loaded, builder.ledger)
    plan = circuits.placed(builder.plan())
    return plan.model_copy(update={"warnings": preflight.plan(loaded, builder.ledger, plan)})


class Builder:
    """Puts the parts of a plan together; every method answers for one part."""

    def __init__(self, spec: Spec, folder: Path = Path()) -> None:
        self.spec = spec
        self.folder = folder

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.spec, self.bounds)

    @cached_property
    def bounds(self) -> Bounds:
        """The bounds of the devices of the switches; a device nobody knows is told of elsewhere."""
        known = (name for name in self.spec.switches if registry.is_known(self.devices[name]))
        able = {name: registry.get(self.devices[name]).facts.fabric for name in known}
        return Bounds(
            min((fabric.max_vni for fabric in able.values()), default=MAX_VNI),
            frozenset(name for name, fabric in able.items() if not fabric.asymmetric_irb),
            frozenset(name for name, fabric in able.items() if fabric.bonds == "segment"),
            {name: self.devices[name] for name, fabric in able.items() if fabric.mlag},
        )

    @cached_property
    def devices(self) -> dict[str, str]:
        """Device of every node: the node's own, its server entry's, or its role's."""
        by_role = registry.DEFAULTS | self.spec.devices
        found = {name: by_role[role] for name, role in Ledger(self.spec).roles.items()}
        found |= dict.fromkeys(self.spec.externals, registry.DEFAULTS[Role.SWITCH])
        found |= {name: server.device for name, server in self.spec.servers.items() if server.device}
        found |= {name: node.device for name, node in self.spec.nodes.items() if node.device}
        found |= {name: programs.DEVICE for name, node in self.spec.nodes.items() if node.program}
        return {
            name: programs.DEVICE if programs.is_path(device) else device for name, device in found.items()
        }

    def program(self, name: str) -> ProgramSpec | None:
        """The program that a node runs: its own, or the one that is named in a device's place."""
        own = self.spec.nodes.get(name)
        if own is not None and own.program is not None:
            return own.program
        role = self.ledger.roles[name]
        server = self.spec.servers.get(name)
        device = (own and own.device) or (server and server.device) or self.spec.devices.get(role, "")
        return programs.from_path(device, role) if programs.is_path(device) else None

    @cached_property
    def interfaces(self) -> Interfaces:
        facts = {name: registry.get(device).facts for name, device in self.devices.items()}
        return Interfaces(
            self.ledger,
            {name: each.naming for name, each in facts.items()},
            frozenset(name for name, each in facts.items() if each.fabric.anycast_alone),
        )

    @cached_property
    def relaying(self) -> Relaying:
        abilities = {
            name: can for name, device in self.devices.items() if (can := registry.get(device).facts.relay)
        }
        return Relaying(self.ledger, self.interfaces, abilities)

    @cached_property
    def scopes(self) -> Scopes:
        return Scopes(self.ledger, self.interfaces, self.relaying)

    @cached_property
    def externals(self) -> Externals:
        return Externals(self.ledger, self.interfaces)

    def plan(self) -> LabPlan:
        spec = self.spec
        overlay = spec.overlay
        return LabPlan(
            name=spec.name,
            summary=spec.summary,
            devices=registry.DEFAULTS | spec.devices,
            nodes=tuple(self.with_program(name) for name in self.ledger.roles),
            links=self.interfaces.links,
            segments=tuple(self.segment(name, segment) for name, segment in spec.segments.items()),
            overlay=OverlayPlan(data=overlay.data, control=overlay.control, asn=overlay.asn)
            if overlay
            else None,
            underlay=spec.underlay.protocol,
            anycast_mac=self.ledger.addressing.anycast_mac if self.ledger.anycast else None,
            playbooks=spec.playbooks,
            timers=Timers(profile=spec.timers),
            faults=tuple(faults.planned(self.ledger, self.interfaces.links)),
            expect=Expectation(
                findings=spec.expect.findings,
                failures=spec.expect.failures,
                leases=spec.expect.leases,
                no_lease=spec.expect.no_lease,
            ),
            show_vrf=spec.address_table.show_vrf,
            rule_width=spec.address_table.width,
        )

    def with_program(self, name: str) -> NodePlan:
        """A node with the user's own program, where it runs one."""
        node, program = self.node(name), self.program(name)
        if program is None or node.external:
            return node
        return node.model_copy(update={"program": programs.planned(program, node, self.folder)})

    def external(self, name: str) -> NodePlan:
        """An external router, which is no switch of the fabric."""
        return NodePlan(
            name=name,
            id=self.ledger.ids[name],
            role=Role.SWITCH,
            device=self.devices[name],
            loopback=self.interfaces.loopback(name),
            mgmt=self.mgmt(name),
            interfaces=self.interfaces.by_node[name],
            bgp=self.externals.bgp(name),
            routes=tuple(self.externals.routes(name)),
            external=self.externals.plan(name),
        )

    def node(self, name: str) -> NodePlan:
        if name in self.spec.externals:
            return self.external(name)
        role = self.ledger.roles[name]
        switch = role is Role.SWITCH
        facts = registry.get(self.devices[name]).facts
        return NodePlan(
            name=name,
            id=self.ledger.ids[name],
            role=role,
            device=self.devices[name],
            loopback=self.interfaces.loopback(name),
            mgmt=self.mgmt(name),
            interfaces=self.interfaces.by_node[name],
            ospf=self.spec.underlay.protocol == "ospf"
            and (name in self.ledger.routed or (switch and self.routes_there(name))),
            isis=self.isis(name) if switch else "",
            bgp=fabric_bgp(self.ledger, self.interfaces, name) if switch else None,
            vrfs=tuple(self.vrfs(name)) if switch else (),
            vlans=tuple(self.vlans(name)) if switch else (),
            relays=self.relaying.relays[name] if switch else (),
            forwards=tuple(self.relaying.forwards(name)) if switch else (),
            routes=(
                *self.relaying.routes(name),
                *(self.externals.switch_routes(name) if switch else ()),
                *(leaks.routes(self.ledger, self.relaying, name) if switch else ()),
            ),
            handovers=tuple(self.externals.handovers(name)) if switch else (),
            leaks=tuple(leaks.of(self.ledger, name)) if switch else (),
            snooping=tuple(snooping.of(self.ledger, self.interfaces, name, facts.fabric.snooping))
            if switch
            else (),
            mlag=mlag.of(self.ledger, self.interfaces, name),
            server=self.scopes.server(name) if role is Role.SERVER else None,
            client=self.client(name) if role is Role.CLIENT else None,
        )

    def routes_there(self, switch: str) -> bool:
        """True if a switch without routed links speaks OSPF over a segment, or is alone."""
        if not self.ledger.bridging.only_bridge:
            return True
        return any(
            switch in self.spec.segments[name].routers and self.ledger.transit(name)
            for name in self.ledger.segments_of[switch]
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
        return {name: self.spec.segments[name].switches for name in self.ledger.vnis}

    def isis(self, name: str) -> str:
        """The network entity title of a switch: area 49.0001, and its loopback as system id."""
        if self.spec.underlay.protocol != "isis" or name not in self.ledger.routed:
            return ""
        digits = "".join(f"{octet:03}" for octet in self.interfaces.loopback(name).ip.packed)
        return f"49.0001.{digits[:4]}.{digits[4:8]}.{digits[8:]}.00"

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

    def client(self, name: str) -> ClientPlan:
        port = next(port for port in self.interfaces.by_node[name] if port.segment)
        segment = self.spec.segments[port.segment or ""]
        own = next((each for each in segment.classes.values() if name in each.clients), None)
        kept = [
            each.options
            for each in segment.reservations
            if each.value in (name, port.mac) or each.by in ("client-id", "circuit-id")
        ]
        options = [*segment.options, *(own.options if own else ()), *(o for each in kept for o in each)]
        return ClientPlan(
            segment=port.segment or "",
            interface=port.name,
            linux=port.linux,
            requested=tuple(sorted({option.code for option in options})),
            vendor_class=(own and own.vendor_class) or "",
            user_class=(own and own.user_class) or "",
            asks_lease=self.scopes.asks(name),
        )

    def segment(self, name: str, segment: SegmentSpec) -> SegmentPlan:
        clients = [name for name in segment.homes if self.ledger.roles[name] is Role.CLIENT]
        redundancy = segment.pool.redundancy
        return SegmentPlan(
            name=name,
            vrf=segment.vrf,
            prefix=self.ledger.prefixes[name],
            gateway=self.relaying.gateway(name),
            secondary=tuple(
                SecondaryPlan(
                    prefix=each.prefix,
                    gateway=self.interfaces.gateway_of(name, each).ip
                    if self.relaying.gateway(name)
                    else None,
                )
                for each in segment.secondary
            ),
            anycast=segment.protocol == "anycast",
            vlan=self.ledger.vlans.get(name),
            vni=self.ledger.vnis.get(name),
            stretched=segment.stretch,
            switches=segment.switches,
            routers=segment.routers,
            protocol=segment.protocol,
            clients=tuple(clients),
            servers=self.ledger.servers_of(name),
            direct=self.ledger.direct[name],
            dhcp=segment.dhcp,
            server_vrf=segment.relay[0].server_vrf
            if segment.relay
            else segment.vrf
            if self.ledger.direct[name]
            else "default",
            split="explicit"
            if segment.pool.by_server is not None
            else "shared"
            if redundancy is Redundancy.SHARED
            else "even",
            mode=redundancy.value if redundancy.paired else "independent",
            mclt=min(segment.pool.lease, DEFAULT_MCLT) if redundancy.paired else None,
        )
