"""LabPlan and lab folder -> Blueprint: a pure function of what was built."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv4Address
from pathlib import Path

import labgen
from labgen.devices.base import Daemon
from labgen.devices.linux import dataplane
from labgen.ground.errors import UsageError
from labgen.ground.labplan import LabPlan, NodePlan, VlanPlan, VrfPlan
from labgen.ground.vocabulary import Role
from labgen.lab.embedded import blueprint as bp
from labgen.lab.embedded import cabling, internal_links
from labgen.lab.embedded.keys import ssh_files, ssh_program

Daemons = Callable[[LabPlan, NodePlan], tuple[Daemon, ...]]


def compile_plan(plan: LabPlan, folder: Path, daemons: Daemons, keys: bp.Keys) -> bp.Blueprint:
    """Everything the supervisor has to build for `plan`, whose artifacts lie in `folder`."""
    return bp.Blueprint(
        name=plan.name,
        folder=str(folder),
        plan=plan.to_json(),
        gateway=_gateway(plan),
        keys=keys,
        nodes=tuple(_node(plan, node, folder, daemons, keys) for node in plan.nodes),
        veths=tuple(cabling.veths(plan)),
        bonds=tuple(cabling.bonds(plan)),
        bridges=tuple(cabling.bridges(plan)),
        vxlans=tuple(cabling.vxlans(plan)),
        anycasts=tuple(cabling.anycasts(plan)),
        source_checks=tuple(cabling.source_checks(plan)),
        visible=tuple(dict.fromkeys((*_visible(), *_programs(plan)))),
    )


def _visible() -> tuple[str, ...]:
    package = Path(labgen.__file__).resolve().parent.parent
    return tuple(dict.fromkeys(str(path) for path in (sys.prefix, sys.base_prefix, package)))


def _programs(plan: LabPlan) -> Iterator[str]:
    """Folders of the user's own programs."""
    words = (word for node in plan.nodes if node.program for word in node.program.argv)
    yield from (str(Path(word).parent) for word in words if word.startswith("/") and Path(word).is_file())


def _gateway(plan: LabPlan) -> str:
    """The highest free address of the management network, for labgen's own end."""
    taken = {int(node.mgmt.ip) for node in plan.nodes}
    network = plan.nodes[0].mgmt.network
    free = next(value for value in range(int(network[-2]), int(network[0]), -1) if value not in taken)
    return f"{IPv4Address(free)}/{network.prefixlen}"


# --- nodes ---


def _node(plan: LabPlan, node: NodePlan, folder: Path, daemons: Daemons, keys: bp.Keys) -> bp.Node:
    own = tuple(_program(daemon) for daemon in daemons(plan, node))
    return bp.Node(
        name=node.name,
        mgmt=str(node.mgmt),
        loopback=str(node.loopback) if node.loopback else None,
        loopbacks=tuple(map(str, node.external.addresses)) if node.external else (),
        forwarding=node.role is Role.SWITCH or node.ospf,
        link_local=any(port.kind == "p2p" and port.address is None for port in node.interfaces),
        vrfs=tuple(
            bp.NodeVrf(vrf.name, vrf.table, str(vrf.loopback) if vrf.loopback else None) for vrf in node.vrfs
        ),
        files=(*_files(plan, node, folder), *ssh_files(keys)),
        programs=(*own, ssh_program(str(node.mgmt.ip), namespaces=bool(node.vrfs))),
        taps=tuple(dataplane.capture_ports(node)),
        reach=tuple(_reach(plan, node)),
        peers=tuple(_peers(plan, node)),
        routes=tuple(
            bp.DeviceRoute(
                str(route.prefix),
                route.interface,
                str(route.via) if route.via else None,
                route.metric,
                route.vrf,
            )
            for route in node.routes
        ),
        neighbors=tuple(_neighbors(plan, node)),
        isis_ports=tuple(plan.isis_neighbors(node)),
        sessions=tuple(peer.key for peer in node.bgp.neighbors) if node.bgp else (),
        paths=tuple(dict.fromkeys(_paths(plan, node))),
        transits=tuple(_transits(plan, node, daemons(plan, node))),
    )


def _transits(plan: LabPlan, node: NodePlan, daemons: Iterable[Daemon]) -> Iterator[bp.Transit]:
    """Transit VNIs of VRFs whose routes the node's device can announce anew."""
    several = sum(other.bgp.passes_on for other in plan.nodes if other.bgp) > 1
    repairs = {daemon.repairs: daemon.name for daemon in daemons if daemon.repairs}
    for vrf in node.vrfs:
        if vrf.transit_vni is not None and vrf.name in repairs:
            remotes = tuple(dict.fromkeys(_next_hops(plan, node, vrf)))
            yield bp.Transit(
                vrf.name, dataplane.transit_bridge(vrf), repairs[vrf.name], remotes, vrf.transit_vni, several
            )


def _paths(plan: LabPlan, node: NodePlan) -> Iterator[bp.Path]:
    """From each giaddr to each server, where it is this switch's alone: an answer to a shared one may come back elsewhere."""
    giaddrs = Counter(giaddr for other in plan.nodes for giaddr in {relay.giaddr for relay in other.relays})
    for relay in node.relays:
        for target in relay.targets:
            at = relay.owner
            own = at is not None and at.vrf == target.vrf and not at.shared and giaddrs[relay.giaddr] == 1
            source = str(relay.giaddr) if own else "0.0.0.0"
            yield bp.Path(target.vrf, source, str(target.address))


def _next_hops(plan: LabPlan, node: NodePlan, vrf: VrfPlan) -> Iterator[str]:
    """VTEPs with a part of the VRF that this node has none of."""
    own = {segment.name for segment in plan.segments if node.name in segment.switches}
    for other in plan.nodes:
        theirs = next(
            (v for v in other.vrfs if v.name == vrf.name and v.transit_vni == vrf.transit_vni), None
        )
        if other is node or theirs is None or other.loopback is None or _same_as(plan, node, other):
            continue
        segments = {s.name for s in plan.segments if s.vrf == vrf.name and other.name in s.switches}
        if segments - own or theirs.loopback is not None:
            yield str(other.loopback.ip)


def _neighbors(plan: LabPlan, node: NodePlan) -> Iterator[str]:
    """Router ids, which are the loopbacks' addresses, at the other ends of its point-to-point links."""
    for port in node.interfaces:
        if port.kind == "p2p" and port.ospf:
            others = (plan.node(neighbor.node).loopback for neighbor in port.neighbors)
            yield from (str(loopback.ip) for loopback in others if loopback)


def _program(daemon: Daemon) -> bp.NodeProgram:
    ready = daemon.ready
    return bp.NodeProgram(
        name=daemon.name,
        argv=daemon.argv,
        log=daemon.log,
        ready_kind=ready.kind,
        ready_path=ready.path,
        ready_pattern=ready.pattern,
        stage=daemon.stage,
        env=daemon.env,
        netns_vrf_argv=daemon.netns_vrf_argv,
        autostart=daemon.autostart,
        directories=daemon.directories,
        user=daemon.user,
        namespaces=daemon.namespaces,
    )


def _files(plan: LabPlan, node: NodePlan, folder: Path) -> Iterator[bp.File]:
    hosts = ["127.0.0.1 localhost"]
    hosts += [
        f"{other.loopback.ip if other.loopback else other.mgmt.ip} {other.name}" for other in plan.nodes
    ]
    yield bp.File("/etc/hostname", f"{node.name}\n".encode())
    yield bp.File("/etc/hosts", ("\n".join(hosts) + "\n").encode())
    yield bp.File("/etc/resolv.conf", b"")
    root = folder / "config" / node.name
    for path in sorted((root / "etc").rglob("*")):
        if path.is_symlink():
            raise UsageError(
                f"{path} is a link; what nodes get are files of the lab folder: put a copy in its place"
            )
        if path.is_file():
            mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
            yield bp.File("/" + path.relative_to(root).as_posix(), path.read_bytes(), mode)


def _reach(plan: LabPlan, node: NodePlan) -> Iterator[bp.Reach]:
    yield from _beyond(plan, node)
    if not _learns(plan, node):
        return
    yield from (bp.Reach(loopback) for loopback in _heard(plan, node))
    for vrf in node.vrfs:
        if vrf.transit_vni is None:
            continue
        # Symmetric IRB: other switches' segments arrive as EVPN type 5 routes.
        yield from (bp.Reach(prefix, vrf.name) for prefix in _routed_segments(plan, node, vrf.name))
        yield from (bp.Reach(prefix, vrf.name) for prefix in _vrf_loopbacks(plan, node, vrf.name))
        yield from internal_links.leaked(plan, node, vrf.name)


def _heard(plan: LabPlan, node: NodePlan) -> Iterator[str]:
    """Loopbacks of other nodes that a node learns by the underlay's routing protocol."""
    near = _same_part(plan, node.name)
    for other in plan.nodes:
        if other is node or other.name not in near or _same_as(plan, node, other):
            continue
        if (_learns(plan, other) or _announced(plan, other)) and other.loopback:
            yield str(other.loopback.network)


def _same_as(plan: LabPlan, node: NodePlan, other: NodePlan) -> bool:
    """True if a node never learns another's routes by eBGP: they have its own AS number in their path (RFC 4271 section 9)."""
    if node.bgp is None or not node.bgp.underlay:
        return False
    homes = [other] if other.bgp else [plan.node(n.node) for p in other.interfaces for n in p.neighbors]
    known = [home for home in homes if home.bgp and home.bgp.underlay and home is not node]
    return bool(known) and all(
        home.bgp is not None and home.bgp.link_asn == node.bgp.link_asn and home.name not in _peers_of(node)
        for home in known
    )


def _peers_of(node: NodePlan) -> set[str]:
    """Names of the neighbors that a node speaks BGP with over links."""
    return {peer.name for peer in node.bgp.underlay_peers} if node.bgp else set()


def _same_part(plan: LabPlan, start: str) -> set[str]:
    """Nodes that routes of the global table get to from one: over routed links, and over segments that routers speak OSPF on."""
    near: dict[str, set[str]] = {node.name: set() for node in plan.nodes}
    groups = [
        [end.node for end in link.endpoints if not plan.node(end.node).external]
        for link in plan.links
        if link.kind == "p2p"
    ]
    for segment in plan.segments:
        ports = ((name, plan.node(name).on_segment(segment.name)) for name in segment.routers)
        groups.append(
            [name for name, port in ports if port and port.ospf and not port.passive and port.vrf == bp.MAIN]
        )
    for group in groups:
        for name in group:
            near[name] |= set(group)
    found, waiting = {start}, [start]
    for name in waiting:
        waiting += sorted(near[name] - found)
        found |= near[name]
    return found


def _beyond(plan: LabPlan, node: NodePlan) -> Iterator[bp.Reach]:
    """The routes between a border switch and external routers."""
    for each in node.handovers:
        yield from (bp.Reach(str(prefix), each.vrf) for prefix in each.reaches)
    if node.external:
        yield from (bp.Reach(str(prefix)) for prefix in node.external.learns)


def _learns(plan: LabPlan, node: NodePlan) -> bool:
    """True if a node speaks the underlay's routing protocol."""
    if node.external:
        return False
    return node.ospf or bool(node.isis) or (node.bgp is not None and node.bgp.underlay)


def _announced(plan: LabPlan, node: NodePlan) -> bool:
    """True if the switch of a server that speaks no routing protocol announces it."""
    return node.role is Role.SERVER and any(port.kind == "p2p" for port in node.interfaces)


def _routed_segments(plan: LabPlan, node: NodePlan, vrf: str) -> Iterator[str]:
    for segment in plan.segments:
        if segment.vrf != vrf or not segment.switches or node.name in segment.switches:
            continue
        if not all(_same_as(plan, node, plan.node(switch)) for switch in segment.switches):
            yield str(segment.prefix)


def _vrf_loopbacks(plan: LabPlan, node: NodePlan, name: str) -> Iterator[str]:
    for other in plan.nodes:
        for vrf in other.vrfs:
            if other is node or vrf.name != name or vrf.loopback is None or _same_as(plan, node, other):
                continue
            yield str(vrf.loopback.network)


def _peers(plan: LabPlan, node: NodePlan) -> Iterator[bp.Peers]:
    for vlan in node.vlans:
        remotes = tuple(str(ip) for ip in _remote_vteps(plan, node, vlan))
        if vlan.vni is not None and remotes:
            yield bp.Peers(dataplane.tunnel_name(vlan), vlan.vrf, remotes)


def _remote_vteps(plan: LabPlan, node: NodePlan, vlan: VlanPlan) -> Iterable[object]:
    if plan.overlay is None or vlan.vni is None:
        return ()
    if plan.overlay.control == "static":
        return vlan.flood
    return [
        other.loopback.ip
        for other in plan.nodes
        if other is not node
        and other.loopback
        and any(peer.vni == vlan.vni for peer in other.vlans)
        and not _same_as(plan, node, other)
    ]
