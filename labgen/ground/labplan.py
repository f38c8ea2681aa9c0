"""LabPlan: everything a lab needs, resolved and immutable.

All addresses are family-neutral in type (the aliases of `vocabulary`), IPv4 in value so far.
`name` of an interface is how its device spells it (`Ethernet1`, `Vlan1000`, `GigabitEthernet0/1`); `linux` is the kernel name
used in the embedded lab and in containers (`eth1`, `vlan1000`).
"""

from __future__ import annotations

import json
import re
from functools import cached_property
from ipaddress import IPv4Address, ip_address
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from labgen.ground.planned_externals import ExternalPlan, HandoverPlan
from labgen.ground.planned_faults import FaultPlan
from labgen.ground.planned_program import ProgramPlan
from labgen.ground.vocabulary import DEFAULT_VRF, Address, Existing, Interface, Network, RelayOption, Role

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")]
"""A node, segment, VRF or lab. It becomes part of paths and commands, so a plan that was read back is held to it too."""

LinuxName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,14}$")]
"""An interface as the kernel names it: 15 characters at most."""


def _absent(value: object) -> bool:
    """Whether a field says nothing: such a field is left out of the JSON form, so that a plan shows what its spec asks for."""
    return not value


def _global(value: object) -> bool:
    """Whether a VRF is the global table, which need not be named."""
    return value == DEFAULT_VRF


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Model(BaseModel):
    """Frozen, closed value with a JSON form."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Neighbor(Model):
    """The other end of a link, as it appears in descriptions and protocol configuration."""

    node: str
    """node at the other end"""
    interface: str
    """its interface, as its device spells it"""


class VrrpPlan(Model):
    """A switch's part in a virtual router (RFC 5798): the one with the highest priority has the address."""

    group: int
    """virtual router id"""
    address: Interface
    """virtual address and prefix length"""
    priority: int
    """the highest has the address"""
    further: tuple[Interface, ...] = Field(
        default=(), description="virtual addresses in secondary subnets", exclude_if=_absent
    )


class InterfacePlan(Model):
    """One interface of one node.

    `p2p` routed core link; `lan` routed port on a segment (a client's, or a switch's without VLAN);
    `access` switch port without address in a VLAN; `trunk` one that carries `vlans` with tags; `svi` the VLAN's routed interface.
    For a DHCP client `address` is what the address table prints; the lab itself leaves it to DHCP (`dhcp`).
    """

    name: str
    """interface, as its device spells it"""
    linux: LinuxName
    """interface, as the kernel of a Linux node names it"""
    kind: Literal["p2p", "lan", "access", "trunk", "svi"]
    """p2p: routed core link; lan: routed port on a segment; access: switch port of a VLAN; svi: routed interface of a VLAN"""
    index: int
    """data port number from 1; 0 for an SVI"""
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
        default=(), description="its own addresses in secondary subnets", exclude_if=_absent
    )
    shared: tuple[Interface, ...] = Field(
        default=(), description="anycast gateway addresses of secondary subnets", exclude_if=_absent
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
    """its part in a gateway that moves between switches (RFC 5798)"""
    neighbors: tuple[Neighbor, ...] = ()
    """other ends"""


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
    vrf: Name = Field(default=DEFAULT_VRF, description="VRF it is in", exclude_if=_global)


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

    @property
    def key(self) -> str:
        """How a switch names the peer."""
        return str(self.address) if self.address else self.interface


class BgpPlan(Model):
    """BGP of a switch: for EVPN by iBGP, with sessions between loopbacks, or by eBGP over links, which carry the `underlay` too."""

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


class RelayTarget(Model):
    """One helper address and the VRF it is reached in."""

    server: str
    """server"""
    address: Address
    """helper address"""
    vrf: str
    """VRF it is reached in"""
    answers_from: tuple[Address, ...] = ()
    """further addresses that the server's replies may come from"""


class RelaySide(Model):
    """An interface of a switch on which it takes requests, and where they go."""

    segment: str
    """segment whose clients it serves"""
    interface: str
    """interface, as its device spells it"""
    linux: LinuxName
    """interface, as the kernel of a Linux node names it"""
    vrf: str
    """VRF of that interface"""
    targets: tuple[RelayTarget, ...]
    """servers it sends to, in order"""


class GiaddrOwner(Model):
    """The interface of a relaying switch that has its giaddr.

    `client` is the interface requests come in on, `loopback` the switch's or one of its VRFs', `port` any other; `shared` the
    address is a gateway's that other switches have, too. `outgoing`: every server hangs on this port, so that it is the
    one a device takes by itself when servers are in another VRF.
    """

    kind: Literal["client", "loopback", "port"]
    """what kind of interface owns the address; none where no interface of the switch does"""
    interface: str
    """device name"""
    linux: str
    """interface, as the kernel of a Linux node names it"""
    vrf: str = DEFAULT_VRF
    """VRF of that interface"""
    shared: bool = False
    """whether other switches have the same address"""
    outgoing: bool = False
    """whether packets to the servers leave through this interface"""


class RelayPlan(RelaySide):
    """Relay intent of one switch on one client interface. `owner` is None where no interface of the switch has the giaddr."""

    giaddr: Address
    """relay agent address"""
    owner: GiaddrOwner | None
    """the interface of this switch that has the giaddr"""
    link_address: Address
    """the relay's own address on the client interface"""
    link_selection: Address | None = None
    """an address of the client subnet, where `link_address` is not in it"""
    options: tuple[RelayOption, ...]
    """sub-options of option 82"""
    sent: tuple[RelayOption, ...] = ()
    """what the device puts into option 82 when it is asked for `options`"""
    dialect: str = "rfc"
    """how labgen-relay writes them"""
    circuit_id: str = Field(
        default="", description="the circuit-id it sends; empty: the device's own", exclude_if=_absent
    )
    remote_id: str = Field(
        default="", description="the remote-id it sends; empty: the device's own", exclude_if=_absent
    )
    trusted: bool = Field(
        default=False, description="takes requests that somebody below put option 82 into", exclude_if=_absent
    )
    existing: Existing | None = Field(
        default=None, description="what becomes of requests of other relays", exclude_if=_absent
    )
    helpers: tuple[Address, ...] = Field(
        default=(), description="helper addresses of servers that are no node", exclude_if=_absent
    )

    @property
    def inter_vrf(self) -> bool:
        """True where a server sits in another VRF than the client."""
        return any(target.vrf != self.vrf for target in self.targets)

    @property
    def plain(self) -> bool:
        """True where giaddr is the primary address of the client interface, which every relay takes unless told otherwise."""
        return self.giaddr == self.link_address

    @property
    def source(self) -> GiaddrOwner | None:
        """The interface a device has to be told to take giaddr from; None where it does so by itself."""
        return None if self.plain else self.owner


class ForwardPlan(RelaySide):
    """A second relay: what arrives on `interface` from the first relay of `segment` goes on to the targets."""


class AddressRange(Model):
    """First and last address, both included."""

    first: Address
    """first address"""
    last: Address
    """last address, included"""

    def __contains__(self, address: object) -> bool:
        return isinstance(address, type(self.first)) and int(self.first) <= int(address) <= int(self.last)

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"

    @property
    def size(self) -> int:
        return int(self.last) - int(self.first) + 1


class OptionPlan(Model):
    """A DHCP option that is handed out: `data` are its octets in hexadecimal, as the ACK must have them, `text` what the spec says."""

    code: int
    """option code (RFC 2132)"""
    name: str = ""
    """name in a spec"""
    kind: str = "octets"
    """how it is written: addresses, text, uint16, routes, ..."""
    data: str
    """octets in hexadecimal"""
    text: str = ""
    """value for people"""


class ReservationPlan(Model):
    """An address kept for one client of the plan, or for whoever has this MAC address or sends this client identifier or
    `circuit_id`; it may lie outside the dynamic ranges.
    """

    address: Address
    """reserved address"""
    client: str = ""
    """client it is for"""
    circuit_id: str = ""
    """circuit-id it is for"""
    client_id: str = ""
    """client identifier it is for"""
    mac: str = ""
    """the client's, where it is known by that"""

    behind: tuple[str, ...] = Field(
        default=(), description="clients whose relays send that circuit-id", exclude_if=_absent
    )

    @property
    def by(self) -> str:
        """What the client is known by: mac, client-id or circuit-id."""
        return "mac" if self.mac else "client-id" if self.client_id else "circuit-id"


class SubnetPlan(Model):
    """What a server hands out in a secondary subnet of a segment."""

    prefix: Network = Field(description="the subnet")
    ranges: tuple[AddressRange, ...] = Field(description="addresses it hands out there")
    router: Address | None = Field(default=None, description="option 3 of its leases")


class ScopePlan(Model):
    """What one server hands out on one segment. Times in seconds (RFC 2131 T1, T2). `options` are those beside mask, router and
    times.
    """

    segment: str
    """segment"""
    prefix: Network
    """subnet"""
    vrf: str
    """VRF of the clients"""
    ranges: tuple[AddressRange, ...]
    """addresses it hands out"""
    excluded: tuple[AddressRange, ...] = ()
    """addresses inside the ranges that it does not hand out"""
    router: Address | None = None
    """option 3"""
    lease: int
    """lease time, seconds"""
    renew: int
    """T1, seconds"""
    rebind: int
    """T2, seconds"""
    relays: tuple[Address, ...]
    """giaddr values this scope is asked through"""
    direct: bool = False
    """the server hears the clients' broadcasts itself"""
    named_by: tuple[Address, ...] = ()
    """giaddr values outside the prefix that alone tell the scope: no link selection is sent"""
    options: tuple[OptionPlan, ...] = ()
    """further options"""
    open: bool = Field(
        default=False,
        description="nobody said which options there are beside mask and router",
        exclude_if=_absent,
    )
    reservations: tuple[ReservationPlan, ...] = ()
    """addresses kept for clients"""
    secondary: tuple[SubnetPlan, ...] = Field(
        default=(),
        description="secondary subnets of the segment, whose addresses clients get, too",
        exclude_if=_absent,
    )

    @property
    def every_range(self) -> tuple[AddressRange, ...]:
        """Dynamic addresses of the prefix and of the secondary subnets."""
        return (*self.ranges, *(part for each in self.secondary for part in each.ranges))

    def around(self, address: Address) -> ScopePlan:
        """The scope as it is for a lease of this address: mask, ranges and router are its subnet's."""
        subnet = next((each for each in self.secondary if address in each.prefix), None)
        if subnet is None:
            return self
        own = {"prefix": subnet.prefix, "ranges": subnet.ranges, "router": subnet.router}
        return self.model_copy(update=own)


class ServerPlan(Model):
    """A server. A switch that is nearer to another of its addresses asks it there."""

    address: Address
    """the address relays send to, and which answers"""
    linux: str = "lo"
    """the kernel interface that has it"""
    scopes: tuple[ScopePlan, ...]
    """what it hands out, by segment"""


class ClientPlan(Model):
    """Where a client hangs. `requested` are options it asks for beside mask, router and times."""

    segment: Name
    """segment the client is on"""
    interface: str
    """interface, as its device spells it"""
    linux: LinuxName
    """interface, as the kernel of a Linux node names it"""
    requested: tuple[int, ...] = ()
    """options it asks for beside mask, router and times"""


class ForeignCommand(Model):
    """What does something to a foreign node: `do` in order; it has taken effect when the output of `watch` shows `done`. `undo`
    is the name of the command that takes it back."""

    do: tuple[str, ...]
    """commands, in order"""
    watch: str = ""
    """command whose output shows that it took effect"""
    done: str = ""
    """regular expression that the output then has"""
    undo: str = ""
    """action that takes it back"""


class ForeignPlan(Model):
    """A node that labgen did not set up. `asked`: whether it can be reached at all; `paths` are files, by the name of the probe
    that reads them, where they lie elsewhere than labgen would have them; `commands` what can be done to it, by action."""

    asked: bool = True
    """whether it can be reached"""
    paths: dict[str, str] = {}
    """files, or commands to ask with, by probe, where they are not labgen's own"""
    commands: dict[str, ForeignCommand] = {}
    """what can be done to it, by action"""


class NodePlan(Model):
    """One node. `mgmt` is its address on the lab's management network."""

    name: Name
    """name"""
    id: int
    """number that addresses are made of"""
    role: Role
    """server, switch or client"""
    device: str
    """device"""
    loopback: Interface | None
    """loopback address and prefix length"""
    mgmt: Interface
    """address on the management network of the lab"""
    interfaces: tuple[InterfacePlan, ...] = ()
    """interfaces"""
    ospf: bool = False
    """whether it speaks OSPF"""
    isis: str = ""
    """network entity title, where the node speaks IS-IS (ISO/IEC 10589)"""
    bgp: BgpPlan | None = None
    """BGP, where it speaks it"""
    vrfs: tuple[VrfPlan, ...] = ()
    """VRFs of a switch"""
    vlans: tuple[VlanPlan, ...] = ()
    """VLANs of a switch"""
    relays: tuple[RelayPlan, ...] = ()
    """relaying for clients, by interface"""
    forwards: tuple[ForwardPlan, ...] = ()
    """relaying for other relays, by interface"""
    routes: tuple[StaticRoute, ...] = ()
    """static routes"""
    server: ServerPlan | None = None
    """what a server hands out"""
    client: ClientPlan | None = None
    """where a client is"""
    program: ProgramPlan | None = Field(
        default=None, description="the user's own program that it runs", exclude_if=_absent
    )
    handovers: tuple[HandoverPlan, ...] = Field(
        default=(), description="links of a border switch to external routers", exclude_if=_absent
    )
    external: ExternalPlan | None = Field(
        default=None, description="what it reaches, where it is an external router", exclude_if=_absent
    )
    foreign: ForeignPlan | None = Field(
        default=None,
        description="what is different about a node that labgen did not set up",
        exclude_if=_absent,
    )

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Addresses that are this node's alone: its ports', unless DHCP gives them, its loopback and its VRFs'."""
        ports = (port.address for port in self.interfaces if not port.dhcp and port.address != port.anycast)
        further = (each for port in self.interfaces for each in port.secondary)
        loopbacks = (self.loopback, *(vrf.loopback for vrf in self.vrfs))
        return tuple(dict.fromkeys(each.ip for each in (*ports, *further, *loopbacks) if each))

    def interface(self, name: str) -> InterfacePlan:
        """The interface of this device or kernel name; KeyError where there is none."""
        for interface in self.interfaces:
            if name in (interface.name, interface.linux):
                return interface
        raise KeyError(f"{self.name} has no interface {name}")

    def on_segment(self, segment: str) -> InterfacePlan | None:
        """The addressed (or addressable) interface on a segment: an SVI, a routed port or the client's."""
        for interface in self.interfaces:
            if interface.segment == segment and interface.kind != "access":
                return interface
        return None


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
        default=(), description="further subnets on the same wire", exclude_if=_absent
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
    protocol: Literal["anycast", "vrrp", "switch", "none"] = "switch"
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


class OverlayPlan(Model):
    data: Literal["vxlan"]
    """data plane"""
    control: Literal["evpn", "static"]
    """control plane"""
    asn: int | None = None
    """AS number of EVPN"""


class PlanWarning(Model):
    """Legal, but a known trap."""

    code: str
    """name of the warning"""
    message: str
    """its text"""


class Timers(Model):
    """Protocol timers in seconds; `fast` labs converge in a blink, `device` leaves the defaults alone."""

    profile: Literal["fast", "device"] = "fast"
    """fast: labs converge in a blink; device: defaults are left alone"""


class Expectation(Model):
    """What the scenario is there to show: findings, failed checks, and who gets no lease."""

    findings: tuple[str, ...] = ()
    """codes of findings"""
    failures: tuple[str, ...] = ()
    """checks that fail, by id or pattern"""
    leases: dict[str, tuple[int, int]] = {}
    """by segment: how many of how many clients get a lease"""
    no_lease: tuple[str, ...] = ()
    """clients that must get none"""


class LabPlan(Model):
    """The whole lab, resolved. `plan.json` is its JSON form."""

    schema_: Literal["labgen/plan/1"] = Field(default="labgen/plan/1", alias="schema")
    """name and version of this form"""
    name: Name
    """name of the lab"""
    summary: str = ""
    """one line about it"""
    devices: dict[Role, str]
    """device of each role where a node says nothing else"""
    nodes: tuple[NodePlan, ...]
    """every node, in the order of ids"""
    links: tuple[LinkPlan, ...]
    """every wire"""
    segments: tuple[SegmentPlan, ...]
    """client subnets"""
    overlay: OverlayPlan | None = None
    """VXLAN; null where no segment is stretched"""
    underlay: Literal["ospf", "isis", "ebgp", "static", "none"] = "ospf"
    """routing between switches"""
    anycast_mac: str | None = None
    """MAC address that anycast gateways share"""
    playbooks: tuple[str, ...] = ("acquire",)
    """playbooks that are run where none is named"""
    timers: Timers = Timers()
    """protocol timers"""
    faults: tuple[FaultPlan, ...] = Field(
        default=(), description="what is wrong on purpose", exclude_if=_absent
    )
    expect: Expectation = Expectation()
    """what the scenario is there to show"""
    warnings: tuple[PlanWarning, ...] = ()
    """what is legal, but a known trap"""
    show_vrf: bool = False
    """whether the address table has a column for the VRF"""
    rule_width: int = 80
    """width of the address table's rules, in characters"""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    @cached_property
    def by_name(self) -> dict[str, NodePlan]:
        return {node.name: node for node in self.nodes}

    def node(self, name: str) -> NodePlan:
        """The node of this name; KeyError with the known names where there is none."""
        try:
            return self.by_name[name]
        except KeyError:
            raise KeyError(f"no node {name}; there are {', '.join(self.by_name)}") from None

    @cached_property
    def segments_by_name(self) -> dict[str, SegmentPlan]:
        return {segment.name: segment for segment in self.segments}

    def segment(self, name: str) -> SegmentPlan:
        return self.segments_by_name[name]

    def options(self, segment: str) -> tuple[OptionPlan, ...]:
        """Options that servers hand out on a segment beside mask, router and times; all of them the same."""
        scopes = (scope for node in self.nodes if node.server for scope in node.server.scopes)
        return next((scope.options for scope in scopes if scope.segment == segment), ())

    def role(self, role: Role) -> tuple[NodePlan, ...]:
        """Nodes of a role, in id order."""
        return tuple(node for node in self.nodes if node.role is role)

    @cached_property
    def relays_by_segment(self) -> dict[str, list[tuple[NodePlan, RelayPlan]]]:
        found: dict[str, list[tuple[NodePlan, RelayPlan]]] = {}
        for node in self.nodes:
            for relay in node.relays:
                found.setdefault(relay.segment, []).append((node, relay))
        return found

    def relays(self, segment: str) -> tuple[tuple[NodePlan, RelayPlan], ...]:
        """Every switch that relays on a segment, with its intent."""
        return tuple(self.relays_by_segment.get(segment, ()))

    def relays_for(self, client: str) -> tuple[tuple[NodePlan, RelayPlan], ...]:
        """The relays that hear a client's broadcasts: all of its segment, or those of its own switch where it is not stretched."""
        node = self.node(client)
        if node.client is None:
            return ()
        near = {neighbor.node for neighbor in node.interface(node.client.linux).neighbors}
        everywhere = self.segment(node.client.segment).stretched
        return tuple(
            (switch, relay)
            for switch, relay in self.relays(node.client.segment)
            if everywhere or switch.name in near
        )

    def to_json(self) -> str:
        """Text of plan.json: stable order, two spaces, newline at the end."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> LabPlan:
        """The plan a lab folder holds, which may be anybody's. ValueError where it is none."""
        if _CONTROL.search(_strings(json.loads(text))):
            raise ValueError("a plan holds no control characters")
        return cls.model_validate_json(text)


def _strings(value: object) -> str:
    """Every string of a JSON value, keys too, side by side."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "".join(_strings(each) for pair in value.items() for each in pair)
    return "".join(map(_strings, value)) if isinstance(value, list) else ""
