"""Roles in a netlab topology: servers, switches and clients, point-to-point links and segments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from labgen.adopt.netlab.topology import Attributes, End, Topology, TopologyLink, TopologyNode, dig
from labgen.ground.vocabulary import Role
from labgen.spec import values

BRIDGE = "bridge"
"""Name of the switch that stands for netlab's Linux bridge in a LAN without a router."""

HOSTS = frozenset({"linux", "dnsmasq", "bird", "gobgp", "kea"})
"""netlab devices that are hosts unless the topology says otherwise: a link with one is a LAN."""


@dataclass
class Lan:
    """A segment in the making."""

    name: str
    links: list[TopologyLink] = field(default_factory=list)
    vlan: str = ""


@dataclass(frozen=True)
class Translation:
    """A topology on its way to a spec: what could not be said in it, and what was chosen where the topology is silent."""

    topology: Topology
    lost: list[str] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)

    # --- who is what ---

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """Servers that relays name."""
        found: dict[str, None] = {}
        for link in self.topology.links:
            for end in link.ends:
                found |= dict.fromkeys(self.relaying(link, end)[0])
        return tuple(name for name in found if name in self.topology.nodes)

    @cached_property
    def roles(self) -> dict[str, Role]:
        return {name: self._role(node) for name, node in self.topology.nodes.items()}

    def _role(self, node: TopologyNode) -> Role:
        said = {str(each) for each in node.attributes.get("groups", [])} | set(
            listed(node.attributes.get("config"))
        )
        if dig(node.attributes, "dhcp.server") is True or node.name in self.targets or "dhcp-server" in said:
            return Role.SERVER
        ends = [end for link in self.topology.links for end in link.ends if end.node == node.name]
        if (
            any(is_client(end) for end in ends)
            or node.attributes.get("role") == "host"
            or node.device in HOSTS
        ):
            return Role.CLIENT
        return Role.SWITCH

    def of(self, role: Role) -> list[str]:
        return [name for name, played in self.roles.items() if played is role]

    def is_host(self, name: str) -> bool:
        node = self.topology.nodes[name]
        return node.attributes.get("role") == "host" or (
            node.device in HOSTS and node.attributes.get("role") != "router"
        )

    # --- links and segments ---

    def relaying(self, link: TopologyLink, end: End) -> tuple[tuple[str, ...], str]:
        """Servers that an interface relays to, and the VRF they are in, empty where that is not said: of the interface, else of the
        node's VLAN, of the VLAN, or of the link.
        """
        vlan = self.vlan_of(link)
        node = self.topology.nodes[end.node].attributes
        said = [
            end.attributes,
            dig(node, f"vlans.{vlan}"),
            self.topology.get(f"vlans.{vlan}"),
            link.attributes,
        ]
        places = [each for each in said if isinstance(each, Mapping)]
        servers = next((found for each in places if (found := relay_servers(each))), [])
        vrf = next((str(found) for each in places if (found := dig(each, "dhcp.vrf"))), "")
        return tuple(servers), "default" if vrf == "global" else vrf

    def vlan_of(self, link: TopologyLink) -> str:
        """The VLAN that a link gives access to; empty for none."""
        said = [
            dig(link.attributes, "vlan.access"),
            *(dig(end.attributes, "vlan.access") for end in link.ends),
        ]
        return next((str(each) for each in said if each), "")

    @cached_property
    def core(self) -> list[TopologyLink]:
        """Point-to-point links, which have no segment: two nodes that are neither hosts nor DHCP clients."""
        return [link for link in self.topology.links if self._is_core(link)]

    def _is_core(self, link: TopologyLink) -> bool:
        if (
            len(link.ends) != 2
            or self.vlan_of(link)
            or link.attributes.get("type") == "lan"
            or dig(link.attributes, "vlan.trunk")
        ):
            return False
        names = [end.node for end in link.ends]
        return all(self.roles[name] is not Role.CLIENT and not self.is_host(name) for name in names)

    @cached_property
    def trunks(self) -> list[TopologyLink]:
        """Links between two switches that carry VLANs; none where VLANs go over VXLAN."""
        if "vxlan" in self.topology.modules:
            return []
        return [link for link in self.topology.links if self._is_trunk(link)]

    def _is_trunk(self, link: TopologyLink) -> bool:
        carried, names = dig(link.attributes, "vlan.trunk"), [end.node for end in link.ends]
        ends = len(names) == 2 and all(self.roles[name] is Role.SWITCH for name in names)
        return bool(carried) and ends and not any(self.is_host(name) for name in names)

    def carriers(self, vlan: str) -> list[str]:
        """Switches with a trunk that carries a VLAN."""
        found = (link for link in self.trunks if vlan in (dig(link.attributes, "vlan.trunk") or ()))
        return list(dict.fromkeys(end.node for link in found for end in link.ends))

    def bridges(self, switch: str, vlan: str) -> bool:
        """True if a switch only bridges a VLAN, as its mode says: the node's, else the VLAN's, else that of all."""
        node = self.topology.nodes[switch].attributes
        said = (
            dig(node, f"vlans.{vlan}.mode"),
            dig(node, "vlan.mode"),
            self.topology.get(f"vlans.{vlan}.mode"),
            self.topology.get("vlan.mode"),
        )
        return next((each for each in said if each), "irb") == "bridge"

    @cached_property
    def lans(self) -> list[Lan]:
        found: dict[str, Lan] = {}
        core = {link.index for link in self.core}
        for link in self.topology.links:
            if link.index in core or dig(link.attributes, "vlan.trunk"):
                continue
            vlan = self.vlan_of(link)
            name = vlan or _word(str(link.attributes.get("name") or "")) or f"lan{link.index}"
            if not vlan and name in found:  # any text may name a link, and several
                name = f"lan{link.index}"
            found.setdefault(name, Lan(name, vlan=vlan)).links.append(link)
        return list(found.values())


def relay_servers(attributes: Attributes) -> list[str]:
    """Servers that something relays to, by any spelling."""
    for key in ("dhcp.server", "dhcp.relay"):
        found = dig(attributes, key)
        if isinstance(found, str | list):
            return listed(found)
    return []


def is_client(end: End) -> bool:
    """True if a node gets its address on a link by DHCP."""
    return (
        end.attributes.get("ipv4") == "dhcp"
        or end.attributes.get("ipv6") == "dhcp"
        or bool(dig(end.attributes, "dhcp.client"))
    )


def listed(value: Any) -> list[str]:
    """A value that may be one or a list, as a list of texts; nothing where it only says yes or no."""
    if value is None or isinstance(value, bool):
        return []
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _word(text: str) -> str:
    """A link's name, which is any text, as a segment's; empty where nothing of it can be one."""
    found = re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-_")[: values.NAME_LENGTH].rstrip("-")
    return found if re.fullmatch(values.NAME, found) else ""
