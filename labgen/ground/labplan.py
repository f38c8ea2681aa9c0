"""LabPlan: everything a lab needs, resolved and immutable.

All addresses are family-neutral in type (the aliases of `vocabulary`), IPv4 in value so far.
`name` of an interface is how its device spells it (`Ethernet1`, `Vlan1000`, `GigabitEthernet0/1`); `linux` is the kernel name
used in the embedded lab and in containers (`eth1`, `vlan1000`).
"""

import json
import re
from functools import cached_property
from typing import Literal, Self

from pydantic import ConfigDict, Field

from labgen.ground.planned_externals import ExternalPlan, HandoverPlan
from labgen.ground.planned_faults import FaultPlan
from labgen.ground.planned_leaks import LeakPlan
from labgen.ground.planned_model import Address, Interface, LinuxName, Model, Name, absent
from labgen.ground.planned_network import (
    BgpNeighbor,
    BgpPlan,
    Endpoint,
    InterfacePlan,
    LagPlan,
    LinkPlan,
    MlagPlan,
    Neighbor,
    SecondaryPlan,
    SegmentPlan,
    StaticRoute,
    VlanPlan,
    VrfPlan,
    VrrpPlan,
)
from labgen.ground.planned_program import ProgramPlan
from labgen.ground.planned_relaying import ForwardPlan, GiaddrOwner, RelayPlan, RelaySide, RelayTarget
from labgen.ground.planned_serving import (
    AddressRange,
    ClassPlan,
    ClientPlan,
    OptionPlan,
    ReservationPlan,
    ScopePlan,
    ServerPlan,
    SubnetPlan,
)
from labgen.ground.planned_snooping import SnoopedPortPlan, SnoopPlan
from labgen.ground.vocabulary import DEFAULT_VRF, Existing, Role

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class ForeignCommand(Model):
    """Commands that do something to a foreign node: `do` in order; it has taken effect when the output of `watch` shows `done`. `undo` is
    the name of the command that takes it back."""

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
    paths: dict[str, str] = Field(default={})
    """files, or commands to ask with, by probe, where they are not labgen's own"""
    commands: dict[str, ForeignCommand] = Field(default={})
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
        default=None, description="the user's own program that it runs", exclude_if=absent
    )
    handovers: tuple[HandoverPlan, ...] = Field(
        default=(), description="links of a border switch to external routers", exclude_if=absent
    )
    external: ExternalPlan | None = Field(
        default=None, description="what it reaches, where it is an external router", exclude_if=absent
    )
    leaks: tuple[LeakPlan, ...] = Field(
        default=(), description="VRFs between which it leaks routes", exclude_if=absent
    )
    snooping: tuple[SnoopPlan, ...] = Field(
        default=(), description="DHCP snooping on its access ports, by VLAN", exclude_if=absent
    )
    mlag: MlagPlan | None = Field(default=None, description="its part in an MLAG pair", exclude_if=absent)
    foreign: ForeignPlan | None = Field(
        default=None,
        description="what is different about a node that labgen did not set up",
        exclude_if=absent,
    )

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Addresses that are this node's alone: its ports', unless DHCP gives them, its loopback and its VRFs', and the one it serves at,
        which an intent may name without its interface."""
        ports = (port.address for port in self.interfaces if not port.dhcp and port.address != port.anycast)
        further = (each for port in self.interfaces for each in port.secondary)
        loopbacks = (self.loopback, *(vrf.loopback for vrf in self.vrfs))
        own = [each.ip for each in (*ports, *further, *loopbacks) if each]
        return tuple(dict.fromkeys([*own, *([self.server.address] if self.server else [])]))

    @property
    def client_mac(self) -> str:
        """The hardware address of the port that a client asks on; empty for what is no client."""
        return self.interface(self.client.linux).mac if self.client else ""

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
    """The expected results of a scenario: findings, failed checks, and clients without a lease."""

    findings: tuple[str, ...] = ()
    """codes of findings"""
    failures: tuple[str, ...] = ()
    """checks that fail, by id or pattern"""
    leases: dict[str, tuple[int, int]] = Field(default={})
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
        default=(), description="what is wrong on purpose", exclude_if=absent
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

    @cached_property
    def scope_of(self) -> dict[str, ScopePlan]:
        """The scope of a segment's first server, by segment."""
        scopes = [scope for node in self.nodes if node.server for scope in node.server.scopes]
        return {scope.segment: scope for scope in reversed(scopes)}

    def options(self, segment: str) -> tuple[OptionPlan, ...]:
        """Options that servers hand out on a segment beside mask, router and times; all of them the same."""
        found = self.scope_of.get(segment)
        return found.options if found else ()

    def options_of(self, client: str) -> tuple[OptionPlan, ...]:
        """Options that a client gets beside mask, router and times: its segment's, its class' and its own."""
        node = self.node(client)
        if node.client is None:
            return ()
        found = self.scope_of.get(node.client.segment)
        return found.of(client, node.client_mac).options if found else ()

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

    def isis_neighbors(self, node: NodePlan) -> dict[str, str]:
        """The neighbors that a node's IS-IS should have, by the kernel's name of the port they are at."""
        ports = (p for p in node.interfaces if p.kind == "p2p" and p.vrf == DEFAULT_VRF and p.address)
        found = ((port.linux, n.node) for port in ports for n in port.neighbors if self.node(n.node).isis)
        return dict(found) if node.isis else {}

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

    def leak(self, vrf: str, other: str) -> bool:
        """True if routes leak between two VRFs somewhere."""
        return any({vrf, other} == each.vrfs for node in self.nodes for each in node.leaks)

    def snooped(self, client: str) -> tuple[NodePlan, SnoopedPortPlan] | None:
        """The access switch that snoops on a client's port, and that port; None where none does."""
        found = ((node, each) for node in self.nodes for vlan in node.snooping for each in vlan.ports)
        return next(((node, each) for node, each in found if each.client == client), None)

    def kept(self, client: str, relay: RelayPlan) -> SnoopedPortPlan | None:
        """The access port whose option 82 a relay passes on with what a client sends; None where it sends its own, or none."""
        found = self.snooped(client)
        own = found is not None and found[1].inserts and relay.trusted
        return found[1] if found and own and relay.existing in (None, Existing.KEEP) else None

    def to_json(self) -> str:
        """Text of plan.json: stable order, two spaces, newline at the end."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
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


__all__ = [
    "AddressRange",
    "BgpNeighbor",
    "BgpPlan",
    "ClassPlan",
    "ClientPlan",
    "Endpoint",
    "Expectation",
    "ForeignCommand",
    "ForeignPlan",
    "ForwardPlan",
    "GiaddrOwner",
    "InterfacePlan",
    "LabPlan",
    "LagPlan",
    "LinkPlan",
    "LinuxName",
    "MlagPlan",
    "Model",
    "Name",
    "Neighbor",
    "NodePlan",
    "OptionPlan",
    "OverlayPlan",
    "PlanWarning",
    "RelayPlan",
    "RelaySide",
    "RelayTarget",
    "ReservationPlan",
    "ScopePlan",
    "SecondaryPlan",
    "SegmentPlan",
    "ServerPlan",
    "SnoopPlan",
    "SnoopedPortPlan",
    "StaticRoute",
    "SubnetPlan",
    "Timers",
    "VlanPlan",
    "VrfPlan",
    "VrrpPlan",
]
