"""Interfaces, VLANs, VRFs, routes and BGP of a node, links and segments, as planned."""

from functools import cached_property
from ipaddress import IPv4Address, ip_address
from typing import Literal

from pydantic import Field

from labgen.ground.planned_model import Address, Interface, LinuxName, Model, Name, Network, absent, is_global
from labgen.ground.vocabulary import DEFAULT_VRF


class Neighbor(Model):
    """The other end of a link, as it appears in descriptions and protocol configuration."""

    node: str
    """node at the other end"""
    interface: str
    """its interface, as its device spells it"""


MOVING = frozenset({"vrrp", "hsrp"})
"""Protocols of gateways that one switch has at a time."""


def by_vrrp(protocol: str) -> bool:
    """True if a gateway moves by VRRP, which goes without saying."""
    return protocol == "vrrp"


class VrrpPlan(Model):
    """A switch's part in a virtual router, by VRRP (RFC 5798) or HSRP version 2: the one with the highest priority has the address."""

    protocol: Literal["vrrp", "hsrp"] = Field(
        default="vrrp", description="by which protocol switches agree who has it", exclude_if=by_vrrp
    )
    group: int
    """virtual router id; with HSRP its group"""
    address: Interface
    """virtual address and prefix length"""
    priority: int
    """the highest has the address"""
    further: tuple[Interface, ...] = Field(
        default=(), description="virtual addresses in secondary subnets", exclude_if=absent
    )

    @property
    def mac(self) -> str:
        """The MAC address that hosts know the gateway by (RFC 5798 section 7.3; HSRP version 2: 0000.0c9f.f and the group)."""
        if self.protocol == "hsrp":
            return f"00:00:0c:9f:f{self.group >> 8:x}:{self.group & 255:02x}"
        return f"00:00:5e:00:01:{self.group:02x}"


class LagPlan(Model):
    """A bond over ports of one node, or the part that one switch has in a bond of a node below it (IEEE 802.1AX).

    Without `esi` and `mlag` the members are used one at a time, and no switch knows of the others. With one of them they are all in
    use: the switches speak LACP as one system, and EVPN knows the link as one Ethernet segment (RFC 7432 section 5), or the two
    switches agree about it over their peer link.
    """

    name: str
    """the aggregated interface, as its device spells it; empty where the switch needs none"""
    number: int
    """number of the bond, the same on all its switches"""
    members: tuple[LinuxName, ...] = ()
    """ports of the node below, as the kernel of a Linux node names them"""
    esi: str = ""
    """identifier of the Ethernet segment, ten octets in hexadecimal"""
    system_mac: str = ""
    """system identifier of LACP that the switches share, which the segment's is made of"""
    mlag: bool = Field(default=False, description="its two switches are an MLAG pair", exclude_if=absent)

    @property
    def lacp(self) -> bool:
        """True if all members are in use, and both ends speak LACP."""
        return bool(self.esi) or self.mlag


class MlagPlan(Model):
    """A switch's part in an MLAG pair: two switches that are one for whoever has a bond to both."""

    domain: int
    """number of the pair, from 1"""
    peer: Name
    """the other switch"""
    ports: tuple[str, ...]
    """ports of the peer link, as the device spells them"""
    address: Interface
    """its own address on the peer link"""
    peer_address: Address
    """the other one's"""


class InterfacePlan(Model):
    """One interface of one node.

    `p2p` routed core link; `lan` routed port on a segment (a client's, or a switch's without VLAN);
    `access` switch port without address in a VLAN; `trunk` one that carries `vlans` with tags; `svi` the VLAN's routed interface;
    `member` a port of a bond, which is a `lan` port of its own.
    For a DHCP client `address` is what the address table prints; the lab itself leaves it to DHCP (`dhcp`).
    """

    name: str
    """interface, as its device spells it"""
    linux: LinuxName
    """interface, as the kernel of a Linux node names it"""
    kind: Literal["p2p", "lan", "access", "trunk", "svi", "member"]
    """p2p: routed core link; lan: routed port on a segment; access: switch port of a VLAN; svi: routed interface of a VLAN;
    member: port of a bond"""
    index: int
    """data port number from 1; 0 for an SVI and a bond"""
    mac: str
    """MAC address"""
    description: str = ""
    """text for the configuration"""
    address: Interface | None = None
    """address and prefix length"""
    anycast: Interface | None = None
    """anycast gateway address and prefix length"""
    unnumbered: bool = False
    """`address` is borrowed from the loopback"""
    secondary: tuple[Interface, ...] = Field(
        default=(), description="its own addresses in secondary subnets", exclude_if=absent
    )
    shared: tuple[Interface, ...] = Field(
        default=(), description="anycast gateway addresses of secondary subnets", exclude_if=absent
    )
    dhcp: bool = False
    """whether the address is got by DHCP; `address` is then what the address table prints"""
    ospf: bool = False
    """whether OSPF runs on it"""
    passive: bool = False
    """OSPF advertises it and speaks to nobody on it"""
    vrf: Name = DEFAULT_VRF
    """VRF"""
    segment: Name | None = None
    """segment it belongs to"""
    vlan: int | None = None
    """VLAN id"""
    vlans: tuple[int, ...] = ()
    """VLANs of a trunk, all tagged"""
    vrrp: VrrpPlan | None = None
    """its part in a gateway that moves between switches (RFC 5798, HSRP)"""
    neighbors: tuple[Neighbor, ...] = ()
    """other ends"""
    lag: LagPlan | None = Field(
        default=None, description="the bond it is, or is a switch's part of", exclude_if=absent
    )

    @property
    def carries(self) -> bool:
        """True if it is a port of its own, whose frames tell all that goes by it: a data port, or a bond in place of its members."""
        return self.kind != "member" and bool(self.index or (self.lag and self.lag.members))


class VlanPlan(Model):
    """A VLAN on one switch; `vni` where it is stretched over VXLAN, `rd`/`rt` where EVPN carries it."""

    id: int
    """VLAN id"""
    name: Name
    """name"""
    segment: Name
    """segment"""
    vrf: Name
    """VRF"""
    vni: int | None = None
    """VNI, where it is stretched"""
    rd: str | None = None
    """route distinguisher"""
    rt: str | None = None
    """route target"""
    flood: tuple[Address, ...] = ()
    """remote VTEPs for static ingress replication"""


class StaticRoute(Model):
    """A route a node has without a routing protocol. `interface` is a kernel name; without `via` the prefix is on link."""

    prefix: Network
    """destination"""
    interface: LinuxName
    """interface, as the kernel of a Linux node names it"""
    via: Address | None = None
    """next hop; null: on link"""
    metric: int = 0
    """metric"""
    vrf: Name = Field(default=DEFAULT_VRF, description="VRF it is in", exclude_if=is_global)


class VrfPlan(Model):
    """A VRF on one switch; `transit_vni` is the L3VNI of symmetric IRB, `loopback` an address of its own on the interface
    `loopback_name`."""

    name: Name
    """name"""
    table: int
    """routing table of the kernel"""
    loopback: Interface | None = None
    """address of its own, with prefix length"""
    loopback_name: str = ""
    """the loopback interface, as its device spells it"""
    rd: str
    """route distinguisher"""
    rt_import: tuple[str, ...]
    """route targets it imports"""
    rt_export: tuple[str, ...]
    """route targets it exports"""
    transit_vni: int | None = None
    """layer 3 VNI of symmetric IRB"""
    router_mac: str | None = None
    """MAC address of its transit"""


class BgpNeighbor(Model):
    """A session: between loopbacks, or, with `interface` (a kernel name), over a link; without an address that is unnumbered."""

    name: str
    """neighbor's name"""
    address: Address | None
    """address of the session"""
    asn: int
    """its AS number"""
    rr_client: bool = False
    """whether it is a client of this route reflector"""
    interface: str = ""
    """kernel name of the link the session is over; empty between loopbacks"""
    local_asn: int | None = Field(
        default=None,
        description="AS number it is spoken with, where that is not the switch's own",
        exclude_if=absent,
    )

    @property
    def key(self) -> str:
        """The name of the peer in a switch's configuration."""
        return str(self.address) if self.address else self.interface


class BgpPlan(Model):
    """BGP of a switch: for EVPN by iBGP, with sessions between loopbacks, or by eBGP over links, which carry the `underlay` too.

    With an eBGP underlay EVPN may have sessions of its own, by iBGP between loopbacks. Then `asn` is EVPN's, and sessions over links are
    spoken with the `local_asn` of each.
    """

    underlay: bool = False
    """the sessions carry routes of the global table"""
    evpn: bool = True
    """whether they carry EVPN"""
    asn: int
    """own AS number"""
    router_id: IPv4Address
    """router id"""
    neighbors: tuple[BgpNeighbor, ...]
    """sessions"""

    @cached_property
    def apart(self) -> bool:
        """True if EVPN has sessions of its own beside those of the underlay."""
        return self.underlay and any(not peer.interface for peer in self.neighbors)

    @cached_property
    def multihop(self) -> bool:
        """True if its sessions between loopbacks are eBGP."""
        return any(not peer.interface and peer.asn != self.asn for peer in self.neighbors)

    @property
    def evpn_peers(self) -> tuple[BgpNeighbor, ...]:
        """Sessions that carry EVPN."""
        own = tuple(peer for peer in self.neighbors if not (self.apart and peer.interface))
        return own if self.evpn else ()

    @property
    def passes_on(self) -> bool:
        """True if it tells neighbors EVPN routes of other neighbors: a route reflector, or a transit of eBGP."""
        external = len(self.evpn_peers) > 1 and any(peer.asn != self.asn for peer in self.evpn_peers)
        return external or any(peer.rr_client for peer in self.evpn_peers)

    @property
    def underlay_peers(self) -> tuple[BgpNeighbor, ...]:
        """Sessions that carry routes of the global table."""
        return tuple(peer for peer in self.neighbors if peer.interface) if self.underlay else ()

    @property
    def link_asn(self) -> int:
        """The AS number that neighbors over links know it by."""
        return next((peer.local_asn for peer in self.neighbors if peer.local_asn), self.asn)


class Endpoint(Model):
    node: Name
    """node"""
    interface: str
    """interface, as its device spells it"""
    linux: LinuxName
    """interface, as the kernel of a Linux node names it"""


class LinkPlan(Model):
    """A wire. `p2p` links have a prefix of their own; `lan` links belong to a segment; `trunk` links carry `vlans` with tags."""

    index: int
    """number of the link, from 1"""
    kind: Literal["p2p", "lan", "trunk"]
    """p2p: has a prefix of its own; lan: belongs to a segment; trunk: carries VLANs"""
    endpoints: tuple[Endpoint, ...]
    """its ends"""
    prefix: Network | None = None
    """prefix of a p2p link"""
    segment: str | None = None
    """segment of a lan link"""
    vlans: tuple[int, ...] = ()
    """VLANs that cross it with tags"""


class SecondaryPlan(Model):
    """A further subnet on the wire of a segment."""

    prefix: Network = Field(description="the subnet")
    gateway: Address | None = Field(default=None, description="its gateway")


class SegmentPlan(Model):
    """A client subnet. `vni` where it is stretched; `anycast` where the gateway is shared by the switches."""

    name: Name
    """name"""
    vrf: Name
    """VRF"""
    prefix: Network
    """subnet"""
    gateway: Address | None
    """gateway address of clients"""
    secondary: tuple[SecondaryPlan, ...] = Field(
        default=(), description="further subnets on the same wire", exclude_if=absent
    )
    anycast: bool
    """whether every switch has that address"""
    vlan: int | None = None
    """VLAN id"""
    vni: int | None = None
    """VNI, where it is stretched over VXLAN"""
    stretched: bool = True
    """a broadcast reaches every switch of the segment"""
    switches: tuple[str, ...]
    """switches it is on"""
    clients: tuple[str, ...]
    """clients on it"""
    routers: tuple[str, ...] = ()
    """switches with an address in it, which relay; the others only bridge"""
    protocol: Literal["anycast", "vrrp", "hsrp", "switch", "none"] = "switch"
    """how the gateway's address is shared"""
    direct: tuple[str, ...] = ()
    """servers that hang on the segment and hear its broadcasts themselves"""
    dhcp: bool = True
    """leases are meant for its clients"""
    servers: tuple[str, ...]
    """servers its relays use, in order, then those that hear it directly"""
    server_vrf: str = DEFAULT_VRF
    """VRF its servers are in"""
    split: Literal["even", "shared", "explicit"] = "even"
    """how servers share the pool"""
    mode: Literal["independent", "failover", "hot-standby", "load-balance"] = "independent"
    """how the servers share the pool: not at all, or as partners that know each other's bindings"""
    mclt: int | None = None
    """seconds of the first lease where partners grant less before they have told each other"""

    @property
    def moves(self) -> bool:
        """True if one switch has the gateway's address at a time."""
        return self.protocol in MOVING

    @property
    def prefixes(self) -> tuple[Network, ...]:
        """The subnet and the secondary ones."""
        return (self.prefix, *(each.prefix for each in self.secondary))

    def subnet(self, address: Address) -> Network | None:
        """The subnet of the segment that an address is in."""
        return next((prefix for prefix in self.prefixes if address in prefix), None)

    def gateway_for(self, held: str | None) -> Address | None:
        """The gateway of the subnet that a client's address is in; the segment's own where it has none."""
        own = (each for each in self.secondary if held is not None and ip_address(held) in each.prefix)
        found = next(own, None)
        return found.gateway if found else self.gateway

    @property
    def gateways(self) -> tuple[Address, ...]:
        """The gateway addresses of all its subnets."""
        every = (self.gateway, *(each.gateway for each in self.secondary))
        return tuple(address for address in every if address)
