"""Topologies that labgen wrote: netlab's part says what is wired how, the attribute `labgen` all that netlab has no words for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Interface, IPv4Network
from typing import Any

from labgen.adopt.netlab.topology import End, Topology, TopologyLink, TopologyNode, dig
from labgen.ground.vocabulary import Role


def wrote(topology: Topology) -> bool:
    """True if labgen wrote a topology."""
    return isinstance(topology.get("labgen.segments"), dict) and all(
        _role(n) for n in topology.nodes.values()
    )


def _device(node: TopologyNode) -> str:
    """Its device; nothing for a program of somebody's own, which the topology does not have."""
    found = str(dig(node.attributes, "labgen.device") or "")
    return "" if found == "program" else found


def _role(node: TopologyNode) -> str:
    return str(dig(node.attributes, "labgen.role") or "")


def data(topology: Topology) -> dict[str, Any]:
    """The data of the spec that such a topology was built from, as far as the two have it."""
    return {key: value for key, value in _parts(topology) if value or key in ("switches", "servers")}


def lost(topology: Topology) -> list[str]:
    """The parts of a spec that a topology has no place for."""
    return [f"{each}: this topology leaves it out" for each in topology.get("labgen.beyond") or ()]


def _parts(topology: Topology) -> Iterator[tuple[str, Any]]:
    nodes = [node for node in topology.nodes.values() if not dig(node.attributes, "labgen.external")]
    names = {role: [n.name for n in nodes if _role(n) == role.value] for role in Role}
    yield "name", topology.get("labgen.name")
    yield "summary", str(topology.get("message") or "").strip().split("\n")[0]
    usual = {
        role: Counter(devices).most_common(1)[0][0]
        for role, of in names.items()
        if (devices := [device for node in nodes if node.name in of and (device := _device(node))])
    }
    yield "devices", {role.value: device for role, device in usual.items()}
    yield "switches", names[Role.SWITCH]
    known = {node.name for node in nodes}
    yield "links", [_link(link) for link in topology.links if _is_core(topology, link, known)]
    yield "underlay", topology.get("labgen.underlay")
    yield "overlay", topology.get("labgen.overlay")
    leaks = topology.get("labgen.leaks") or {}
    vrfs = dict(sorted((topology.get("vrfs") or {}).items(), key=lambda each: _number(each[1])))
    yield (
        "vrfs",
        {
            str(name): _vrf(said) | ({"leaks": leaks[name]} if name in leaks else {})
            for name, said in vrfs.items()
        },
    )
    yield (
        "segments",
        {
            name: _segment(topology, name, dict(said))
            for name, said in topology.get("labgen.segments").items()
        },
    )
    yield "servers", {name: {} for name in names[Role.SERVER]}
    yield "nodes", {node.name: own for node in nodes if (own := _node(topology, node, usual))}
    yield "addressing", _mac(topology)
    yield "playbooks", topology.get("labgen.playbooks")


def _mac(topology: Topology) -> dict[str, str]:
    found = topology.get("gateway.anycast.mac")
    return {"anycast_mac": str(found)} if found else {}


def _number(vrf: Any) -> int:
    """The number in a VRF's route distinguisher, which counts VRFs as the spec names them."""
    number = str(dig(vrf, "rd") or "").rpartition(":")[2]
    return int(number) if number.isdecimal() else 0


def _vrf(said: Any) -> dict[str, Any]:
    transit = dig(said, "evpn.transit_vni") if isinstance(said, dict) else None
    return {"transit_vni": transit} if transit else {}


def _is_core(topology: Topology, link: TopologyLink, known: set[str]) -> bool:
    inside = all(end.node in known for end in link.ends)
    return inside and (link.attributes.get("type") == "p2p" or bool(dig(link.attributes, "vlan.trunk")))


def _link(link: TopologyLink) -> Any:
    ends = [end.node for end in link.ends]
    prefix = dig(link.attributes, "prefix.ipv4")
    return {"link": ends, "prefix": prefix} if isinstance(prefix, str) else ends


# --- segments ---


def _links_of(topology: Topology, name: str) -> list[TopologyLink]:
    """Links that somebody hangs on a segment by: its VLAN's access links, or the routed ones of its clients' ports."""
    found = [link for link in topology.links if dig(link.attributes, "vlan.access") == name]
    routed = [link for link in topology.links if dig(link.attributes, "labgen.segment") == name]
    return found + routed


def _segment(topology: Topology, name: str, said: dict[str, Any]) -> dict[str, Any]:
    vlan = topology.get(f"vlans.{name}")
    links = _links_of(topology, name)
    attach: dict[str, list[str]] = {}
    for link in links:
        switches = [end.node for end in link.ends if _role(topology.nodes[end.node]) == Role.SWITCH.value]
        own = attach.setdefault(switches[0], [])
        own.extend(end.node for end in link.ends if end.node not in switches)
    for switch in topology.nodes.values():
        if name in (switch.attributes.get("vlans") or {}) and switch.name not in (
            *attach,
            *said.get("bridge", ()),
        ):
            attach[switch.name] = []
    found: dict[str, Any] = {"attach": attach}
    if isinstance(vlan, dict):
        found |= {"vlan": vlan["id"], "prefix": dig(vlan, "prefix.ipv4")}
        found |= {key: vlan[key] for key in ("vni", "vrf") if key in vlan}
    elif links:
        found["prefix"] = dig(links[0].attributes, "prefix.ipv4")
        if vrf := next((vrf for end in links[0].ends if (vrf := end.attributes.get("vrf"))), ""):
            found["vrf"] = vrf
    return found | said


# --- nodes ---


def _node(topology: Topology, node: TopologyNode, usual: Mapping[Role, Any]) -> dict[str, Any]:
    device = _device(node)
    found: dict[str, Any] = {"device": device} if device and device != usual[Role(_role(node))] else {}
    found |= topology.get(f"labgen.nodes.{node.name}") or {}
    if asks := dig(node.attributes, "labgen.asks_lease"):
        found["asks_lease"] = asks
    if _role(node) == Role.CLIENT.value:
        return found
    loopback = dig(node.attributes, "loopback.ipv4")
    if isinstance(loopback, str):
        found["loopback"] = loopback.partition("/")[0]
    inside = dict(_inside(topology, node))
    return found | ({"addresses": inside} if inside else {})


def _inside(topology: Topology, node: TopologyNode) -> Iterator[tuple[str, str]]:
    """A node's own addresses in segments that it routes, or hangs on."""
    for name, said in topology.get("labgen.segments").items():
        gateway = said.get("gateway")
        routers = gateway.get("nodes", ()) if isinstance(gateway, dict) else ()
        ends = [end for link in _links_of(topology, name) for end in link.ends if end.node == node.name]
        address = (
            _address(topology, node, name, ends) if node.name in routers or _role(node) == "server" else None
        )
        shared = (
            gateway.get("address")
            if isinstance(gateway, dict) and gateway.get("protocol") in ("anycast", "vrrp")
            else ""
        )
        if address and address != shared and not said.get("unnumbered"):
            yield name, address


def _address(topology: Topology, node: TopologyNode, segment: str, ends: list[End]) -> str | None:
    vlan = dig(node.attributes, f"vlans.{segment}")
    said = (
        dig(vlan, "ipv4") if isinstance(vlan, dict) else next((e.attributes.get("ipv4") for e in ends), None)
    )
    if isinstance(said, str):
        return str(IPv4Interface(said).ip)
    prefix = topology.get(f"vlans.{segment}.prefix.ipv4")
    if isinstance(vlan, dict) and isinstance(prefix, str):
        return str(IPv4Network(prefix)[node.id])
    return None
