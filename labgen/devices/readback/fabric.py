"""Whole configurations that labgen wrote, read back and held against the plan: VRFs, VLANs, tunnels, and routes to and from servers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from labgen.devices import fabric, fabric_config, registry
from labgen.devices.fabric_config import ConfiguredPeer, ConfiguredVrf, FabricReading
from labgen.devices.readback import vlans
from labgen.devices.relay_config import ConfiguredInterface, RelayReading, plain_name, same_mac
from labgen.devices.sections import SectionDevice
from labgen.ground.labplan import BgpNeighbor, InterfacePlan, LabPlan, NodePlan, VrfPlan
from labgen.ground.vocabulary import DEFAULT_VRF

FAST = (1, 4)
"""Seconds between OSPF's hellos and until a neighbor is dead where timers are fast; both ends have to agree (RFC 2328 section 10.5)."""


def differences(config: RelayReading, plan: LabPlan, node: NodePlan, text: str) -> Iterator[str]:
    """Differences between a whole configuration and the plan about the fabric; none for devices that labgen writes a section of."""
    found = fabric_config.read(node.device, text)
    if found is None:
        return
    yield from _vrfs(found, node)
    yield from _tunnels(found, node)
    yield from _evpn(found, plan, node)
    if isinstance(registry.get(node.device), SectionDevice):
        yield from _activated(found, node)
        return
    yield from _ports(config, found, plan, node)
    told = frozenset((each.port, each.vrf) for each in found.ospf) | {
        (each.name, each.vrf)
        for each in config.interfaces
        if ("bgp", "connected", each.vrf) in found.redistributed
    }
    yield from vlans.differences(
        replace(
            config,
            interfaces=_sharing(config, found),
            vlans=found.vlans,
            moving=found.moving,
            advertised=told,
        ),
        plan,
        node,
    )
    yield from _ospf(found, plan, node)
    yield from _peers(found, node)
    yield from _routes(found, node)
    yield from _redistributed(found, plan, node)


def _sharing(config: RelayReading, found: FabricReading) -> tuple[ConfiguredInterface, ...]:
    """Interfaces; one that is given the MAC address of anycast gateways shares its own address."""
    macs = dict(found.shared_mac)
    return tuple(
        replace(each, anycast=each.addresses) if macs.get(each.name) else each for each in config.interfaces
    )


def _ports(config: RelayReading, found: FabricReading, plan: LabPlan, node: NodePlan) -> Iterator[str]:
    moving = {(plain_name(name), virtual, priority) for name, virtual, priority in found.moving}
    macs = dict(found.shared_mac)
    for port in node.interfaces:
        if port.name not in found.on and port.lag is None:
            yield f"{port.name} is not turned on"
        if port.kind in ("p2p", "lan", "svi"):
            yield from _routed(config, found, port)
        mac = macs.get(port.name) or macs.get("", "")
        if port.anycast and not same_mac(mac, plan.anycast_mac or ""):
            yield f"{port.name} shares MAC address {mac or 'none'}, planned {plan.anycast_mac}"
        vrrp = fabric.moving(port, "vrrp")
        wanted = vrrp and (plain_name(port.name), vrrp.address.ip, vrrp.priority)
        if wanted and wanted not in moving:
            yield f"{port.name} has no virtual address {vrrp and vrrp.address.ip} of its priority"


def _routed(config: RelayReading, found: FabricReading, port: InterfacePlan) -> Iterator[str]:
    have = config.interface(port.name)
    if port.name not in found.routing:
        yield f"{port.name} does not route"
    if have is None or have.vrf != port.vrf:
        yield f"{port.name} is in VRF {have.vrf if have else 'none'}, planned {port.vrf}"
    if (
        port.address
        and not port.dhcp
        and (have is None or port.address not in (*have.addresses, *have.anycast))
    ):
        yield f"{port.name} has no address {port.address}"


def _vrfs(found: FabricReading, node: NodePlan) -> Iterator[str]:
    for vrf in node.vrfs:
        have = found.vrf(registry.get(node.device).facts.naming.vrf_name(vrf.name))
        if have is None:
            yield f"VRF {vrf.name} is not made"
            continue
        for word, given, planned in _of_vrf(have, vrf, node):
            if given != planned:
                yield f"VRF {vrf.name} has {word} {given or 'none'}, planned {planned or 'none'}"


def _of_vrf(have: ConfiguredVrf, vrf: VrfPlan, node: NodePlan) -> Iterator[tuple[str, object, object]]:
    yield "IPv4 routing", have.routed, True
    yield "transit VNI", have.vni, vrf.transit_vni or 0
    if not isinstance(registry.get(node.device), SectionDevice):
        yield "route distinguisher", have.rd, vrf.rd
    evpn = bool(vrf.transit_vni and node.bgp and node.bgp.evpn)
    if evpn:
        yield "route distinguisher", bool(have.rd), True
    if evpn or have.imports or have.exports:
        yield "imported route targets", sorted(have.imports), sorted(vrf.rt_import)
        yield "exported route targets", sorted(have.exports), sorted(vrf.rt_export)


def _ospf(found: FabricReading, plan: LabPlan, node: NodePlan) -> Iterator[str]:
    """OSPF on each port, as both ends of its link need it, and on the loopback."""
    told = {plain_name(each.port): each for each in found.ospf}
    loopback = registry.get(node.device).facts.naming.loopback
    if node.ospf and node.loopback and plain_name(loopback) not in told:
        yield f"OSPF is not told of {loopback}"
    for port in node.interfaces:
        have, planned = told.get(plain_name(port.name)), fabric.ospf_instance(plan, node, port) is not None
        if (have is not None) != planned:
            yield f"OSPF is {'not ' if planned else ''}told of {port.name}"
        if have is None or not planned:
            continue
        if have.vrf != port.vrf or have.passive != port.passive:
            yield f"OSPF on {port.name} is {'passive' if have.passive else 'active'} in VRF {have.vrf}"
        core = port.kind == "p2p"
        timers = FAST if core and fabric.fast(plan) else (0, 0)
        if have.point_to_point != core or (have.hello, have.dead) != timers:
            yield f"OSPF on {port.name} does not speak as its neighbor: hello {have.hello}, dead {have.dead}"


def _tunnels(found: FabricReading, node: NodePlan) -> Iterator[str]:
    vnis = {vlan.vni for vlan in node.vlans if vlan.vni} | {
        vrf.transit_vni for vrf in node.vrfs if vrf.transit_vni
    }
    loopback = registry.get(node.device).facts.naming.loopback
    own = str(node.loopback.ip) if node.loopback else ""
    if vnis and plain_name(found.tunnels) not in (plain_name(loopback), own):
        yield f"tunnels begin at {found.tunnels or 'nothing'}, planned {loopback}"
    floods = {(vlan.vni, end) for vlan in node.vlans for end in vlan.flood}
    if found.floods != floods:
        yield f"floods go to {sorted(map(str, found.floods))}, planned {sorted(map(str, floods))}"


def _evpn(found: FabricReading, plan: LabPlan, node: NodePlan) -> Iterator[str]:
    have = {each.vlan: each for each in found.instances}
    for vlan in node.vlans:
        own = have.get(vlan.id)
        if vlan.rd and fabric.evpn(plan):
            given = (own.rd, own.imports, own.exports) if own else None
            wanted = (vlan.rd, frozenset({vlan.rt or ""}), frozenset({vlan.rt or ""}))
            if given != wanted:
                yield f"EVPN of VLAN {vlan.id} has not the route distinguisher and targets {vlan.rd}, {vlan.rt}"
    bonds = {each.port: each for each in found.bonds}
    for port in node.interfaces:
        if port.lag is not None and port.lag.esi:
            bond = bonds.get(port.name)
            same = bond and all(
                same_mac(given, planned)
                for given, planned in (
                    (bond.esi, port.lag.esi),
                    (bond.target, port.lag.system_mac),
                    (bond.system, port.lag.system_mac),
                )
            )
            if not same:
                yield f"{port.name} is no part of Ethernet segment {port.lag.esi}"


def _peers(found: FabricReading, node: NodePlan) -> Iterator[str]:
    """BGP sessions, with what they carry."""
    have = {(each.vrf, each.address): each for each in found.peers}
    for peer in node.bgp.neighbors if node.bgp else ():
        yield from _session(have.pop((DEFAULT_VRF, peer.key), None), peer, node)
    for each in node.handovers:
        own = have.pop((each.vrf, str(each.address)), None) if each.asn else None
        if each.asn and (own is None or (own.asn, "ipv4" in own.families) != (each.asn, True)):
            yield f"no routes are told to {each.external} in VRF {each.vrf}"
    yield from (f"BGP speaks to {address} in VRF {vrf}, unplanned" for vrf, address in have)


def _activated(found: FabricReading, node: NodePlan) -> Iterator[str]:
    """EVPN on sessions that are made elsewhere, and the connected networks of VRFs."""
    evpn = {each.address for each in found.peers if "evpn" in each.families}
    for peer in node.bgp.evpn_peers if node.bgp else ():
        if node.vlans and peer.key not in evpn:
            yield f"BGP tells {peer.name} nothing of EVPN"
    called = registry.get(node.device).facts.naming.vrf_name
    for vrf in node.vrfs if node.bgp and node.bgp.evpn else ():
        if vrf.transit_vni and ("bgp", "connected", called(vrf.name)) not in found.redistributed:
            yield f"bgp is not told the routes of connected in VRF {vrf.name}"


def _session(have: ConfiguredPeer | None, peer: BgpNeighbor, node: NodePlan) -> Iterator[str]:
    assert node.bgp is not None
    if have is None or have.asn != peer.asn:
        yield f"BGP does not speak to {peer.name} in AS {peer.asn}"
        return
    evpn = peer in node.bgp.evpn_peers
    loopback = registry.get(node.device).facts.naming.loopback
    if evpn and not ("evpn" in have.families and have.extended):
        yield f"BGP tells {peer.name} nothing of EVPN, or no route targets"
    if peer in node.bgp.underlay_peers and "ipv4" not in have.families:
        yield f"BGP tells {peer.name} no routes of the underlay"
    if have.reflected != peer.rr_client or have.local_asn != (peer.local_asn or 0):
        yield f"BGP takes {peer.name} for another than it is"
    if not peer.interface and plain_name(have.source) != plain_name(loopback):
        yield f"the session with {peer.name} is from {have.source or 'nowhere'}, planned {loopback}"


def _routes(found: FabricReading, node: NodePlan) -> Iterator[str]:
    names = {port.linux: port.name for port in node.interfaces}
    wanted = {
        (route.prefix, route.vrf, str(route.via or names.get(route.interface, route.interface)))
        for route in node.routes
    }
    for prefix, vrf, via in sorted(wanted ^ found.routes, key=str):
        missing = (prefix, vrf, via) in wanted
        yield f"{'no' if missing else 'an unplanned'} static route to {prefix} by {via} in VRF {vrf}"


def _redistributed(found: FabricReading, plan: LabPlan, node: NodePlan) -> Iterator[str]:
    missing = set(_planned(plan, node)) - found.redistributed
    yield from (f"{into} is not told the routes of {of} in VRF {vrf}" for into, of, vrf in sorted(missing))


def _planned(plan: LabPlan, node: NodePlan) -> Iterator[tuple[str, str, str]]:
    """The planned redistribution: in each VRF with a BGP of its own, connected networks into it, and it and OSPF into each other."""
    spoken = {each.vrf for each in node.handovers if each.asn}
    static = {each.vrf for each in node.handovers if each.asn is None}
    ospf = {vrf.name for vrf in fabric.ospf_vrfs(plan, node)} | ({DEFAULT_VRF} if node.ospf else set())
    evpn = {vrf.name for vrf in node.vrfs} if node.bgp and node.bgp.evpn else set()
    own = {DEFAULT_VRF} if node.bgp and node.bgp.underlay else set()
    for vrf in spoken | evpn | own:
        yield "bgp", "connected", vrf
        if vrf in ospf:
            yield from (("bgp", "ospf", vrf), ("ospf", "bgp", vrf))
    if own and node.routes:
        yield "bgp", "static", DEFAULT_VRF
    for vrf in static:
        yield from (("bgp", "static", vrf) for _ in evpn & {vrf})
        yield from (("ospf", "static", vrf) for _ in ospf & {vrf})
