"""Checks of forwarding in the fabric: routes that lead on, transit VNIs, router MACs, gateway addresses."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from labgen.devices.observed import ROUTER_MACS, ROUTES, InterfaceAddress, Route
from labgen.ground.labplan import InterfacePlan, LabPlan, NodePlan, VrfPlan
from labgen.ground.vocabulary import DEFAULT_VRF, Address, Role
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks.subjects import tells
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, Proof, Witness, blocked, failed, passed

check = Catalogue()


def _proof(node: str, file: str) -> Proof:
    return Proof(Witness.CONTROL_PLANE, node, file)


def routed_switches(plan: LabPlan) -> Iterator[Subject]:
    """Switches that forward what relays and servers send each other, and tell their routes."""
    for node in plan.role(Role.SWITCH):
        if node.ospf and tells(node, ROUTES) and any(_destinations(plan, node)):
            yield Subject(switch=node.name)


def _destinations(plan: LabPlan, node: NodePlan) -> Iterator[tuple[str, Address]]:
    """Addresses of the default VRF that packets of relays and servers are for, with their owner; the node's own left out."""
    found: dict[Address, str] = {}
    for other in plan.nodes:
        for relay in other.relays:
            for target in relay.targets:
                if target.vrf == DEFAULT_VRF:
                    owner = next((n.name for n in plan.nodes if target.address in n.addresses), target.server)
                    found.setdefault(target.address, owner)
                    if relay.owner is not None and relay.owner.vrf == DEFAULT_VRF and not relay.owner.shared:
                        found.setdefault(relay.giaddr, other.name)
    yield from ((owner, address) for address, owner in found.items() if owner != node.name)


@check(
    "control-plane.routes",
    "{switch} has a way to every relay and server, and none that leads nowhere",
    routed_switches,
    "RFC 1812 section 5.2.1",
)
def routes(subject: Subject, facts: Facts) -> Judgement:
    node = facts.plan.node(subject.switch)
    wanted = tuple(_destinations(facts.plan, node))
    expected = "a route over a data port to " + ", ".join(f"{owner} ({address})" for owner, address in wanted)
    own = [r for r in facts.observed.routes if r.node == node.name]
    if not own:
        return blocked(expected, f"{node.name} told none of its routes")
    faults = [fault for owner, address in wanted if (fault := _fault(node, own, owner, address))]
    proofs = {_proof(node.name, r.file) for r in own}
    if faults:
        first = faults[0].partition(" (")[2].partition(")")[0]
        hint = f"`labgen exec {node.name} -- ip route get {first}`"
        return failed(expected, "; ".join(faults), hint, proofs)
    return passed(expected, f"{len(wanted)} destinations, each behind a data port", proofs)


def _fault(node: NodePlan, own: list[Route], owner: str, address: Address) -> str:
    """The reason why packets for an address do not go on; empty where they do."""
    best = best_route(node, own, address)
    if best is None:
        return f"no route to {owner} ({address})"
    return dead_end(node, best) and f"{dead_end(node, best)} {best.prefix} for {owner} ({address})"


def best_route(node: NodePlan, own: list[Route], address: Address) -> Route | None:
    """The most specific route to an address; of equals, the one that leads nowhere: nobody can tell which one is taken."""
    match = [r for r in own if address in ip_network(r.prefix, strict=False)]
    return max(
        match,
        key=lambda r: (ip_network(r.prefix, strict=False).prefixlen, bool(dead_end(node, r))),
        default=None,
    )


def dead_end(node: NodePlan, route: Route) -> str:
    """The fault of a route; empty where it leads over a data port of the plan."""
    if route.kind not in ("unicast", "local", "broadcast"):
        return f"a {route.kind} route"
    ports = {port.linux for port in node.interfaces} | {port.name for port in node.interfaces}
    if (
        route.interface
        and route.interface not in ports
        and not route.interface.startswith(("lo", "varp", "vrrp", "br", "vlan"))
    ):
        return f"through {route.interface}, which is no data port, route"
    return ""


def _transits(plan: LabPlan) -> Iterator[tuple[NodePlan, VrfPlan]]:
    for node in plan.role(Role.SWITCH):
        for vrf in node.vrfs:
            if vrf.transit_vni is not None and node.bgp:
                yield node, vrf


def transit_vrfs(plan: LabPlan) -> Iterator[Subject]:
    """Every VRF with a transit VNI on every switch."""
    yield from (
        Subject(switch=node.name, peer=vrf.name) for node, vrf in _transits(plan) if tells(node, ROUTER_MACS)
    )


@check(
    "control-plane.transit",
    "{switch} routes VRF {peer} over its transit VNI",
    transit_vrfs,
    "RFC 9135",
)
def transit(subject: Subject, facts: Facts) -> Judgement:
    node = facts.plan.node(subject.switch)
    vrf = next(v for v in node.vrfs if v.name == subject.peer)
    expected = f"VNI {vrf.transit_vni} for VRF {vrf.name}, up, with router MAC {vrf.router_mac}"
    own = [v for v in facts.observed.vnis if v.node == node.name and v.kind == "l3"]
    proofs = {_proof(node.name, v.file) for v in own}
    match = next((v for v in own if v.vni == vrf.transit_vni), None)
    if match is None:
        shown = ", ".join(f"{v.vni} ({v.vrf})" for v in own) or "none"
        return failed(
            expected, f"layer 3 VNIs: {shown}", f"give VRF {vrf.name} its VNI: {_vni(facts, node)}", proofs
        )
    faults = [
        fault
        for fault in (
            f"it belongs to VRF {match.vrf}" if match.vrf != vrf.name else "",
            f"it is {match.state}" if match.state not in ("", "up") else "",
            f"router MAC {match.router_mac}"
            if match.router_mac and match.router_mac != vrf.router_mac
            else "",
            "it has no routed interface" if match.svi in ("", "None", "none") else "",
        )
        if fault
    ]
    if faults:
        return failed(expected, "; ".join(faults), f"look at {_vni(facts, node)}", proofs)
    return passed(expected, f"VNI {match.vni} in VRF {match.vrf}, router MAC {match.router_mac}", proofs)


def _vni(facts: Facts, node: NodePlan) -> str:
    return facts.asking(node.name, "show evpn vni detail")


def _in_own_system(plan: LabPlan, node: NodePlan) -> tuple[set[str], set[str]]:
    """Switches of a switch's own AS where the underlay is eBGP: its neighbors, and those it has no link to."""
    if node.bgp is None or not node.bgp.underlay:
        return set(), set()
    if node.bgp.apart:
        return set(), set()
    peers = {peer.name for peer in node.bgp.neighbors}
    same = {
        each.name for each in plan.nodes if each is not node and each.bgp and each.bgp.asn == node.bgp.asn
    }
    return same & peers, same - peers


def remote_vteps(plan: LabPlan, node: NodePlan, vrf: VrfPlan) -> Iterator[NodePlan]:
    """Switches with a part of a VRF that this one has none of: routes lead to them. In the underlay's own eBGP sessions, routes of
    a neighbor in this switch's AS have the shortest path, and those of others of that AS are refused (RFC 4271 section 9.1.2).
    """
    near, refused = _in_own_system(plan, node)
    own = {segment.name for segment in plan.segments if node.name in segment.switches}
    beside = {segment.name for segment in plan.segments if near & set(segment.switches)}
    for other, theirs in _transits(plan):
        if other is node or theirs.name != vrf.name or theirs.transit_vni != vrf.transit_vni:
            continue
        if other.name in refused:
            continue
        segments = {s.name for s in plan.segments if s.vrf == vrf.name and other.name in s.routers}
        nearer = beside if other.name not in near else set()
        if segments - own - nearer or theirs.loopback is not None:
            yield other


def transit_neighbors(plan: LabPlan) -> Iterator[Subject]:
    for node, vrf in _transits(plan):
        if tells(node, ROUTER_MACS) and any(remote_vteps(plan, node, vrf)):
            yield Subject(switch=node.name, peer=vrf.name)


@check(
    "control-plane.router-mac",
    "{switch} knows the router MAC of every VTEP that routes of VRF {peer} lead to",
    transit_neighbors,
    "RFC 9135 section 5.2",
)
def router_mac(subject: Subject, facts: Facts) -> Judgement:
    node = facts.plan.node(subject.switch)
    vrf = next(v for v in node.vrfs if v.name == subject.peer)
    wanted = {
        str(other.loopback.ip): (other.name, next(v.router_mac for v in other.vrfs if v.name == vrf.name))
        for other in remote_vteps(facts.plan, node, vrf)
        if other.loopback
    }
    expected = ", ".join(f"{mac} for {name} ({vtep})" for vtep, (name, mac) in wanted.items())
    own = [r for r in facts.observed.router_macs if r.node == node.name and r.vni == vrf.transit_vni]
    known = {(r.vtep, r.mac) for r in own}
    missing = [name for vtep, (name, mac) in wanted.items() if (vtep, mac) not in known]
    proofs = {_proof(node.name, r.file) for r in facts.observed.router_macs if r.node == node.name}
    if missing:
        hint = (
            f"what {node.name} routes to {', '.join(missing)} is dropped: "
            f"{facts.asking(node.name, 'show evpn rmac vni all')}; are the VRF's route targets the same on both? "
            "where they are, it comes back when they are taken out and set again"
        )
        known_ones = ", ".join(f"{r.mac} ({r.vtep})" for r in own)
        observed = f"{node.name} has none for {', '.join(missing)}" + (f", only {known_ones}" if own else "")
        return failed(expected, observed, hint, proofs, _apart(facts, node, vrf, missing))
    return passed(expected, f"{len(own)} router MACs", proofs)


def _apart(facts: Facts, node: NodePlan, vrf: VrfPlan, missing: list[str]) -> tuple[str, ...]:
    """The nodes at fault where a switch has no router MACs of others: those that nobody has one of; itself, where somebody else has them;
    nobody can tell where it alone needs one."""
    blamed: list[str] = []
    for name in missing:
        others = [
            other
            for other, theirs in _transits(facts.plan)
            if other is not node
            and theirs.name == vrf.name
            and any(each.name == name for each in remote_vteps(facts.plan, other, theirs))
        ]
        there = facts.plan.node(name).loopback
        vtep = str(there.ip) if there else ""
        having = [
            other
            for other in others
            if any(
                (r.node, r.vni, r.vtep) == (other.name, vrf.transit_vni, vtep)
                for r in facts.observed.router_macs
            )
        ]
        blamed += [node.name] if having else [name] if others else [node.name, name]
    return tuple(dict.fromkeys(blamed))


def gateway_switches(plan: LabPlan) -> Iterator[Subject]:
    """Every switch that has the gateway address of a segment that switches share."""
    for segment in plan.segments:
        for switch in segment.routers if segment.protocol == "anycast" else ():
            port = plan.node(switch).on_segment(segment.name)
            if port is not None and port.anycast is not None and tells(plan.node(switch), ROUTES):
                yield Subject(switch=switch, segment=segment.name)


@check(
    "control-plane.anycast",
    "{switch} has the gateway address of {segment}, on an interface that is up",
    gateway_switches,
    "RFC 9135 section 4.1",
)
def anycast(subject: Subject, facts: Facts) -> Judgement:
    port = facts.plan.node(subject.switch).on_segment(subject.segment)
    assert port is not None and port.anycast is not None
    expected = f"{port.anycast.ip} in VRF {port.vrf}, up"
    addresses = [a for a in facts.observed.addresses if a.node == subject.switch]
    if not addresses:
        return blocked(expected, f"{subject.switch} told none of its addresses")
    own = [a for a in addresses if a.address.partition("/")[0] == str(port.anycast.ip)]
    right = [a for a in own if a.vrf == port.vrf and a.up]
    proofs = {_proof(subject.switch, a.file) for a in addresses}
    if not right:
        shown = (
            ", ".join(f"{a.interface} in VRF {a.vrf}, {'up' if a.up else 'down'}" for a in own)
            or "no interface has it"
        )
        hint = f"clients behind {subject.switch} have no gateway: `labgen exec {subject.switch} -- ip -4 address`"
        return failed(expected, shown, hint, proofs)
    if odd := _unlike_others(facts.plan, port, right):
        look = f"`labgen exec {subject.switch} -- ip address show {right[0].interface}`"
        hint = f"every switch has it alike, so that clients may move: {look}"
        return failed(expected, odd, hint, proofs, [subject.switch])
    return passed(expected, f"{right[0].interface}, up", proofs)


def _unlike_others(plan: LabPlan, port: InterfacePlan, own: list[InterfaceAddress]) -> str:
    """The difference of a gateway address that every switch has from that of the others: its mask, or the hardware address of an interface
    made for it."""
    assert port.anycast is not None
    planned = plan.anycast_mac
    for each in own:
        length = each.address.partition("/")[2]
        if length not in ("", "32", str(port.anycast.network.prefixlen)):
            return f"{each.interface} has {each.address} instead of {port.anycast}"
        made_for_it = each.interface not in (port.name, port.linux)
        if made_for_it and planned and each.mac not in ("", planned):
            return f"{each.interface} has the hardware address {each.mac} instead of {planned}"
    return ""
