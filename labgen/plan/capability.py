"""Preflight: what the plan asks of its devices and they cannot do, with the reason and the devices that can."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from labgen.devices import registry, snooping
from labgen.devices.base import DeviceFacts, FabricCapability, RelayCapability, ServerCapability
from labgen.devices.fabric import moving
from labgen.ground.errors import Problem
from labgen.ground.labplan import (
    LabPlan,
    NodePlan,
    RelayPlan,
    ScopePlan,
    SegmentPlan,
    ServerPlan,
)
from labgen.ground.vocabulary import DEFAULT_VRF, RelayOption, Role
from labgen.plan import bounds, device_wide, leasing
from labgen.plan.capable_devices import others
from labgen.spec.load import LoadedSpec

Place = tuple[str | int, ...]

NO_RELAY = RelayCapability(inter_vrf=False)
NO_SERVER = ServerCapability(link_selection=False, honours_override=False)


def problems(loaded: LoadedSpec, plan: LabPlan) -> Iterator[Problem]:
    """Everything a device of the plan cannot do; a device is named once for each thing it lacks."""
    seen: set[tuple[str, str]] = set()
    for node in plan.nodes:
        facts = registry.get(node.device).facts
        for place, lack, remedy in _lacks(plan, node, facts):
            if (node.device, lack) not in seen:
                seen.add((node.device, lack))
                yield loaded.source.problem(
                    place, f"`{node.device}` {lack}{_source(facts, lack)} (node `{node.name}`)", remedy
                )


def _source(facts: DeviceFacts, lack: str) -> str:
    """The source that says that a device lacks something, where that is known."""
    return next((f", says {source}" for words, source in facts.cannot if words in lack), "")


def _lacks(plan: LabPlan, node: NodePlan, facts: DeviceFacts) -> Iterator[tuple[Place, str, str]]:
    place: Place = ("devices", node.role.value)
    if node.role not in facts.roles:
        yield place, f"cannot be a {node.role.value}", others(lambda other: node.role in other.roles)
        return
    if node.role is Role.SWITCH and plan.underlay not in facts.fabric.underlays:
        able = partial(_routes_by, plan.underlay)
        yield (
            ("underlay",),
            f"runs no {plan.underlay} underlay that labgen could configure",
            _switches_with(able),
        )
    for lack, has in _fabric(node):
        if not has(facts.fabric):
            yield place, f"knows no {lack}", _switches_with(has)
    yield from leasing.lacks(node, facts)
    yield from _limits(plan, node, facts.fabric)
    if any(relay.owner is None for relay in node.relays):
        return  # a giaddr that is nobody's is a fault of its own, which no device mends
    for relay in node.relays:
        at: Place = ("segments", relay.segment, "relay")
        foreign = relay.giaddr not in plan.segment(relay.segment).prefix
        foreign = foreign and not _selects_by_giaddr(plan, relay)
        for lack, can in _relay(relay, foreign):
            if not can(facts.relay or NO_RELAY):
                yield at, lack, _relays_that(can)
    yield from device_wide.shared(node, facts.relay or NO_RELAY, _relays_that)
    if node.server and node.routes and not (facts.server or NO_SERVER).on_segment:
        yield (
            place,
            "gets no static routes from labgen, which a server on a segment needs",
            others(lambda other: other.server is not None and other.server.on_segment),
        )
    if node.server:
        yield from _service(plan, node.server, facts.server or NO_SERVER)
    yield from bounds.lacks(plan, node, facts)
    if node.server and not (facts.server or NO_SERVER).link_selection:
        yield from _foreign_giaddr(plan, node)


def _fabric(node: NodePlan) -> Iterator[tuple[str, Callable[[FabricCapability], bool]]]:
    if node.role is not Role.SWITCH:
        return
    if node.vlans:
        yield "VLANs with routed interfaces", lambda fabric: fabric.vlan
    if any(vlan.vni for vlan in node.vlans):
        yield "VXLAN", lambda fabric: fabric.vxlan
        if not (node.bgp and node.bgp.evpn):
            yield "VXLAN without EVPN", lambda fabric: fabric.static_flood or not fabric.vxlan
    if node.bgp and node.bgp.evpn:
        yield "EVPN over VXLAN", lambda fabric: fabric.evpn
    if any(port.anycast for port in node.interfaces):
        yield "anycast gateway", lambda fabric: fabric.anycast
    if node.vrfs:
        yield "VRFs", lambda fabric: fabric.vrf
    yield from _rare(node)


def _limits(plan: LabPlan, node: NodePlan, fabric: FabricCapability) -> Iterator[tuple[Place, str, str]]:
    """Lacks of a switch that does things within bounds only."""
    for vlan in node.vlans:
        at: Place = ("segments", vlan.segment)
        if vlan.id > fabric.max_vlan:
            yield (
                at,
                f"has no VLAN above {fabric.max_vlan}",
                f"set segments.{vlan.segment}.vlan to a lower one",
            )
        if vlan.vni and not fabric.svi_vrrp and any(p.vrrp and p.vlan == vlan.id for p in node.interfaces):
            yield (
                (*at, "gateway"),
                "runs no VRRP on stretched VLANs",
                "write `gateway: anycast`, or use a switch of another device",
            )
        if not fabric.hsrp and any(moving(port, "hsrp") and port.vlan == vlan.id for port in node.interfaces):
            yield (
                (*at, "gateway"),
                "has no HSRP, which is Cisco's own protocol, that labgen could configure",
                f"write `protocol: vrrp` or `anycast`, or {_switches_with(lambda can: can.hsrp and can.trunk)}",
            )
        if vlan.vni and vlan.vni > fabric.max_vni:
            yield (
                at,
                f"takes no VNI above {fabric.max_vni}",
                f"set segments.{vlan.segment}.vni, such as {10000 + vlan.id}",
            )
    for vrf in node.vrfs:
        stretched = any(vlan.vrf == vrf.name and vlan.vni for vlan in node.vlans)
        if stretched and node.bgp and not vrf.transit_vni and not fabric.asymmetric_irb:
            yield (
                ("vrfs", vrf.name),
                "routes a stretched VLAN in a VRF only with a transit VNI",
                f"set vrfs.{vrf.name}.transit_vni: true",
            )
    carried = {vlan.id for vlan in node.vlans if vlan.vni}
    for lack, what in snooping.lacks(node, fabric.snooping):
        at = ("segments", node.snooping[0].segment, "snooping")
        yield at, lack, _switches_with(partial(_snoops, what))
    for relay in () if fabric.svi_ospf else node.relays:
        svi = node.interface(relay.interface)
        if svi.vlan in carried and svi.ospf and relay.plain:
            yield (
                ("segments", relay.segment, "relay"),
                "runs no OSPF on stretched VLANs, so servers have no route back to a giaddr on one",
                "use `source: loopback` with link-selection",
            )


def _rare(node: NodePlan) -> Iterator[tuple[str, Callable[[FabricCapability], bool]]]:
    """Features that labgen has no configuration for on most devices."""
    if any(vrf.loopback for vrf in node.vrfs):
        yield "loopback in a VRF that labgen could configure", lambda fabric: fabric.vrf_loopback
    if any(port.kind == "trunk" for port in node.interfaces):
        yield "trunks that labgen could configure", lambda fabric: fabric.trunk
    if any(moving(port, "vrrp") for port in node.interfaces):
        yield "VRRP that labgen could configure", lambda fabric: fabric.vrrp
    if node.handovers:
        yield "links to external routers that labgen could configure", lambda fabric: fabric.handover
    if node.external:
        yield "being an external router that labgen could configure", lambda fabric: fabric.external
    if node.leaks:
        yield "leaking of routes between VRFs that labgen could configure", lambda fabric: fabric.leaking
    if any(port.secondary or port.shared for port in node.interfaces):
        yield "secondary subnets that labgen could configure", lambda fabric: fabric.secondary
    if any(port.shared or (port.vrrp and port.vrrp.further) for port in node.interfaces):
        yield (
            "gateways of secondary subnets that labgen could configure",
            lambda fabric: fabric.secondary_gateways,
        )
    if any(port.unnumbered for port in node.interfaces):
        yield "unnumbered client port that labgen could configure", lambda fabric: fabric.unnumbered
    if node.forwards:
        yield "relaying for other relays that labgen could configure", lambda fabric: fabric.relay_chain


def _selects_by_giaddr(plan: LabPlan, relay: RelayPlan) -> bool:
    """True if every server can be told that this giaddr means one segment: it must be no other segment's.

    Not asked where link selection tells it: the answer takes a walk over all relays."""
    if RelayOption.LINK_SELECTION in relay.sent:
        return False
    servers = (registry.get(plan.node(target.server).device).facts.server for target in relay.targets)
    others = (other for node in plan.nodes for other in node.relays if other.segment != relay.segment)
    return all(can is not None and can.maps_giaddr for can in servers) and all(
        other.giaddr != relay.giaddr for other in others
    )


def _relay(relay: RelayPlan, foreign: bool) -> Iterator[tuple[str, Callable[[RelayCapability], bool]]]:
    if relay.inter_vrf:
        yield "cannot relay from one VRF into another", lambda can: can.inter_vrf
    elif relay.vrf != DEFAULT_VRF:
        yield "cannot relay in a VRF", lambda can: can.in_vrf
    owner = relay.source
    if owner is not None:
        kind = "shared" if owner.shared else owner.kind
        yield f"cannot take giaddr from {_GIADDR[kind]}", lambda can: kind in can.giaddr
    yield from _policy(relay)
    if foreign:
        yield (
            "sends no link selection (RFC 3527), and no server can tell the subnet from a giaddr outside it",
            lambda can: RelayOption.LINK_SELECTION in can.sent(relay),
        )


def _policy(relay: RelayPlan) -> Iterator[tuple[str, Callable[[RelayCapability], bool]]]:
    """Keys of `relay` beside servers, source and options."""
    if relay.circuit_id or relay.remote_id:
        yield (
            "has no words of its own for circuit_id and remote_id that labgen could configure",
            lambda can: can.identifiers,
        )
    if relay.trusted:
        yield "has no `trust` that labgen could configure", lambda can: can.trust
    if asked := relay.existing:
        yield (
            f"has no `existing: {asked.value}` that labgen could configure",
            lambda can: asked in can.existing,
        )
    if relay.helpers:
        yield "takes no `helpers` for a segment of their own", lambda can: can.helpers


_GIADDR = {
    "client": "a second address of the client interface",
    "loopback": "a loopback",
    "port": "another port",
    "shared": "the gateway address that other switches have, too",
}


def _snoops(what: str, fabric: FabricCapability) -> bool:
    return snooping.able(fabric.snooping, what)


def _routes_by(underlay: str, fabric: FabricCapability) -> bool:
    return underlay in fabric.underlays


def _service(plan: LabPlan, server: ServerPlan, can: ServerCapability) -> Iterator[tuple[Place, str, str]]:
    """Needs of a scope beside addresses that a server lacks."""
    paired = _whole_pair(plan, server, can)
    for scope in server.scopes:
        at: Place = ("segments", scope.segment)
        mode = plan.segment(scope.segment).mode
        missing = sorted({option.code for option in scope.options} - can.option_codes)
        if missing and not can.options:
            which = f" {', '.join(map(str, missing))}" if can.option_codes else "s"
            yield (
                (*at, "options"),
                f"hands out no option{which} that labgen could configure",
                _servers_that(lambda c: c.options),
            )
        if scope.classes and not can.classes:
            yield (
                (*at, "classes"),
                "tells no classes of clients apart, as far as labgen can configure it",
                _servers_that(lambda c: c.classes),
            )
        if any(each.options for each in scope.reservations) and not can.own_options:
            yield (
                (*at, "reservations"),
                "hands out no options to single clients that labgen could configure",
                _servers_that(lambda c: c.own_options),
            )
        for by in sorted({each.by for each in scope.reservations} - can.reservations):
            found = _servers_that(partial(_keeps, by))
            yield (*at, "reservations"), f"keeps no addresses by {by} that labgen could configure", found
        if mode != "independent" and mode not in can.pairs:
            yield (*at, "pool", "mode"), f"forms no pair in mode {mode}", _servers_that(partial(_pairs, mode))
        if paired is not None and not _in_pair(plan, server, scope, paired):
            reason = f"divides all its clients with its partner of segment `{paired.name}`, and would not answer some of `{scope.segment}`"
            words = f"write `mode: {paired.mode}` there, too, with the same servers, or "
            yield (
                (*at, "pool", "mode"),
                reason,
                words + _servers_that(lambda c: bool(c.pairs) and not c.pair_is_whole),
            )
        if scope.secondary and not can.secondary:
            yield (
                (*at, "secondary"),
                "hands out no addresses of secondary subnets, as far as labgen can configure it",
                _servers_that(lambda c: c.secondary),
            )
        if scope.direct and not can.direct:
            yield (
                at,
                "serves no segment it hangs on, as far as labgen can configure it",
                _servers_that(lambda c: c.direct),
            )


def _keeps(by: str, can: ServerCapability) -> bool:
    return by in can.reservations


def _whole_pair(plan: LabPlan, server: ServerPlan, can: ServerCapability) -> SegmentPlan | None:
    """The segment for which a server is one of a pair, where that means all its other segments as well."""
    segments = (plan.segment(each.segment) for each in server.scopes) if can.pair_is_whole else ()
    return next((each for each in segments if each.mode != "independent"), None)


def _in_pair(plan: LabPlan, server: ServerPlan, scope: ScopePlan, paired: SegmentPlan) -> bool:
    """True if a scope is of the same pair, or has the first server of a hot standby alone, which answers everybody."""
    own = plan.segment(scope.segment)
    if (own.mode, set(own.servers)) == (paired.mode, set(paired.servers)):
        return True
    first = plan.node(paired.servers[0]).server
    return paired.mode == "hot-standby" and first is server and own.servers == paired.servers[:1]


def _pairs(mode: str, can: ServerCapability) -> bool:
    return mode in can.pairs


def _servers_that(can: Callable[[ServerCapability], bool]) -> str:
    return others(lambda other: other.server is not None and can(other.server))


def _foreign_giaddr(plan: LabPlan, node: NodePlan) -> Iterator[tuple[Place, str, str]]:
    for scope in node.server.scopes if node.server else ():
        if any(address not in scope.prefix for address in scope.relays):
            yield (
                ("devices", "server"),
                f"as a server cannot read link selection, and giaddr is outside {scope.prefix}",
                others(lambda other: other.server is not None and other.server.link_selection),
            )


def _switches_with(has: Callable[[FabricCapability], bool]) -> str:
    return others(lambda other: Role.SWITCH in other.roles and has(other.fabric))


def _relays_that(can: Callable[[RelayCapability], bool]) -> str:
    return others(lambda other: other.relay is not None and can(other.relay))
