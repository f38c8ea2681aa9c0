"""LabPlan: everything a lab needs, resolved and immutable.

All addresses are family-neutral in type (the aliases of `vocabulary`), IPv4 in value so far.
`name` of an interface is how its device spells it (`Ethernet1`, `Vlan1000`, `GigabitEthernet0/1`); `linux` is the kernel name
used in the embedded lab and in containers (`eth1`, `vlan1000`).
"""

from __future__ import annotations

import json
import re
from functools import cached_property
from ipaddress import IPv4Address
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from labgen.ground.vocabulary import DEFAULT_VRF, Address, Interface, Network, RelayOption, Role

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")]
"""A node, segment, VRF or lab. It becomes part of paths and commands, so a plan that was read back is held to it too."""

LinuxName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,14}$")]
"""An interface as the kernel names it: 15 characters at most."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Model(BaseModel):
    """Frozen, closed value with a JSON form."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Neighbor(Model):
    """The other end of a link, as it appears in descriptions and protocol configuration."""

    node: str
    interface: str


class VrrpPlan(Model):
    """A switch's part in a virtual router (RFC 5798): the one with the highest priority has the address."""

    group: int
    address: Interface
    priority: int


class InterfacePlan(Model):
    """One interface of one node.

    `p2p` routed core link; `lan` routed port on a segment (a client's, or a switch's without VLAN);
    `access` switch port without address in a VLAN; `trunk` one that carries `vlans` with tags; `svi` the VLAN's routed interface.
    For a DHCP client `address` is what the address table prints; the lab itself leaves it to DHCP (`dhcp`).
    """

    name: str
    linux: LinuxName
    kind: Literal["p2p", "lan", "access", "trunk", "svi"]
    index: int = Field(description="data port number from 1; 0 for an SVI")
    mac: str
    description: str = ""
    address: Interface | None = None
    anycast: Interface | None = None
    unnumbered: bool = Field(default=False, description="`address` is borrowed from the loopback")
    dhcp: bool = False
    ospf: bool = False
    passive: bool = Field(default=False, description="OSPF advertises it and speaks to nobody on it")
    vrf: Name = DEFAULT_VRF
    segment: Name | None = None
    vlan: int | None = None
    vlans: tuple[int, ...] = Field(default=(), description="VLANs of a trunk, all tagged")
    vrrp: VrrpPlan | None = None
    neighbors: tuple[Neighbor, ...] = ()


class VlanPlan(Model):
    """A VLAN on one switch; `vni` where it is stretched over VXLAN, `rd`/`rt` where EVPN carries it."""

    id: int
    name: Name
    segment: Name
    vrf: Name
    vni: int | None = None
    rd: str | None = None
    rt: str | None = None
    flood: tuple[Address, ...] = Field(default=(), description="remote VTEPs for static ingress replication")


class StaticRoute(Model):
    """A route a node has without a routing protocol. `interface` is a kernel name; without `via` the prefix is on link."""

    prefix: Network
    interface: LinuxName
    via: Address | None = None
    metric: int = 0


class VrfPlan(Model):
    """A VRF on one switch; `transit_vni` is the L3VNI of symmetric IRB, `loopback` an address of its own on the interface
    `loopback_name`."""

    name: Name
    table: int
    loopback: Interface | None = None
    loopback_name: str = ""
    rd: str
    rt_import: tuple[str, ...]
    rt_export: tuple[str, ...]
    transit_vni: int | None = None
    router_mac: str | None = None


class BgpNeighbor(Model):
    """A session: between loopbacks, or, with `interface` (a kernel name), over a link; without an address that is unnumbered."""

    name: str
    address: Address | None
    asn: int
    rr_client: bool = False
    interface: str = ""

    @property
    def key(self) -> str:
        """How a switch names the peer."""
        return str(self.address) if self.address else self.interface


class BgpPlan(Model):
    """BGP of a switch: for EVPN by iBGP, with sessions between loopbacks, or by eBGP over links, which carry the `underlay` too."""

    underlay: bool = Field(default=False, description="the sessions carry routes of the global table")
    evpn: bool = True
    asn: int
    router_id: IPv4Address
    neighbors: tuple[BgpNeighbor, ...]


class RelayTarget(Model):
    """One helper address and the VRF it is reached in."""

    server: str
    address: Address
    vrf: str
    answers_from: tuple[Address, ...] = Field(
        default=(), description="further addresses that the server's replies may come from"
    )


class RelaySide(Model):
    """An interface of a switch on which it takes requests, and where they go."""

    segment: str
    interface: str = Field(description="device name")
    linux: LinuxName
    vrf: str
    targets: tuple[RelayTarget, ...]


class GiaddrOwner(Model):
    """The interface of a relaying switch that has its giaddr.

    `client` is the interface requests come in on, `loopback` the switch's or one of its VRFs', `port` any other; `shared` the
    address is a gateway's that other switches have, too. `outgoing`: every server hangs on this port, so that it is the
    one a device takes by itself when servers are in another VRF.
    """

    kind: Literal["client", "loopback", "port"]
    interface: str = Field(description="device name")
    linux: str
    vrf: str = DEFAULT_VRF
    shared: bool = False
    outgoing: bool = False


class RelayPlan(RelaySide):
    """Relay intent of one switch on one client interface. `owner` is None where no interface of the switch has the giaddr."""

    giaddr: Address
    owner: GiaddrOwner | None
    link_address: Address = Field(description="the relay's own address on the client interface")
    link_selection: Address | None = Field(
        default=None, description="an address of the client subnet, where `link_address` is not in it"
    )
    options: tuple[RelayOption, ...]
    sent: tuple[RelayOption, ...] = Field(
        default=(), description="what the device puts into option 82 when it is asked for `options`"
    )
    dialect: str = "rfc"

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
    last: Address

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
    name: str = ""
    kind: str = Field(default="octets", description="how it is written: addresses, text, uint16, routes, ...")
    data: str
    text: str = ""


class ReservationPlan(Model):
    """An address kept for one client of the plan, or for whoever has this MAC address or sends this client identifier or
    `circuit_id`; it may lie outside the dynamic ranges.
    """

    address: Address
    client: str = ""
    circuit_id: str = ""
    client_id: str = ""
    mac: str = Field(default="", description="the client's, where it is known by that")

    @property
    def by(self) -> str:
        """What the client is known by: mac, client-id or circuit-id."""
        return "mac" if self.mac else "client-id" if self.client_id else "circuit-id"


class ScopePlan(Model):
    """What one server hands out on one segment. Times in seconds (RFC 2131 T1, T2). `options` are those beside mask, router and
    times.
    """

    segment: str
    prefix: Network
    vrf: str
    ranges: tuple[AddressRange, ...]
    excluded: tuple[AddressRange, ...] = ()
    router: Address | None = None
    lease: int
    renew: int
    rebind: int
    relays: tuple[Address, ...] = Field(description="giaddr values this scope is asked through")
    direct: bool = Field(default=False, description="the server hears the clients' broadcasts itself")
    named_by: tuple[Address, ...] = Field(
        default=(),
        description="giaddr values outside the prefix that alone tell the scope: no link selection is sent",
    )
    options: tuple[OptionPlan, ...] = ()
    reservations: tuple[ReservationPlan, ...] = ()


class ServerPlan(Model):
    """A server. A switch that is nearer to another of its addresses asks it there."""

    address: Address = Field(description="the address relays send to, and which answers")
    linux: str = Field(default="lo", description="the kernel interface that has it")
    scopes: tuple[ScopePlan, ...]


class ClientPlan(Model):
    """Where a client hangs. `requested` are options it asks for beside mask, router and times."""

    segment: Name
    interface: str
    linux: LinuxName
    requested: tuple[int, ...] = ()


class NodePlan(Model):
    """One node. `mgmt` is its address on the lab's management network."""

    name: Name
    id: int
    role: Role
    device: str
    loopback: Interface | None
    mgmt: Interface
    interfaces: tuple[InterfacePlan, ...] = ()
    ospf: bool = False
    isis: str = Field(
        default="", description="network entity title, where the node speaks IS-IS (ISO/IEC 10589)"
    )
    bgp: BgpPlan | None = None
    vrfs: tuple[VrfPlan, ...] = ()
    vlans: tuple[VlanPlan, ...] = ()
    relays: tuple[RelayPlan, ...] = ()
    forwards: tuple[ForwardPlan, ...] = ()
    routes: tuple[StaticRoute, ...] = ()
    server: ServerPlan | None = None
    client: ClientPlan | None = None

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Addresses that are this node's alone: its ports', unless DHCP gives them, its loopback and its VRFs'."""
        ports = (port.address for port in self.interfaces if not port.dhcp and port.address != port.anycast)
        loopbacks = (self.loopback, *(vrf.loopback for vrf in self.vrfs))
        return tuple(dict.fromkeys(each.ip for each in (*ports, *loopbacks) if each))

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
    interface: str
    linux: LinuxName


class LinkPlan(Model):
    """A wire. `p2p` links have a prefix of their own; `lan` links belong to a segment; `trunk` links carry `vlans` with tags."""

    index: int
    kind: Literal["p2p", "lan", "trunk"]
    endpoints: tuple[Endpoint, ...]
    prefix: Network | None = None
    segment: str | None = None
    vlans: tuple[int, ...] = ()


class SegmentPlan(Model):
    """A client subnet. `vni` where it is stretched; `anycast` where the gateway is shared by the switches."""

    name: Name
    vrf: Name
    prefix: Network
    gateway: Address | None
    anycast: bool
    vlan: int | None = None
    vni: int | None = None
    stretched: bool = Field(default=True, description="a broadcast reaches every switch of the segment")
    switches: tuple[str, ...]
    clients: tuple[str, ...]
    routers: tuple[str, ...] = Field(
        default=(), description="switches with an address in it, which relay; the others only bridge"
    )
    protocol: Literal["anycast", "vrrp", "switch", "none"] = Field(
        default="switch", description="how the gateway's address is shared"
    )
    direct: tuple[str, ...] = Field(
        default=(), description="servers that hang on the segment and hear its broadcasts themselves"
    )
    dhcp: bool = Field(default=True, description="leases are meant for its clients")
    servers: tuple[str, ...] = Field(
        description="servers its relays use, in order, then those that hear it directly"
    )
    server_vrf: str = DEFAULT_VRF
    split: Literal["even", "shared", "explicit"] = "even"
    mode: Literal["independent", "failover", "hot-standby", "load-balance"] = Field(
        default="independent",
        description="how the servers share the pool: not at all, or as partners that know each other's bindings",
    )
    mclt: int | None = Field(
        default=None,
        description="seconds of the first lease where partners grant less before they have told each other",
    )


class OverlayPlan(Model):
    data: Literal["vxlan"]
    control: Literal["evpn", "static"]
    asn: int | None = None


class PlanWarning(Model):
    """Legal, but a known trap."""

    code: str
    message: str


class Timers(Model):
    """Protocol timers in seconds; `fast` labs converge in a blink, `device` leaves the defaults alone."""

    profile: Literal["fast", "device"] = "fast"


class Expectation(Model):
    """What the scenario is there to show: findings, failed checks, and who gets no lease."""

    findings: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    leases: dict[str, tuple[int, int]] = Field(
        default={}, description="by segment: how many of how many clients get a lease"
    )
    no_lease: tuple[str, ...] = Field(default=(), description="clients that must get none")


class LabPlan(Model):
    """The whole lab, resolved. `plan.json` is its JSON form."""

    schema_: Literal["labgen/plan/1"] = Field(default="labgen/plan/1", alias="schema")
    name: Name
    summary: str = ""
    devices: dict[Role, str]
    nodes: tuple[NodePlan, ...]
    links: tuple[LinkPlan, ...]
    segments: tuple[SegmentPlan, ...]
    overlay: OverlayPlan | None = None
    underlay: Literal["ospf", "isis", "ebgp", "static", "none"] = "ospf"
    anycast_mac: str | None = None
    playbooks: tuple[str, ...] = ("acquire",)
    timers: Timers = Timers()
    expect: Expectation = Expectation()
    warnings: tuple[PlanWarning, ...] = ()
    show_vrf: bool = False
    rule_width: int = 80

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
