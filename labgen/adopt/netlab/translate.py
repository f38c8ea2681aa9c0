"""Translates a netlab topology to the data of a spec that builds the same network, with equal addresses, and lists what is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labgen.adopt.netlab import addresses, devices, own
from labgen.adopt.netlab.roles import BRIDGE, Lan, Translation, is_client, listed
from labgen.adopt.netlab.topology import Topology, dig
from labgen.ground.vocabulary import Role


@dataclass(frozen=True)
class Imported:
    """The data of a spec, and sentences on what of the topology it does not say and on what was chosen."""

    data: dict[str, Any]
    lost: tuple[str, ...]
    chosen: tuple[str, ...]


def translate(topology: Topology, name: str) -> Imported:
    """The spec of a topology. What cannot be said is in `lost`; nothing is raised for it."""
    if own.wrote(topology):
        return Imported(own.data(topology), tuple(own.lost(topology)), ())
    work = Translation(topology)
    data: dict[str, Any] = {"name": name}
    summary = str(topology.get("message") or "").strip().split(". ")[0].replace("\n", " ")
    if summary:
        data["summary"] = summary[:120]
    data |= {key: value for key, value in _parts(work) if value or key in ("switches", "servers")}
    data = dict(devices.chosen(work, data))
    data |= addresses.kept(work, data)
    work.lost.extend(_unread(topology))
    carried = sum(bool(dig(link.attributes, "vlan.trunk")) for link in topology.links)
    if carried > len(work.trunks):
        work.lost.append(
            "VLAN trunks to hosts and beside VXLAN: name the switches that only bridge under `bridge`"
        )
    return Imported(data, tuple(dict.fromkeys(work.lost)), tuple(dict.fromkeys(work.chosen)))


def _parts(work: Translation) -> Iterator[tuple[str, Any]]:
    lans = {lan.name: _segment(work, lan) for lan in work.lans if not _only_ipv6(work, lan)}
    switches = work.of(Role.SWITCH)
    if any(BRIDGE in segment["attach"] for segment in lans.values()):
        switches = [*switches, BRIDGE]
    yield "switches", switches
    between_switches = {link.index for link in (*work.core, *work.trunks)}
    yield (
        "links",
        [[end.node for end in link.ends] for link in work.topology.links if link.index in between_switches],
    )
    yield "underlay", _underlay(work)
    yield "overlay", _overlay(work)
    yield "vrfs", _vrfs(work)
    yield "segments", lans
    yield "servers", {server: {} for server in work.of(Role.SERVER)}
    yield "addressing", _addressing(work)


def _only_ipv6(work: Translation, lan: Lan) -> bool:
    """True if a VLAN or a link has an IPv6 prefix alone: it has no addresses that a spec could say."""
    said = (
        work.topology.get(f"vlans.{lan.vlan}.prefix") if lan.vlan else lan.links[0].attributes.get("prefix")
    )
    if not isinstance(said, dict) or "ipv6" not in said or said.get("ipv4"):
        return False
    work.lost.append(f"{lan.name}: it has IPv6 addresses alone, and labgen does IPv4 so far")
    return True


def _segment(work: Translation, lan: Lan) -> dict[str, Any]:
    topology = work.topology
    said = topology.get(f"vlans.{lan.vlan}") if lan.vlan else None
    vlan: Mapping[str, Any] = said if isinstance(said, dict) else {}
    found: dict[str, Any] = {"attach": _attach(work, lan)}
    if vrf := vlan.get("vrf") or _vrf(lan):
        found["vrf"] = vrf
    for key, there in (("id", "vlan"), ("vni", "vni")):
        if isinstance(vlan.get(key), int):
            found[there] = vlan[key]
    prefix = dig(vlan, "prefix.ipv4") or dig(vlan, "prefix") or _prefix(lan)
    if isinstance(prefix, str):
        found["prefix"] = prefix
    gateway = _gateway(work, lan, vlan)
    if gateway:
        found["gateway"] = gateway
    found |= _over_trunks(work, lan, found["attach"], gateway)
    relay = _relay(work, lan, str(found.get("vrf", "default")))
    homes = dict.fromkeys(name for members in found["attach"].values() for name in members)
    clients = [name for name in homes if work.roles.get(name) is Role.CLIENT]
    served = any(
        work.roles.get(name) is Role.SERVER for members in found["attach"].values() for name in members
    )
    if relay:
        found["relay"] = relay
    elif clients and not served:
        found["dhcp"] = False
        work.lost.append(
            f"{lan.name}: nothing serves its hosts {', '.join(clients)} by DHCP; their static addresses are not in the spec"
        )
    return found


def _attach(work: Translation, lan: Lan) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for link in lan.links:
        names = [end.node for end in link.ends]
        switches = [name for name in names if work.roles[name] is Role.SWITCH] or [BRIDGE]
        others = [name for name in names if work.roles[name] is not Role.SWITCH]
        own = found.setdefault(switches[0], [])
        own.extend(name for name in others if name not in own)
        for more in switches[1:]:
            found.setdefault(more, [])
    return found


def _bonded(work: Translation, lan: Lan) -> bool:
    """True if somebody hangs on two switches of a segment: by a bond, as a spec has it."""
    homes = [name for members in _attach(work, lan).values() for name in members]
    return len(homes) != len(set(homes))


def _vrf(lan: Lan) -> str:
    said = [
        each
        for link in lan.links
        for each in (link.attributes.get("vrf"), *(end.attributes.get("vrf") for end in link.ends))
    ]
    return next((str(each) for each in said if isinstance(each, str)), "")


def _prefix(lan: Lan) -> str | None:
    found = dig(lan.links[0].attributes, "prefix.ipv4") or lan.links[0].attributes.get("prefix")
    return found if isinstance(found, str) and "/" in found else None


def _gateway(work: Translation, lan: Lan, vlan: Mapping[str, Any]) -> str:
    said = vlan.get("gateway", lan.links[0].attributes.get("gateway"))
    if any(name == BRIDGE for name in _attach(work, lan)):
        return "none"
    if said in (None, False):
        return ""
    protocol = dig(vlan, "gateway.protocol") or work.topology.get("gateway.protocol") or "anycast"
    return str(protocol) if protocol in ("anycast", "vrrp") else "anycast"


def _over_trunks(
    work: Translation, lan: Lan, attach: Mapping[str, list[str]], gateway: str
) -> dict[str, Any]:
    """The part of a spec for a VLAN that goes over trunks: the nodes that route it, and those that bridge it."""
    carriers = work.carriers(lan.vlan) if lan.vlan else []
    if not carriers:
        return {}
    switches = list(dict.fromkeys((*attach, *carriers)))
    bridging = [name for name in switches if work.bridges(name, lan.vlan)]
    routing = [name for name in switches if name not in bridging]
    found: dict[str, Any] = {"bridge": bridging} if bridging else {}
    if not routing:
        return found | {"gateway": "none"}
    return found | {"gateway": {**({"protocol": gateway} if gateway else {}), "nodes": routing}}


def _relay(work: Translation, lan: Lan, vrf: str) -> dict[str, Any]:
    groups: dict[tuple[str, ...], str] = {}
    for link in lan.links:
        for end in link.ends:
            servers, server_vrf = work.relaying(link, end)
            if servers and work.roles[end.node] is Role.SWITCH:
                groups.setdefault(servers, server_vrf)
    if not groups:
        return {}
    if len(groups) > 1:
        work.lost.append(
            f"{lan.name}: its switches relay to different servers; the spec has those of the first"
        )
    servers, server_vrf = next(iter(groups.items()))
    unknown = [name for name in servers if name not in work.topology.nodes]
    if unknown:
        work.lost.append(f"{lan.name}: {', '.join(unknown)} is no node of the topology")
    found: dict[str, Any] = {"servers": [name for name in servers if name not in unknown]}
    where = server_vrf or _server_vrf(work, servers)
    if where != "default":
        found["server_vrf"] = where
    if where != vrf:
        found |= {"source": "loopback", "options": ["circuit-id", "link-selection", "server-id-override"]}
        work.chosen.append(
            f"{lan.name}: giaddr is a loopback, with link selection and server identifier override: servers are in another VRF"
        )
    return found


def _server_vrf(work: Translation, servers: tuple[str, ...]) -> str:
    """The VRF of the segments that servers are on."""
    for lan in work.lans:
        if any(end.node in servers for link in lan.links for end in link.ends):
            said = work.topology.get(f"vlans.{lan.vlan}.vrf") if lan.vlan else None
            return str(said or _vrf(lan) or "default")
    return "default"


def _underlay(work: Translation) -> Any:
    modules = work.topology.modules
    if "ospf" in modules:
        return None
    if "isis" in modules:
        return "isis"
    if "bgp" in modules and not work.topology.get("bgp.as"):
        return "ebgp"
    if work.core and work.targets:
        work.chosen.append(
            "underlay: static routes, since the topology names no routing protocol, and relays have to reach servers"
        )
        return "static"
    return "none"


def _overlay(work: Translation) -> dict[str, Any] | None:
    modules = work.topology.modules
    if "vxlan" not in modules:
        return None
    if "evpn" not in modules:
        return {"data": "vxlan", "control": "static"}
    found: dict[str, Any] = {"data": "vxlan", "control": "evpn"}
    if work.topology.get("bgp.as"):
        found["asn"] = work.topology.get("bgp.as")
    if any(_bonded(work, lan) for lan in work.lans):
        found["multihoming"] = True
    reflectors = [name for name, node in work.topology.nodes.items() if dig(node.attributes, "bgp.rr")]
    return found | ({"route_reflectors": reflectors} if reflectors else {})


def _vrfs(work: Translation) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, said in (work.topology.get("vrfs") or {}).items():
        transit = dig(said, "evpn.transit_vni") if isinstance(said, dict) else None
        found[str(name)] = {"transit_vni": transit} if transit else {}
    return found


def _addressing(work: Translation) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pool in ("loopback", "p2p", "lan", "vrf_loopback", "mgmt"):
        said = work.topology.get(f"addressing.{pool}.ipv4")
        if isinstance(said, str):
            found[pool] = said
        length = work.topology.get(f"addressing.{pool}.prefix")
        if length is not None and length != USUAL_LENGTHS.get(pool):
            work.lost.append(
                f"addressing.{pool}.prefix: {length}; subnets have /{USUAL_LENGTHS.get(pool, 32)} here"
            )
    return found


USUAL_LENGTHS = {"p2p": 30, "lan": 24}
"""Lengths of subnets that netlab takes from a pool, unless told otherwise."""
MEANINGS = {
    "plugin": "plugins are not read",
    "validate": "netlab's tests; labgen's playbooks check instead",
    "tools": "external tools",
    "routing": "routing policies and static routes",
    "mpls": "MPLS",
    "sr": "segment routing",
    "lag": "link aggregation",
}


def _unread(topology: Topology) -> Iterator[str]:
    if dig(topology.data, "defaults._include") or topology.get("_include"):
        yield "_include: files with more defaults are not read"
    yield from (f"{key}: {MEANINGS.get(key, 'is not read')}" for key in topology.unread)
    for node in topology.nodes.values():
        for config in listed(node.attributes.get("config")):
            yield f"custom configuration `{config}` (templates are not read; labgen writes the DHCP part itself)"
    clients = {end.node for link in topology.links for end in link.ends if is_client(end)}
    routing = sorted(name for name in clients if topology.nodes[name].modules & {"ospf", "bgp", "isis"})
    if routing:
        yield f"routing protocols of DHCP clients ({', '.join(routing)}): they are hosts here"
    yield from _strange(topology)
    if any(end.attributes.get("ipv6") == "dhcp" for link in topology.links for end in link.ends):
        yield "DHCPv6: labgen does IPv4 so far"


DHCP = frozenset({"server", "relay", "vrf", "client", "subnet"})
"""Attributes of netlab's `dhcp` module, and `relay`, which topologies of its users have."""


def _strange(topology: Topology) -> Iterator[str]:
    """Attributes of DHCP that are not read, such as those of somebody's plugin, and where they stand."""
    places = [(f"node {node.name}", node.attributes) for node in topology.nodes.values()]
    vlans = topology.get("vlans") or {}
    places += [(f"VLAN {name}", said) for name, said in vlans.items() if isinstance(said, dict)]
    for link in topology.links:
        places.append((f"link {link.index}", link.attributes))
        places += [(f"{end.node} on link {link.index}", end.attributes) for end in link.ends]
    for place, said in places:
        own = dig(said, "dhcp")
        if isinstance(own, dict):
            yield from (f"dhcp.{key} of {place}: is not read" for key in own if key not in DHCP)
