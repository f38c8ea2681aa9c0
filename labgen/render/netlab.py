"""LabPlan -> netlab: topology.yml, and what labgen adds to the configurations netlab renders.

Everything netlab could choose is pinned: node ids, loopbacks, prefixes, interface addresses, VLAN ids, VNIs,
RDs and RTs. netlab's own `dhcp` module is not used: it has no source address, sub-options or ranges, and
gives redundant servers the same pool.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from ipaddress import ip_network

from labgen.devices import fabric, registry
from labgen.devices.base import Artifact, Device
from labgen.devices.linux import container as linux
from labgen.devices.tools import Files, NetlabDevice, NetlabNode
from labgen.ground import naming
from labgen.ground.labplan import (
    InterfacePlan,
    LabPlan,
    NodePlan,
    SegmentPlan,
    StaticRoute,
    VlanPlan,
    VrrpPlan,
)
from labgen.ground.templating import render
from labgen.ground.vocabulary import DEFAULT_VRF, Role
from labgen.render import netlab_bonds, netlab_intent, netlab_links, netlab_tests
from labgen.render.flow import Value, flow

CONFIG = "labgen"
NAME_LENGTH = 16
MAX_NODE_ID = 150
"""The highest node id netlab takes unless told otherwise."""

NETLAB_RESERVED = frozenset({"base", "default", "global", "management", "mgmt", "mgmt_junos", "system"})
"""Names of VRFs that some vendor has built in, and that netlab refuses for all, unless it is told otherwise."""

Pairs = Iterator[tuple[str, Value]]


def artifacts(plan: LabPlan, files: Mapping[str, Files] | None = None) -> Iterator[Artifact]:
    """topology.yml and `netlab/labgen/<node>.cfg`. `files` saves rendering every node's own files again. Names that netlab refuses
    are others there; `names.txt` says which.
    """
    files = files or registry.files(plan)
    names = naming.for_netlab(plan)
    seen = {node.name: netlab_node(plan, node, files[node.name]) for node in plan.nodes}
    nodes = {names.get(name, name): node for name, node in seen.items()}
    if names:
        yield Artifact("names.txt", naming.table(names))
    yield Artifact("topology.yml", topology(naming.renamed(plan, names), nodes))
    for name, node in nodes.items():
        if node.config:
            yield Artifact(f"netlab/{CONFIG}/{name}.cfg", raw(node.config))


def beyond(plan: LabPlan) -> str:
    """The parts of a plan that topology.yml leaves out, in words; empty where it says all of it."""
    found = {
        "routers beyond the fabric": any(node.external for node in plan.nodes),
        "routes that leak between VRFs": any(node.leaks for node in plan.nodes),
        "DHCP snooping": any(
            node.snooping and registry.get(node.device).facts.embedded for node in plan.nodes
        ),
        "secondary subnets": any(
            port.secondary or port.shared
            for node in plan.nodes
            if registry.get(node.device).facts.embedded
            for port in node.interfaces
        ),
        "EVPN by eBGP between loopbacks": any(node.bgp and node.bgp.multihop for node in plan.nodes),
    }
    return " and ".join(words for words, there in found.items() if there)


def netlab_node(plan: LabPlan, node: NodePlan, files: Files) -> NetlabNode:
    """A node as netlab sees it: by the device's own word, or, for Linux devices, derived from their daemons."""
    own = _own_word(node.device)
    if own:
        return own.netlab(plan, node, files)
    device = registry.get(node.device)
    if device.facts.embedded:
        return linux.netlab_node(device, plan, node, files)
    return NetlabNode(device.facts.netlab)


@cache
def _own_word(device: str) -> NetlabDevice | None:
    """The device, where it says itself how netlab sees it. Asked once: such questions to a Protocol are slow."""
    found: Device = registry.get(device)
    return found if isinstance(found, NetlabDevice) else None


def view(plan: LabPlan, node: NodePlan) -> NetlabNode:
    """One node as netlab sees it, its files rendered for this alone."""
    return netlab_node(plan, node, tuple(registry.get(node.device).artifacts(plan, node)))


def raw(text: str) -> str:
    """Text that comes out of netlab's Jinja2 unchanged, from its first octet on: what starts with `#!` has to."""
    return "{% raw -%}\n" + text.removesuffix("\n") + "\n{% endraw %}\n"


def lab_name(name: str) -> str:
    """A name netlab accepts: an identifier of at most 16 characters."""
    word = re.sub(r"\W", "_", name)
    return (word if word[0].isalpha() else f"lab_{word}")[:NAME_LENGTH].rstrip("_")


def network(plan: LabPlan) -> str:
    """Name of the Docker network that is the lab's management network: one of its own for each lab."""
    return f"labgen-{lab_name(plan.name)}"


def topology(plan: LabPlan, nodes: dict[str, NetlabNode]) -> str:
    """Text of topology.yml."""
    mgmt = plan.nodes[0].mgmt
    first = int(mgmt.ip) - plan.nodes[0].id - int(mgmt.network[0])
    gateways = any(_has_gateway(node) for node in plan.nodes)
    moving = _moving(plan)
    modules = {node.name: list(_modules(plan, node)) for node in plan.nodes}
    return render(
        "netlab/topology.yml.j2",
        plan=plan,
        version=oldest(nodes),
        name=flow(lab_name(plan.name)),
        defaults=[(path, flow(value)) for path, value in _defaults(plan, nodes)],
        mgmt=flow({"ipv4": str(mgmt.network), "start": first, "_network": network(plan)}),
        loopbacks=loopback_pool(plan),
        gateway_id=gateways,
        modules=list(_common(modules)),
        anycast_mac=flow(plan.anycast_mac or ""),
        asn=plan.overlay.asn if plan.overlay and plan.overlay.control == "evpn" else None,
        vrfs=[(flow(name), flow(dict(value))) for name, value in _vrfs(plan).items()],
        vlans=[
            (flow(segment.name), flow(dict(_vlan(plan, segment, gateways, moving.get(segment.name)))))
            for segment in plan.segments
            if segment.vlan and any(map(netlab_links.makes_vlans, map(plan.node, segment.switches)))
        ],
        nodes=[
            (flow(node.name), flow(dict(_node(plan, node, nodes[node.name], modules[node.name]))))
            for node in plan.nodes
        ],
        plugins=netlab_bonds.plugins(plan),
        ethernet_segments=flow(netlab_bonds.segments(plan)),
        links=[flow(each) for each in netlab_links.links(plan)],
        intent=[(key, flow(value)) for key, value in netlab_intent.intent(plan).items()],
        tests=[(flow(name), flow(test)) for name, test in netlab_tests.tests(plan, nodes)],
    )


def loopback_pool(plan: LabPlan) -> str:
    """The smallest prefix from /24 up that holds every loopback: netlab takes router ids from it."""
    addresses = [node.loopback.ip for node in plan.nodes if node.loopback]
    pool = ip_network((int(addresses[0]), 24), strict=False)
    while not all(address in pool for address in addresses):
        pool = pool.supernet()
    return str(pool)


def oldest(nodes: dict[str, NetlabNode]) -> str:
    """The first netlab release that can run every node."""
    return max(
        (node.oldest for node in nodes.values()), key=lambda text: [int(part) for part in text.split(".")]
    )


def _defaults(plan: LabPlan, nodes: dict[str, NetlabNode]) -> Pairs:
    highest = max(node.id for node in plan.nodes)
    if highest > MAX_NODE_ID:
        yield "const.MAX_NODE_ID", highest
    if reserved := NETLAB_RESERVED.intersection(_vrfs(plan)):
        yield "vrf.attributes.reserved", sorted(NETLAB_RESERVED - reserved)
    if any(_shared(port) for node in plan.nodes for port in node.interfaces):
        yield "warnings.duplicate_address", False
    if any(node.bgp and node.bgp.apart for node in plan.nodes):
        yield "bgp.warnings.missing_igp", False  # the loopbacks of iBGP are reached by eBGP
    if any(node.device == "linux" for node in nodes.values()):
        yield "devices.linux.clab.group_vars.netlab_config_mode", "sh"


def _has_gateway(node: NodePlan) -> bool:
    """True if netlab configures an anycast gateway on this node; on some devices labgen does."""
    anycast = any(port.anycast for port in node.interfaces)
    return anycast and registry.get(node.device).facts.fabric.netlab_anycast


def _shared(port: InterfacePlan) -> bool:
    """True if an address is on several switches on purpose."""
    return port.anycast is not None and port.address == port.anycast


def _vrfs(plan: LabPlan) -> dict[str, dict[str, Value]]:
    """VRFs by name; they have the same RD and RTs on every switch."""
    found: dict[str, dict[str, Value]] = {}
    for node in filter(_makes_vrfs, plan.nodes):
        for vrf in node.vrfs:
            text: dict[str, Value] = {"rd": vrf.rd, "import": vrf.rt_import, "export": vrf.rt_export}
            if vrf.transit_vni:
                text["evpn.transit_vni"] = vrf.transit_vni
            found.setdefault(vrf.name, text)
    return found


def _vlan(plan: LabPlan, segment: SegmentPlan, gateways: bool, moving: VrrpPlan | None) -> Pairs:
    yield "id", segment.vlan
    if segment.vni:
        yield "vni", segment.vni
    yield "mode", "irb"
    yield "prefix.ipv4", str(segment.prefix)
    if segment.vrf != DEFAULT_VRF:
        yield "vrf", segment.vrf
    if moving:
        host = int(moving.address.ip) - int(segment.prefix.network_address)
        yield "gateway", {"protocol": "vrrp", "id": host, "vrrp.group": moving.group}
    elif segment.anycast and gateways:
        yield "gateway", True
    elif gateways:
        yield "gateway", False
    if plan.underlay == "ospf":
        yield "ospf.passive", True


def _moving(plan: LabPlan) -> dict[str, VrrpPlan]:
    """The gateways that move between the switches of a segment by VRRP, by segment; netlab knows no HSRP."""
    found: dict[str, VrrpPlan] = {}
    for port in (port for node in plan.nodes for port in node.interfaces):
        if port.segment and (gateway := fabric.moving(port, "vrrp")):
            found.setdefault(port.segment, gateway)
    return found


def _node(plan: LabPlan, node: NodePlan, netlab: NetlabNode, modules: Sequence[str]) -> Pairs:
    yield "id", node.id
    yield "device", netlab.device
    if netlab.image:
        yield "image", netlab.image
    yield "module", modules
    if node.loopback:
        yield "loopback.ipv4", str(node.loopback)
    if netlab.config:
        yield "config", [CONFIG]
    yield from netlab.attributes
    made = netlab_links.makes_vlans(node)
    known = {port.vrf for port in node.interfaces if made or port.kind in ("lan", "p2p")}
    alone = {vrf.name for vrf in node.vrfs} - known
    if alone and _makes_vrfs(node):
        yield "vrfs", {vrf.name: {} for vrf in node.vrfs if vrf.name in alone}
    if node.vlans and made:
        yield "vlans", {vlan.name: dict(_node_vlan(node, vlan)) for vlan in node.vlans}
    if node.bgp and not (plan.overlay and plan.overlay.asn):
        yield "bgp.as", node.bgp.asn
    if node.bgp and node.bgp.evpn and node.bgp.underlay and not node.bgp.apart:
        yield "evpn.session", ["ebgp"]
        yield "bgp.community.ebgp", ["standard", "extended"]  # route targets are extended ones
    if node.bgp and node.bgp.apart:
        yield "bgp.activate.ipv4", ["ebgp"]
    if node.bgp and any(peer.rr_client for peer in node.bgp.neighbors):
        yield "bgp.rr", True
    yield from _static(plan, node)
    yield "labgen", dict(_intent(node))


def _common(modules: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Modules of the topology: netlab has no EVPN without VXLAN in it, even where all who have tunnels get them from labgen."""
    yield "routing"
    every = {module for own in modules.values() for module in own}
    if "evpn" in every and "vxlan" not in every:
        yield from ("vlan", "vxlan")


def _modules(plan: LabPlan, node: NodePlan) -> Iterator[str]:
    if node.ospf:
        yield "ospf"
    if _speaks_isis(plan, node):
        yield "isis"
    if node.bgp:
        yield "bgp"
    if node.vrfs and _makes_vrfs(node):
        yield "vrf"
    if netlab_links.makes_vlans(node):
        yield from _bridging(node)
    if node.bgp and node.bgp.evpn:
        yield "evpn"
    if _routed(node):
        yield "routing"
    yield from netlab_bonds.modules(node)


def _bridging(node: NodePlan) -> Iterator[str]:
    """Modules of VLANs and of what is on them."""
    if node.vlans:
        yield "vlan"
    if any(vlan.vni for vlan in node.vlans):
        yield "vxlan"
    if _has_gateway(node) or any(fabric.moving(port, "vrrp") for port in node.interfaces):
        yield "gateway"


def _makes_vrfs(node: NodePlan) -> bool:
    """True if netlab makes this node's VRFs; else labgen does."""
    return registry.get(node.device).facts.fabric.netlab_vrf


def _speaks_isis(plan: LabPlan, node: NodePlan) -> bool:
    return plan.underlay == "isis" and node.role is Role.SWITCH and node.loopback is not None


def _routed(node: NodePlan) -> list[StaticRoute]:
    """The routes that netlab gives a router, but those that wait for another to fail: its entries have no metric. Linux hosts get
    theirs from labgen's script.
    """
    host = node.role is not Role.SWITCH and registry.get(node.device).facts.embedded
    return [] if host else [route for route in node.routes if route.via and not route.metric]


def _static(plan: LabPlan, node: NodePlan) -> Pairs:
    """Static routes of a router, and that its routing protocol tells others of them."""
    if routes := _routed(node):
        yield "routing.static", [{"ipv4": str(each.prefix), "nexthop.ipv4": str(each.via)} for each in routes]
        for protocol, spoken in (("bgp", node.bgp is not None), ("isis", _speaks_isis(plan, node))):
            if spoken:
                yield f"{protocol}.import", ["static"]


def _intent(node: NodePlan) -> Pairs:
    """The DHCP roles of a node, for readers and plugins."""
    yield "role", node.role.value
    yield "device", node.device
    if node.server:
        yield (
            "pools",
            {scope.segment: [str(part) for part in scope.every_range] for scope in node.server.scopes},
        )
    if node.client:
        yield "segment", node.client.segment
        if node.client.asks_lease:
            yield "asks_lease", node.client.asks_lease
    if node.external:
        yield "external", True


def _node_vlan(node: NodePlan, vlan: VlanPlan) -> Pairs:
    if vlan.vni and not registry.get(node.device).facts.fabric.svi_ospf:
        yield "ospf", False
    for port in node.interfaces:
        if port.kind == "svi" and port.vlan == vlan.id and (_shared(port) or _chosen(node, port)):
            yield "ipv4", str(port.address)
        moving = fabric.moving(port, "vrrp")
        if port.kind == "svi" and port.vlan == vlan.id and moving:
            yield "gateway.vrrp.priority", moving.priority
    if not any(port.kind == "svi" and port.vlan == vlan.id for port in node.interfaces):
        yield "mode", "bridge"
    yield from netlab_links.relay_of(node, vlan.segment)


def _chosen(node: NodePlan, port: InterfacePlan) -> bool:
    """True if an address is another than the one netlab would give: that with the node's number."""
    return port.address is not None and int(port.address.ip) - int(port.address.network[0]) != node.id
