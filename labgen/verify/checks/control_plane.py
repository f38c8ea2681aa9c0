"""Checks of the network below DHCP: OSPF, EVPN, VRF, routes, daemons."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import ip_network

from labgen.ground.labplan import RelayPlan
from labgen.ground.vocabulary import DEFAULT_VRF, Role
from labgen.verify import groups, route_walk
from labgen.verify.check import Catalogue, Subject
from labgen.verify.checks import subjects
from labgen.verify.checks.forwarding import best_route, dead_end
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement, Proof, Witness, blocked, failed, passed
from labgen.verify.route_walk import RoutingLoop

check = Catalogue()
ADMIN = "admin"
"""What is in the state of a BGP session that somebody shut down."""
States = Callable[[Facts, str, str], list[str]]
"""What a switch says of its sessions with another one."""


def _proof(node: str, file: str) -> Proof:
    return Proof(Witness.CONTROL_PLANE, node, file)


@check(
    "control-plane.ospf",
    "OSPF on {node} is full with every neighbor",
    subjects.ospf_nodes,
    "RFC 2328 section 10.1",
)
def ospf(subject: Subject, facts: Facts) -> Judgement:
    name = subject.switch or subject.server
    node = facts.plan.node(name)
    wanted = {
        str(facts.plan.node(n.node).loopback.ip): n.node  # type: ignore[union-attr]  # OSPF nodes have a loopback
        for port in node.interfaces
        if port.kind == "p2p" and port.ospf
        for n in port.neighbors
    }
    seen = {n.neighbor_id: n for n in facts.observed.ospf if n.node == name}
    expected = f"{len(wanted)} neighbors full: {', '.join(wanted.values())}"
    bad = {
        peer: seen[rid].state if rid in seen else "absent"
        for rid, peer in wanted.items()
        if rid not in seen or seen[rid].state != "full"
    }
    proofs = {_proof(name, n.file) for n in seen.values()}
    if bad:
        observed = ", ".join(f"{peer} {state}" for peer, state in bad.items())
        hint = f"check the link and OSPF timers on both ends: {facts.asking(name, 'show ip ospf neighbor')}"
        return failed(expected, observed, hint, proofs, _ends(name, bad))
    return passed(expected, f"full: {', '.join(wanted.values())}", proofs)


@check(
    "control-plane.underlay",
    "{switch} has every neighbor of the underlay that the plan has",
    subjects.underlay_switches,
    "RFC 4271, RFC 5303",
)
def underlay(subject: Subject, facts: Facts) -> Judgement:
    node = facts.plan.node(subject.switch)
    wanted = subjects.underlay_neighbors(facts.plan, node)
    expected = f"up: {', '.join(wanted.values())}"
    seen = {each.key: each for each in facts.observed.underlay if each.node == node.name}
    bad = {
        name: seen[key].state if key in seen else "absent"
        for key, name in wanted.items()
        if key not in seen or seen[key].state not in ("up", "established")
    }
    proofs = {_proof(node.name, each.file) for each in seen.values()}
    if bad:
        ask = "show isis neighbor" if node.isis else "show bgp ipv4 unicast summary"
        hint = f"routes may lead another way round: {facts.asking(node.name, ask)}"
        observed = ", ".join(f"{name} {state}" for name, state in bad.items())
        closed = _closed(facts, node.name, bad, _underlay_states)
        return failed(expected, observed, hint, proofs, closed or _ends(node.name, bad))
    return passed(expected, expected, proofs)


def _underlay_states(facts: Facts, name: str, peer: str) -> list[str]:
    """A switch's sessions of the underlay with a peer, as it states them."""
    keys = {
        key
        for key, other in subjects.underlay_neighbors(facts.plan, facts.plan.node(name)).items()
        if other == peer
    }
    return [each.state for each in facts.observed.underlay if each.node == name and each.key in keys]


def _evpn_states(facts: Facts, name: str, peer: str) -> list[str]:
    """The same of those of EVPN."""
    bgp = facts.plan.node(name).bgp
    keys = {each.key for each in bgp.evpn_peers if each.name == peer} if bgp else set()
    return [each.state for each in facts.observed.sessions if each.node == name and each.peer in keys]


def _ends(name: str, missing: Iterable[str]) -> tuple[str, ...]:
    """The nodes where the fault of lost neighbors may be: at either end. What all who lost one have in common is the node at fault."""
    return (name, *missing)


def _closed(facts: Facts, name: str, bad: Iterable[str], states: States) -> tuple[str, ...]:
    """Ends, of sessions that are not up, that were shut down by hand; the other end only says that nobody answers."""
    ends = (end for peer in bad for end in ((name, peer), (peer, name)))
    return tuple(
        dict.fromkeys(own for own, other in ends if any(ADMIN in each for each in states(facts, own, other)))
    )


@check(
    "control-plane.evpn-session",
    "BGP EVPN sessions of {switch} are established",
    subjects.evpn_switches,
    "RFC 7432",
)
def evpn_session(subject: Subject, facts: Facts) -> Judgement:
    node = facts.plan.node(subject.switch)
    assert node.bgp is not None
    seen = {s.peer: s for s in facts.observed.sessions if s.node == subject.switch}
    expected = f"established: {', '.join(n.name for n in node.bgp.evpn_peers)}"
    bad = {
        n.name: seen[n.key].state if n.key in seen else "absent"
        for n in node.bgp.evpn_peers
        if n.key not in seen or seen[n.key].state != "established"
    }
    proofs = {_proof(subject.switch, s.file) for s in seen.values()}
    if bad:
        hint = f"check loopback routes and AS numbers: {facts.asking(subject.switch, 'show bgp l2vpn evpn summary')}"
        observed = ", ".join(f"{name} {state}" for name, state in bad.items())
        closed = _closed(facts, subject.switch, bad, _evpn_states)
        return failed(expected, observed, hint, proofs, closed or _ends(subject.switch, bad))
    return passed(expected, expected, proofs)


@check(
    "control-plane.vni",
    "{switch} carries segment {segment} on the planned VNI and VRF",
    subjects.vtep_segments,
    "RFC 8365 section 5.1.2",
)
def vni(subject: Subject, facts: Facts) -> Judgement:
    node = facts.plan.node(subject.switch)
    vlan = next(v for v in node.vlans if v.segment == subject.segment)
    evpn = facts.plan.overlay is not None and facts.plan.overlay.control == "evpn"
    expected = f"VNI {vlan.vni} in VRF {vlan.vrf}"
    own = [v for v in facts.observed.vnis if v.node == subject.switch and v.kind == "l2"]
    proofs = {_proof(subject.switch, v.file) for v in own}
    match = next((v for v in own if v.vni == vlan.vni), None)
    hint = f"compare the VNI of VLAN {vlan.id} on {', '.join(facts.plan.segment(subject.segment).switches)}"
    if match is None:
        others = ", ".join(str(v.vni) for v in own) or "none"
        return failed(
            expected,
            f"VNIs on {subject.switch}: {others}",
            f"{hint}: a VLAN whose VNI differs is not stretched",
            proofs,
        )
    port = node.on_segment(subject.segment)
    names = {port.name, port.linux} if port else set()
    if match.svi and port and port.kind == "svi" and match.svi not in names:
        observed = f"VNI {match.vni} behind {match.svi}"
        return failed(
            f"{expected}, behind {port.name}", observed, f"put VNI {vlan.vni} into VLAN {vlan.id}", proofs
        )
    if evpn and match.vrf != vlan.vrf:
        return failed(
            expected,
            f"VNI {match.vni} in VRF {match.vrf}",
            f"put the SVI of VLAN {vlan.id} into VRF {vlan.vrf}",
            proofs,
        )
    return passed(expected, f"VNI {match.vni} in VRF {match.vrf}", proofs)


@check(
    "control-plane.vtep",
    "{switch} reaches every other VTEP of segment {segment}",
    subjects.vtep_segments,
    "RFC 8365 section 9",
)
def vtep(subject: Subject, facts: Facts) -> Judgement:
    segment = facts.plan.segment(subject.segment)
    wanted = {
        str(n.loopback.ip): n.name
        for n in facts.plan.nodes
        if n.name in segment.switches and n.name != subject.switch and n.loopback
    }
    vlan = next(v for v in facts.plan.node(subject.switch).vlans if v.segment == subject.segment)
    own = [v for v in facts.observed.vnis if v.node == subject.switch and v.vni == vlan.vni]
    vteps = {address for v in own for address in v.vteps}
    proofs = {_proof(subject.switch, v.file) for v in own}
    expected = f"VNI {vlan.vni} floods to " + ", ".join(
        f"{name} ({address})" for address, name in wanted.items()
    )
    missing = [name for address, name in wanted.items() if address not in vteps]
    if missing:
        observed = f"no VTEP for {', '.join(missing)}; has {', '.join(sorted(vteps)) or 'none'}"
        hint = (
            f"broadcasts do not cross the fabric: VNI {vlan.vni} must be the same on {', '.join(segment.switches)}, "
            "and the route targets must match"
        )
        return failed(expected, observed, hint, proofs)
    return passed(expected, f"VTEPs {', '.join(sorted(vteps))}", proofs)


@check(
    "control-plane.mac",
    "{switch} learned the MAC of {client} by EVPN",
    subjects.remote_macs,
    "RFC 7432 section 9.2",
)
def mac(subject: Subject, facts: Facts) -> Judgement:
    address = facts.mac(subject.client)
    home = facts.plan.node(groups.home_switch(facts.plan, subject.client))
    assert home.loopback is not None
    expected = f"{address} behind {home.name} ({home.loopback.ip})"
    own = [m for m in facts.observed.macs if m.node == subject.switch]
    match = next((m for m in own if m.mac == address), None)
    if match is None or match.vtep != str(home.loopback.ip):
        observed = f"{address} {'unknown' if match is None else 'local' if match.vtep is None else f'behind {match.vtep}'}"
        hint = f"no type-2 route arrived from {home.name}: {facts.asking(home.name, 'show bgp l2vpn evpn route type macip')}"
        return failed(expected, observed, hint, {_proof(subject.switch, m.file) for m in own})
    return passed(expected, f"{address} behind {match.vtep}", [_proof(subject.switch, match.file)])


@check(
    "control-plane.gateway",
    "{switch} has its address on segment {segment}, in the right VRF",
    subjects.switch_segments,
    "RFC 1542 section 4.1.1",
)
def gateway(subject: Subject, facts: Facts) -> Judgement:
    node = facts.plan.node(subject.switch)
    port = node.on_segment(subject.segment)
    assert port is not None
    expected = (
        f"{port.name} {port.address} in VRF {port.vrf}" if port.address else f"{port.name} in VRF {port.vrf}"
    )
    own = [
        a
        for a in facts.observed.addresses
        if a.node == subject.switch and a.interface in (port.name, port.linux)
    ]
    match = next((a for a in own if a.address == str(port.address)), None)
    if match is None or match.vrf != port.vrf:
        observed = (
            ", ".join(f"{a.interface} {a.address} in VRF {a.vrf}" for a in own)
            or f"no address on {port.name}"
        )
        return failed(expected, observed, f"without it the relay has no address to put on the wire: fix {port.name} on {subject.switch}",
                      {_proof(subject.switch, a.file) for a in own})  # fmt: skip
    return passed(
        expected,
        f"{match.interface} {match.address} in VRF {match.vrf}",
        [_proof(subject.switch, match.file)],
    )


@check(
    "control-plane.return-route",
    "{server} has a route back to the giaddr of {switch}",
    subjects.relay_servers,
    "RFC 2131 section 4.1",
)
def return_route(subject: Subject, facts: Facts) -> Judgement:
    relay = next(
        r
        for r in facts.plan.node(subject.switch).relays
        if any(t.server == subject.server for t in r.targets)
    )
    expected = f"a route to {relay.giaddr}"
    own = [r for r in facts.observed.routes if r.node == subject.server]
    match = [r for r in own if relay.giaddr in ip_network(r.prefix, strict=False)]
    if not match:
        hint = f"replies to giaddr {relay.giaddr} are lost: advertise it, or use `source: loopback`"
        return failed(
            expected,
            f"no route to {relay.giaddr} among {len(own)} routes",
            hint,
            {_proof(subject.server, r.file) for r in own},
        )
    best = best_route(facts.plan.node(subject.server), own, relay.giaddr)
    assert best is not None
    if fault := dead_end(facts.plan.node(subject.server), best):
        hint = f"replies to giaddr {relay.giaddr} are lost: `labgen exec {subject.server} -- ip route get {relay.giaddr}`"
        return failed(
            expected, f"{fault} {best.prefix}", hint, [_proof(subject.server, best.file)], [subject.server]
        )
    round_about = _loop(facts, subject.server, relay)
    if round_about is not None:
        first, after = round_about.nodes[0], round_about.nodes[1]
        observed = f"{first} routes {round_about.route.prefix} through {after}, from where it comes back"
        hint = (
            f"replies to giaddr {relay.giaddr} go round: `labgen exec {first} -- ip route get {relay.giaddr}`"
        )
        proofs = [_proof(first, round_about.route.file), _proof(subject.server, best.file)]
        return failed(expected, observed, hint, proofs, [first])
    return passed(expected, f"{best.prefix}", [_proof(subject.server, best.file)])


def _loop(facts: Facts, server: str, relay: RelayPlan) -> RoutingLoop | None:
    """The loop that a server's replies get into, where both are in the global table."""
    plain = relay.owner is not None and relay.owner.vrf == DEFAULT_VRF
    known = plain and all(target.vrf == DEFAULT_VRF for target in relay.targets)
    return route_walk.loop(facts.plan, facts.observed.routes, server, relay.giaddr) if known else None


def _daemon(name: str, what: str, facts: Facts) -> Judgement:
    own = [d for d in facts.observed.daemons if d.node == name and d.daemon == what]
    proofs = [
        Proof(Witness.SERVER if facts.plan.node(name).role is Role.SERVER else Witness.RELAY, name, d.file)
        for d in own
    ]
    expected = f"{what} runs on {name}"
    if not own:
        device = facts.plan.node(name).device
        return blocked(
            expected,
            f"nothing was collected from {name} that says so",
            f"see what {device} shows: `labgen connect {name}`",
        )
    if not all(d.running for d in own):
        return failed(
            expected,
            f"{what} does not run on {name}",
            f"start it, and see why it ended: `labgen logs {name} {what}`",
            proofs,
        )
    return passed(expected, f"{what} runs", proofs)


@check("relay.running", "the relay on {switch} runs", subjects.relays)
def relay_running(subject: Subject, facts: Facts) -> Judgement:
    return _daemon(subject.switch, "relay", facts)


@check("server.running", "the DHCP server on {server} runs", subjects.servers)
def server_running(subject: Subject, facts: Facts) -> Judgement:
    return _daemon(subject.server, "server", facts)
