"""Interfaces of every node, from the ledger's wires, ids and prefixes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from ipaddress import IPv4Interface, IPv4Network, ip_interface

from labgen.devices.base import Naming
from labgen.ground.labplan import Endpoint, InterfacePlan, LinkPlan, Neighbor, VrrpPlan
from labgen.ground.vocabulary import Address, Interface, Network, Role
from labgen.plan.bonds import BOND, BondDraft
from labgen.plan.ledger import Ledger
from labgen.plan.link_drafts import LinkDraft
from labgen.spec.secondary import SecondarySpec

MANY, NAMED = 64, 8
"""On a segment with more than `MANY` members, descriptions say `NAMED` of them."""
MAX_VRID = 255
VRRP_PRIORITY = 200
VRRP_STEP = 10


def port_mac(node_id: int, port: int) -> str:
    """Locally administered MAC of a data port, unique by node id and port number."""
    return f"52:dc:{node_id >> 8:02x}:fe:{node_id & 0xFF:02x}:{port:02x}"


def svi_mac(node_id: int, vlan: int) -> str:
    """Locally administered MAC of an SVI, unique by node id and VLAN id."""
    return f"52:dd:{node_id >> 8:02x}:{node_id & 0xFF:02x}:{vlan >> 8:02x}:{vlan & 0xFF:02x}"


def router_mac(node_id: int, vrf: int) -> str:
    """Router MAC of a VRF on a VTEP (RFC 9135), unique by node id and VRF index."""
    return f"52:de:{node_id >> 8:02x}:{node_id & 0xFF:02x}:{vrf >> 8:02x}:{vrf & 0xFF:02x}"


def host(prefix: Network, number: int) -> Interface:
    """Address `number` of a prefix, with its length."""
    return ip_interface((int(prefix.network_address) + number, prefix.prefixlen))


def _end(prefix: IPv4Network, position: int) -> Interface:
    """An end's address on a link of its own; a /31 has no address that no host can have (RFC 3021)."""
    return host(prefix, position if prefix.prefixlen == 31 else position + 1)


def other_host(address: IPv4Interface) -> IPv4Interface:
    """The other end's address on a link between two: the next host, else the one before."""
    hosts = list(address.network.hosts())
    place = hosts.index(address.ip)
    other = hosts[place + 1] if place + 1 < len(hosts) else hosts[place - 1]
    return IPv4Interface((other, address.network.prefixlen))


class Interfaces:
    """Interfaces and links of the whole lab. `naming` is by node; switches that are `anycast_alone`
    have no address of their own beside an anycast gateway's."""

    def __init__(
        self, ledger: Ledger, naming: dict[str, Naming], anycast_alone: frozenset[str] = frozenset()
    ) -> None:
        self.ledger = ledger
        self.naming = naming
        self.anycast_alone = anycast_alone

    @property
    def ospf(self) -> bool:
        return self.ledger.spec.underlay.protocol == "ospf"

    @cached_property
    def p2p_prefixes(self) -> dict[int, IPv4Network]:
        """Subnets of point-to-point wires: the spec's, else the next /30, in wire order."""
        pool, own = self.ledger.addressing.p2p.subnets(new_prefix=30), self.ledger.link_prefixes
        routed = ((index, link) for index, link in enumerate(self.ledger.links) if link.routed)
        return {index: own.get(frozenset(link.nodes)) or next(pool) for index, link in routed}

    @cached_property
    def by_node(self) -> dict[str, tuple[InterfacePlan, ...]]:
        found: dict[str, list[InterfacePlan]] = {name: [] for name in self.ledger.roles}
        for index, link in enumerate(self.ledger.links):
            for node in link.nodes:
                found[node].append(self._port(index, link, node))
        for bond in self.ledger.bonds.of.values():
            found[bond.node].append(self._bond(bond))
        for switch, segments in self.ledger.segments_of.items():
            found[switch] += [
                self._svi(switch, name)
                for name in segments
                if name in self.ledger.vlans and switch in self.ledger.spec.segments[name].routers
            ]
        return {name: tuple(ports) for name, ports in found.items()}

    @cached_property
    def links(self) -> tuple[LinkPlan, ...]:
        return tuple(
            LinkPlan(
                index=index + 1,
                kind="lan" if link.segment else "trunk" if link.trunk else "p2p",
                endpoints=tuple(self._endpoint(index, node) for node in link.nodes),
                prefix=link.handover.address.network
                if link.handover
                else None
                if self.ledger.unnumbered(link)
                else self.p2p_prefixes.get(index),
                segment=link.segment,
                vlans=self._carried(link) if link.trunk else (),
            )
            for index, link in enumerate(self.ledger.links)
        )

    def _endpoint(self, index: int, node: str) -> Endpoint:
        return Endpoint(
            node=node,
            interface=self._port_name(index, node),
            linux=f"eth{self.ledger.ports[index, node]}",
        )

    def _port_name(self, index: int, node: str) -> str:
        return self.naming[node].port_name(self.ledger.ports[index, node])

    def _port(self, index: int, link: LinkDraft, node: str) -> InterfacePlan:
        port = self.ledger.ports[index, node]
        end = self._endpoint(index, node)
        common = {
            "name": end.interface,
            "linux": end.linux,
            "index": port,
            "mac": port_mac(self.ledger.ids[node], port),
            "neighbors": tuple(self._neighbors(index, link, node)),
        }
        if link.trunk:
            return InterfacePlan.model_validate(
                common
                | {"kind": "trunk", "vlans": self._carried(link), "description": self._towards(link, node)}
            )
        if link.handover is not None:
            return self._handover(link, node, common)
        if link.segment is None:
            return self._p2p(index, link, node, common)
        bond = self.ledger.bonds.of.get((link.segment, link.nodes[0]))
        if self.ledger.roles[node] is Role.SWITCH and link.segment in self.ledger.vlans:
            vlan = self.ledger.vlans[link.segment]
            vrf = self.ledger.spec.segments[link.segment].vrf
            lag = bond and self.ledger.bonds.lag(bond, self.naming[node].lag_name(bond.number))
            return InterfacePlan.model_validate(
                common | {"kind": "access", "segment": link.segment, "vlan": vlan, "vrf": vrf, "lag": lag}
            )
        if bond is not None:
            return InterfacePlan.model_validate(
                common | {"kind": "member", "description": self._towards(link, node)}
            )
        return self._lan(link.segment, node, common)

    def _bond(self, bond: BondDraft) -> InterfacePlan:
        """The port that a bond is for its node. It has the MAC address of its first member."""
        links = [(index, link) for index, link in enumerate(self.ledger.links) if bond.node in link.nodes]
        members = [
            self._port(index, link, bond.node) for index, link in links if link.segment == bond.segment
        ]
        name = BOND.format(n=bond.number)
        common = {
            "name": name,
            "linux": name,
            "index": 0,
            "mac": members[0].mac,
            "neighbors": tuple(port.neighbors[0] for port in members),
            "lag": self.ledger.bonds.lag(bond, name, tuple(port.linux for port in members)),
        }
        return self._lan(bond.segment, bond.node, common)

    def _handover(self, link: LinkDraft, node: str, common: dict[str, object]) -> InterfacePlan:
        """An end of a link to an external router: the external's, or the switch's in its VRF."""
        assert link.handover is not None
        own = link.handover.address
        mine = own if node in self.ledger.spec.externals else other_host(own)
        vrf = "default" if node in self.ledger.spec.externals else link.handover.vrf
        return InterfacePlan.model_validate(
            common | {"kind": "p2p", "address": mine, "vrf": vrf, "description": self._towards(link, node)}
        )

    def _p2p(self, index: int, link: LinkDraft, node: str, common: dict[str, object]) -> InterfacePlan:
        position = link.nodes.index(node)
        return InterfacePlan.model_validate(
            common
            | {
                "kind": "p2p",
                "address": None if self.ledger.unnumbered(link) else _end(self.p2p_prefixes[index], position),
                "ospf": self.ospf,
                "description": self._towards(link, node),
            }
        )

    def _towards(self, link: LinkDraft, node: str) -> str:
        return f"{node} -> {next(other for other in link.nodes if other != node)}"

    def far_address(self, node: str, port: InterfacePlan) -> Address | None:
        """Address at the other end of a point-to-point link."""
        other = port.neighbors[0]
        far = next(each for each in self.by_node[other.node] if each.name == other.interface)
        return far.address.ip if far.address else None

    def _carried(self, link: LinkDraft) -> tuple[int, ...]:
        """VLANs of a trunk."""
        names = self.ledger.bridging.carried[frozenset(link.nodes)]
        return tuple(sorted(self.ledger.vlans[name] for name in names))

    def _lan(self, segment: str, node: str, common: dict[str, object]) -> InterfacePlan:
        role = self.ledger.roles[node]
        vrf = self.ledger.spec.segments[segment].vrf
        borrows = role is Role.SWITCH and self.ledger.spec.segments[segment].unnumbered
        speaks = role is not Role.CLIENT and self.ospf and node in self.ledger.routed and not borrows
        return InterfacePlan.model_validate(
            common
            | {
                "kind": "lan",
                "address": self.loopback(node) if borrows else self._planned(segment, node),
                "secondary": () if borrows or role is Role.CLIENT else self.further(segment, node),
                "unnumbered": borrows,
                "dhcp": role is Role.CLIENT,
                "segment": segment,
                "vrf": vrf if role is Role.SWITCH else "default",
                "ospf": speaks,
                "passive": role is not Role.CLIENT,
                "description": f"{node} -> {self._others(segment, node)}",
            }
        )

    def _planned(self, segment: str, node: str) -> Interface | None:
        """A node's address on a segment; none for a client of a prefix that has no room beside those who need one."""
        found = self.address(segment, node)
        small = found.ip not in self.ledger.prefixes[segment] or found.ip == found.network[-1]
        return None if small and self.ledger.roles[node] is Role.CLIENT else found

    def _svi(self, switch: str, segment: str) -> InterfacePlan:
        spec = self.ledger.spec.segments[segment]
        vlan = self.ledger.vlans[segment]
        anycast = self.virtual(segment) if spec.protocol == "anycast" else None
        alone = switch in self.anycast_alone
        return InterfacePlan(
            name=self.naming[switch].svi_name(vlan, vxlan=segment in self.ledger.vnis),
            linux=f"vlan{vlan}",
            kind="svi",
            index=0,
            mac=svi_mac(self.ledger.ids[switch], vlan),
            description=f"VLAN {segment} ({vlan}) -> {self._others(segment, switch)}",
            address=anycast if anycast and alone else self.address(segment, switch),
            anycast=anycast,
            secondary=() if anycast and alone else self.further(segment, switch),
            shared=self.virtual_further(segment) if anycast else (),
            vrrp=self._vrrp(segment, switch) if spec.moves else None,
            ospf=self.ospf,
            passive=not self.ledger.transit(segment),
            vrf=spec.vrf,
            segment=segment,
            vlan=vlan,
        )

    def _vrrp(self, segment: str, switch: str) -> VrrpPlan:
        """The first switch named is the master; the group is the VLAN id, as far as it goes: HSRP's goes to 4095."""
        spec = self.ledger.spec.segments[segment]
        place = spec.routers.index(switch)
        vlan = self.ledger.vlans[segment]
        hsrp = spec.protocol == "hsrp"
        return VrrpPlan(
            protocol="hsrp" if hsrp else "vrrp",
            group=vlan if hsrp else (vlan - 1) % MAX_VRID + 1,
            address=self.virtual(segment),
            priority=max(VRRP_PRIORITY - VRRP_STEP * place, 1),
            further=self.virtual_further(segment),
        )

    def virtual(self, segment: str) -> Interface:
        """The address that switches share as gateway: the spec's, else the first of the segment."""
        own = self.ledger.spec.segments[segment].gateway.address
        prefix = self.ledger.prefixes[segment]
        return ip_interface((own, prefix.prefixlen)) if own else host(prefix, 1)

    def gateway_of(self, segment: str, secondary: SecondarySpec) -> Interface:
        """The gateway of a secondary subnet: the spec's, else the host number that the segment's own gateway has."""
        if secondary.gateway:
            return ip_interface((secondary.gateway, secondary.prefix.prefixlen))
        spec = self.ledger.spec.segments[segment]
        own = self.virtual(segment) if spec.shared else None
        first = own or self.address(segment, spec.routers[0])
        return self._moved(first, secondary) or host(secondary.prefix, 1)

    def virtual_further(self, segment: str) -> tuple[Interface, ...]:
        """Addresses that switches share as gateways of the secondary subnets."""
        return tuple(self.gateway_of(segment, each) for each in self.ledger.spec.segments[segment].secondary)

    def further(self, segment: str, node: str) -> tuple[Interface, ...]:
        """A node's addresses in the secondary subnets: its host number in each, or the gateway's where it alone is that."""
        return tuple(
            self._further(segment, node, each) for each in self.ledger.spec.segments[segment].secondary
        )

    def _further(self, segment: str, node: str, secondary: SecondarySpec) -> Interface:
        spec = self.ledger.spec.segments[segment]
        gateway = self.gateway_of(segment, secondary)
        if spec.protocol == "switch" and spec.routers[:1] == (node,):
            return gateway
        own = self._moved(self.address(segment, node), secondary)
        if own is not None and own.ip != gateway.ip:
            return own
        others = [name for name in self.ledger.members[segment] if self.ledger.roles[name] is not Role.CLIENT]
        last = int(secondary.prefix.broadcast_address) - 1 - others.index(node)
        spare = ip_interface((last, secondary.prefix.prefixlen))
        return (
            spare if spare.ip != gateway.ip else ip_interface((last - len(others), spare.network.prefixlen))
        )

    def _moved(self, address: Interface, secondary: SecondarySpec) -> Interface | None:
        """An address with the same host number in a secondary subnet; None where that has no such host."""
        number = int(address.ip) - int(address.network.network_address)
        if not 0 < number < secondary.prefix.num_addresses - 1:
            return None
        return host(secondary.prefix, number)

    def address(self, segment: str, node: str) -> Interface:
        """A node's address on a segment: its own, else the prefix and its node id."""
        prefix = self.ledger.prefixes[segment]
        own = self.ledger.own_address(segment, node)
        return ip_interface((own or self.ledger.free_address(segment, node), prefix.prefixlen))

    @cached_property
    def loopbacks(self) -> dict[str, IPv4Interface]:
        base = int(self.ledger.addressing.loopback.network_address)
        own = {name: node.loopback for name, node in self.ledger.spec.nodes.items() if node.loopback}
        taken = {int(address) for address in own.values()}
        found = {}
        last = base + max(self.ledger.ids.values())
        for node, number in self.ledger.ids.items():
            address = int(own.get(node) or base + number)
            if node not in own and address in taken:  # a node that chose it goes first
                address = last = next(
                    free for free in range(last + 1, last + 1 + len(taken) + 1) if free not in taken
                )
            found[node] = IPv4Interface((address, 32))
        return found

    def loopback(self, node: str) -> IPv4Interface:
        return self.loopbacks[node]

    def vrf_loopback(self, node: str, vrf: str) -> IPv4Interface:
        """A switch's address in a VRF: netlab's pool for VRF loopbacks, by VRF and node id."""
        base = int(self.ledger.addressing.vrf_loopback.network_address)
        size = len(self.ledger.ids) + 1
        number = self.ledger.vrf_index[vrf] * max(size, 64) + self.ledger.ids[node]
        return IPv4Interface((base + number, 32))

    def vrf_loopback_name(self, node: str, vrf: str) -> str:
        """The name of a node's loopback in a VRF, as its device has it; empty where labgen makes none on it."""
        return self.naming[node].vrf_loopback_name(vrf, self.ledger.vrf_table(vrf))

    def _others(self, segment: str, node: str) -> str:
        members = self.ledger.members[segment]
        if len(members) > MANY:
            return f"[{','.join(members[:NAMED])},... {len(members)} in all]"
        others = [member for member in members if member != node]
        return others[0] if len(others) == 1 and segment not in self.ledger.vlans else f"[{','.join(others)}]"

    def _neighbors(self, index: int, link: LinkDraft, node: str) -> Iterator[Neighbor]:
        """The other ends of a wire. On one with many, clients are not each other's: their lists would grow with the square."""
        alone = len(link.nodes) > MANY and self.ledger.roles[node] is Role.CLIENT
        for other in self._but_clients[index] if alone else link.nodes:
            if other != node:
                yield Neighbor(node=other, interface=self._port_name(index, other))

    @cached_property
    def _but_clients(self) -> tuple[tuple[str, ...], ...]:
        """Ends of each wire that are no clients."""
        roles = self.ledger.roles
        return tuple(
            tuple(node for node in link.nodes if roles[node] is not Role.CLIENT) for link in self.ledger.links
        )
