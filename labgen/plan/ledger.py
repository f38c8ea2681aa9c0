"""The bookkeeping of a plan under construction: node ids, prefixes, ports, links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network
from itertools import chain, islice

from labgen.ground.vocabulary import Role
from labgen.plan.bonds import Bonds
from labgen.plan.bridging import Bridging
from labgen.plan.limits import ANY, Bounds
from labgen.plan.link_drafts import LinkDraft
from labgen.plan.peering import apart
from labgen.plan.space import management, placed
from labgen.spec.fabric import AddressingSpec
from labgen.spec.model import SegmentSpec, Spec

FIRST_VLAN = 1000
VLAN_IDS = 4093
VNI_BASE = 100000
TRANSIT_VNI_BASE = 200000
SMALL_VNI_BASE = 10000
SMALL_TRANSIT_VNI_BASE = 20000
VRF_TABLE_BASE = 100
DEFAULT_ASN = 65000
PRIVATE_ASN = 4200000000
"""First AS number for private use that has room for every node id (RFC 6996)."""


class Ledger:
    """Numbers and names that follow from a spec, and the bounds of its switches, by counting alone. Every lookup is by name."""

    def __init__(self, spec: Spec, bounds: Bounds = ANY) -> None:
        self.spec = spec
        self.bounds = bounds

    @cached_property
    def bonds(self) -> Bonds:
        return Bonds(self.spec, self.bounds.ethernet_segments, self.bounds.mlag)

    @cached_property
    def anycast(self) -> bool:
        return any(segment.protocol == "anycast" for segment in self.spec.segments.values())

    @cached_property
    def shared_gateway(self) -> bool:
        """True if some gateway has an address that is no node's: then host number 1 is kept for it."""
        return any(segment.shared for segment in self.spec.segments.values())

    @cached_property
    def bridging(self) -> Bridging:
        return Bridging(self.spec, self.bonds.pairs)

    @cached_property
    def roles(self) -> dict[str, Role]:
        """Role of every node, in id order: servers, switches, clients."""
        found = dict.fromkeys(self.spec.servers, Role.SERVER)
        found |= dict.fromkeys(self.spec.switches, Role.SWITCH)
        for segment in self.spec.segments.values():
            for members in segment.attach.values():
                for name in members:
                    found.setdefault(name, Role.CLIENT)
        return found | dict.fromkeys(self.spec.externals, Role.SWITCH)

    @cached_property
    def ids(self) -> dict[str, int]:
        """Node ids. With a gateway that switches share, id 1 is the gateway's."""
        first = 2 if self.shared_gateway else 1
        return {name: first + n for n, name in enumerate(self.roles)}

    @cached_property
    def vlans(self) -> dict[str, int]:
        """VLAN id of every segment that is a VLAN."""
        taken = {segment.vlan for segment in self.spec.segments.values() if segment.vlan}
        free = (vlan for vlan in (*range(FIRST_VLAN, 4095), *range(2, FIRST_VLAN)) if vlan not in taken)
        return {
            name: segment.vlan or next(free)
            for name, segment in self.spec.segments.items()
            if self.is_vlan(segment)
        }

    @cached_property
    def enough_vlans(self) -> bool:
        """True if there is an id for every segment that is a VLAN: those of the spec are apart, preflight sees to it."""
        wanted = [segment for segment in self.spec.segments.values() if self.is_vlan(segment)]
        return len(wanted) <= VLAN_IDS

    def is_vlan(self, segment: SegmentSpec) -> bool:
        """A segment is a VLAN where it is stretched, has an anycast gateway, or is given a VLAN id."""
        return bool(self.spec.overlay or segment.vlan or segment.shared or len(segment.switches) > 1)

    @cached_property
    def vnis(self) -> dict[str, int]:
        if self.spec.overlay is None:
            return {}
        stretched = {name: vlan for name, vlan in self.vlans.items() if self.spec.segments[name].stretch}
        base = VNI_BASE if self.bounds.max_vni > VNI_BASE + VLAN_IDS else SMALL_VNI_BASE
        found: dict[str, int] = {}
        for name, vlan in stretched.items():
            found[name] = self.spec.segments[name].vni or self._free_vni(base + vlan, found.values())
        return found

    @cached_property
    def _own_vnis(self) -> frozenset[int]:
        """VNIs that the spec sets."""
        transit = (vrf.transit_vni for vrf in self.spec.vrfs.values())
        segments = (segment.vni for segment in self.spec.segments.values())
        return frozenset(vni for vni in (*transit, *segments) if vni and vni is not True)

    def _free_vni(self, wanted: int, given: Iterable[int]) -> int:
        """The VNI wanted, or the next that is nobody's."""
        taken = {*given, *self._own_vnis}
        while wanted in taken:
            wanted += 1
        return wanted

    @cached_property
    def addressing(self) -> AddressingSpec:
        """The pools: labgen's own moved out of the way of the spec's prefixes."""
        own = list(self._own_prefixes())
        loopbacks = [IPv4Network(node.loopback) for node in self.spec.nodes.values() if node.loopback]
        return placed(self.spec.addressing, own, len(self.ids) + 2, management(self.spec.name), loopbacks)

    @property
    def mgmt(self) -> IPv4Network:
        """Pool of management addresses."""
        pool = self.addressing.mgmt
        assert pool is not None, "placed() sets it"
        return pool

    @cached_property
    def link_prefixes(self) -> dict[frozenset[str], IPv4Network]:
        """Subnets of links that the spec sets, by their ends."""
        pairs = zip(self.spec.links, self.spec.link_ends, strict=True)
        return {frozenset(ends): link.prefix for link, ends in pairs if link.prefix is not None}

    def _own_prefixes(self) -> Iterator[IPv4Network]:
        """Prefixes that the spec sets."""
        yield from self.link_prefixes.values()
        for segment in self.spec.segments.values():
            if segment.prefix:
                yield segment.prefix
            yield from (each.prefix for each in segment.secondary)
        for external in self.spec.externals.values():
            yield from external.reaches
            yield from (each.address.network for some in external.attach.values() for each in some)

    def _free_lans(self) -> Iterator[IPv4Network]:
        """Subnets of the LAN pool that nobody has."""
        addressing = self.addressing
        others = (addressing.loopback, addressing.vrf_loopback, addressing.p2p, self.mgmt)
        taken = [*self._own_prefixes(), *others]
        for subnet in addressing.lan.subnets(new_prefix=max(24, addressing.lan.prefixlen)):
            if not any(subnet.overlaps(other) for other in taken):
                yield subnet

    @property
    def free_lans(self) -> int:
        """The number of segments without a prefix that there is room for."""
        return sum(1 for _ in islice(self._free_lans(), len(self.spec.segments)))

    @cached_property
    def prefixes(self) -> dict[str, IPv4Network]:
        """Prefix of every segment: its own, or the next free /24 of the LAN pool."""
        free = self._free_lans()
        return {name: segment.prefix or next(free) for name, segment in self.spec.segments.items()}

    def subnets(self, segment: str) -> tuple[IPv4Network, ...]:
        """All subnets of a segment, its own first."""
        return (self.prefixes[segment], *(each.prefix for each in self.spec.segments[segment].secondary))

    @cached_property
    def vrf_index(self) -> dict[str, int]:
        return {name: n for n, name in enumerate(self.spec.vrfs)}

    def vrf_table(self, vrf: str) -> int:
        """Routing table of a VRF on Linux; its number wherever else a VRF needs one."""
        return VRF_TABLE_BASE + self.vrf_index[vrf]

    def transit_vni(self, vrf: str) -> int | None:
        return self._transit_vnis.get(vrf)

    @cached_property
    def _transit_vnis(self) -> dict[str, int]:
        base = TRANSIT_VNI_BASE if self.bounds.max_vni > TRANSIT_VNI_BASE else SMALL_TRANSIT_VNI_BASE
        found: dict[str, int] = {}
        for name, vrf in self.spec.vrfs.items():
            if vrf.transit_vni and vrf.transit_vni is not True:
                found[name] = vrf.transit_vni
            elif vrf.transit_vni or self._symmetric(name):
                given = (*found.values(), *self.vnis.values())
                found[name] = self._free_vni(base + self.vrf_index[name], given)
        return found

    def _symmetric(self, vrf: str) -> bool:
        """True if a switch with a stretched VLAN of the VRF can route it only with a transit VNI."""
        evpn = self.spec.overlay is not None and self.spec.overlay.control == "evpn"
        stretched = (self.spec.segments[name] for name in self.vnis)
        return evpn and any(
            segment.vrf == vrf and self.bounds.symmetric & set(segment.attach) for segment in stretched
        )

    @cached_property
    def links(self) -> tuple[LinkDraft, ...]:
        """All links in addressing and port order: servers', core, then the segments'. A server's in a VLAN is among the servers'."""
        listed = [LinkDraft(ends, trunk=self.bridging.is_trunk(ends)) for ends in self.spec.link_ends]
        known = {frozenset(link.nodes) for link in listed}
        lans = tuple(self._lan_links())
        servers = tuple(
            link for link in lans if link.nodes[0] in self.spec.servers and self.is_vlan_link(link)
        )
        first = set(servers)
        return (
            *self._server_links(known),
            *servers,
            *listed,
            *(link for link in lans if link not in first),
            *self._handover_links(),
        )

    def is_vlan_link(self, link: LinkDraft) -> bool:
        """True if a link leads into a VLAN, which has one for each of its members."""
        return link.segment is not None and self.is_vlan(self.spec.segments[link.segment])

    def _server_links(self, known: set[frozenset[str]]) -> Iterator[LinkDraft]:
        for server, where in self.spec.servers.items():
            for switch in where.attach:
                if frozenset((server, switch)) not in known:
                    yield LinkDraft((server, switch))

    def _handover_links(self) -> Iterator[LinkDraft]:
        for name, external in self.spec.externals.items():
            for switch, handovers in external.attach.items():
                yield from (LinkDraft((name, switch), handover=each) for each in handovers)

    def _lan_links(self) -> Iterator[LinkDraft]:
        for name, segment in self.spec.segments.items():
            for switch, members in segment.attach.items():
                if not self.is_vlan(segment):
                    yield LinkDraft((*members, switch), name)
                    continue
                for member in members:
                    yield LinkDraft((member, switch), name)

    @cached_property
    def routed(self) -> frozenset[str]:
        """Nodes with a point-to-point link: those that speak a routing protocol."""
        return frozenset(node for link in self.links if link.routed for node in link.nodes)

    @cached_property
    def server_segments(self) -> dict[str, tuple[str, ...]]:
        """Segments that attach a server, by server."""
        return {
            server: tuple(name for name, members in self.members.items() if server in members)
            for server in self.spec.servers
        }

    @cached_property
    def vrfs_of(self) -> dict[str, tuple[str, ...]]:
        """VRFs of every switch: those of its segments, and those it relays into."""
        found: dict[str, tuple[str, ...]] = {}
        for switch, names in self.segments_of.items():
            segments = [self.spec.segments[name] for name in names]
            wanted = {segment.vrf for segment in segments}
            wanted |= {group.server_vrf for segment in segments for group in segment.groups_of(switch)}
            wanted |= {
                each.vrf
                for external in self.spec.externals.values()
                for each in external.attach.get(switch, ())
            }
            wanted |= self.spec.leaking(switch)
            found[switch] = tuple(name for name in self.spec.vrfs if name in wanted)
        return found

    @cached_property
    def ports(self) -> dict[tuple[int, str], int]:
        """Port number of a node on a wire, by (wire index, node)."""
        used: dict[str, int] = {}
        found: dict[tuple[int, str], int] = {}
        for index, link in enumerate(self.links):
            for node in link.nodes:
                used[node] = used.get(node, 0) + 1
                found[index, node] = used[node]
        return found

    @cached_property
    def members(self) -> dict[str, tuple[str, ...]]:
        """Nodes of every segment, in the order its links are listed."""
        found: dict[str, dict[str, None]] = {name: {} for name in self.spec.segments}
        for link in self.links:
            if link.segment is not None:
                found[link.segment] |= dict.fromkeys(link.nodes)
        for name, segment in self.spec.segments.items():
            found[name] |= dict.fromkeys(segment.switches)
        return {name: tuple(nodes) for name, nodes in found.items()}

    @cached_property
    def segments_of(self) -> dict[str, tuple[str, ...]]:
        """Segments of every switch, in spec order."""
        found: dict[str, list[str]] = {name: [] for name in self.spec.switches}
        for name, segment in self.spec.segments.items():
            for switch in segment.switches:
                found[switch].append(name)
        return {switch: tuple(names) for switch, names in found.items()}

    @cached_property
    def direct(self) -> dict[str, tuple[str, ...]]:
        """Servers that serve a segment they hang on, by segment: where no relay takes broadcasts elsewhere, or, beside a relay, where
        `pool.split` gives them a part.
        """
        return {name: self._direct(name, segment) for name, segment in self.spec.segments.items()}

    def _direct(self, name: str, segment: SegmentSpec) -> tuple[str, ...]:
        members = [member for each in segment.attach.values() for member in each]
        servers = tuple(member for member in members if member in self.spec.servers)
        only_servers = len(servers) == len(members)
        if only_servers or not segment.dhcp:
            return ()
        shares = segment.pool.by_server or {}
        return tuple(server for server in servers if server in shares) if segment.relay else servers

    def servers_of(self, name: str) -> tuple[str, ...]:
        """Servers of a segment: those its relays ask, and those that hang on it and serve it."""
        return tuple(dict.fromkeys((*self.spec.segments[name].relayed, *self.direct[name])))

    def own_address(self, segment: str, node: str) -> IPv4Address | None:
        """The address a node has in a segment by the spec: its own, or the gateway's where only it routes."""
        spec = self.spec.segments[segment]
        said = self.spec.nodes[node].addresses.get(segment) if node in self.spec.nodes else None
        if said or spec.gateway.nodes.get(node):
            return said or spec.gateway.nodes.get(node)
        is_gateway = spec.protocol == "switch" and spec.routers[:1] == (node,)
        return spec.gateway.address if is_gateway else None

    def free_address(self, segment: str, node: str) -> IPv4Address:
        """The address with a node's id; if the spec uses it otherwise, or the prefix is too short, the next free one, if any."""
        prefix, taken = self.prefixes[segment], self._given_away[segment]
        base = int(prefix.network_address)
        last = base + prefix.num_addresses - (1 if prefix.prefixlen > 30 else 2)
        address = base + self.ids[node]
        if address not in taken and address <= last:
            return IPv4Address(address)
        wanted = {name: base + self.ids[name] for name in self.members[segment]}
        others = [name for name, number in wanted.items() if number in taken or number > last]
        top = base + max(self.ids.values())
        somebodys = taken | {number for number in wanted.values() if number <= last}
        order = chain(range(top + 1, last + 1), range(min(top, last), base, -1))
        free = (n for n in order if n not in somebodys)
        return IPv4Address(next(islice(free, others.index(node), None), address))

    @cached_property
    def _given_away(self) -> dict[str, frozenset[int]]:
        """Addresses of each segment that the spec gives to somebody."""
        found: dict[str, set[int]] = {name: set() for name in self.spec.segments}
        for name, segment in self.spec.segments.items():
            kept = [*segment.gateway.nodes.values(), segment.gateway.address]
            kept += [reservation.address for reservation in segment.reservations]
            found[name] |= {int(address) for address in kept if address}
        for node in self.spec.nodes.values():
            for name, address in node.addresses.items():
                if name in found:
                    found[name].add(int(address))
        return {name: frozenset(addresses) for name, addresses in found.items()}

    def transit(self, segment: str) -> bool:
        """True if routers speak OSPF over a segment: they share it over trunks, and no link between them is routed."""
        spec = self.spec.segments[segment]
        by_ospf = self.spec.underlay.protocol == "ospf"
        if not by_ospf or not self.bridging.bridged(spec) or len(spec.routers) < 2:
            return False
        return not all(switch in self.routed for switch in spec.routers)

    def unnumbered(self, link: LinkDraft) -> bool:
        """True if a link between switches has no addresses."""
        return link.routed and self.spec.underlay.unnumbered and set(link.nodes) <= set(self.spec.switches)

    @cached_property
    def ebgp(self) -> bool:
        """True if the underlay is eBGP, whose sessions carry EVPN too, unless that is apart."""
        return self.spec.underlay.protocol == "ebgp"

    def asn(self, switch: str) -> int:
        """AS number of a switch where each has its own."""
        own = self.spec.nodes[switch].asn if switch in self.spec.nodes else None
        return own or self.spec.underlay.asn.get(switch) or PRIVATE_ASN + self.ids[switch]

    def border_asn(self, switch: str) -> int:
        """AS number of a switch towards external routers: that of its BGP, where it has any."""
        overlay = self.spec.overlay
        if (apart(self.spec) or not self.ebgp) and overlay is not None and overlay.asn is not None:
            return overlay.asn
        return self.asn(switch)
