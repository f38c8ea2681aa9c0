"""The spec as the user writes it (design: one lab in about twenty lines of YAML)."""

from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from labgen.ground.planned_network import MOVING
from labgen.ground.vocabulary import Role
from labgen.spec import values
from labgen.spec.addresses import Prefix
from labgen.spec.base import NameList, SomeNames, SpecModel, TextList
from labgen.spec.classes import Classes
from labgen.spec.expect import ExpectSpec
from labgen.spec.externals import External
from labgen.spec.fabric import (
    AddressingSpec,
    Link,
    NodeSpec,
    OverlaySpec,
    UnderlayEntry,
    UnderlaySpec,
    VrfSpec,
    apart,
)
from labgen.spec.faults import Fault
from labgen.spec.gateway import GatewayEntry, GatewaySpec, Protocol, gateway_entry
from labgen.spec.reservations import Options, Reservations
from labgen.spec.secondary import Secondaries
from labgen.spec.service import PoolSpec, RelayGroups, RelaySpec
from labgen.spec.snooping import Snooping
from labgen.spec.values import LabName, Name, SegmentName, Text, Vlan, Vni, VrfName, YesNo

Attached = Annotated[NameList, Field(examples=[["pc1", "pc2"]])]


class SegmentSpec(SpecModel):
    """A client subnet: where it is attached, who routes and relays for it, what is handed out on it.

    `stretch: false` keeps a segment of several switches local to each of them (an anycast gateway without a tunnel).
    `unnumbered` lends the switch's loopback address to its client interface.
    """

    vrf: VrfName = Field(default="default", description="VRF of its gateways", examples=["tenant-a"])
    prefix: Prefix | None = Field(
        default=None, description="its subnet; the next free /24 where absent", examples=["10.1.1.0/24"]
    )
    secondary: Secondaries = Field(
        default=(),
        description="further subnets on the same wire, whose addresses are handed out when those of `prefix` are gone",
        examples=[["10.1.2.0/24"]],
    )
    vlan: Vlan | None = Field(
        default=None, description="VLAN id; the next free one from 1000 where absent", examples=[10]
    )
    vni: Vni | None = Field(
        default=None, description="VNI; 100000 plus the VLAN id where absent", examples=[10010]
    )
    gateway: GatewayEntry = Field(
        default=GatewaySpec(),
        description="`anycast`, `vrrp`, `hsrp`, `switch`, `none`, an address, or all of `address`, `protocol` and `nodes`",
        examples=["anycast"],
    )
    stretch: YesNo = Field(
        default=True, description="`false`: local to each of its switches, without a tunnel", examples=[False]
    )
    unnumbered: YesNo = Field(
        default=False, description="the client interface borrows the loopback address", examples=[True]
    )
    attach: Annotated[dict[Name, Attached], BeforeValidator(values.mapping("attach: {sw1: [pc1]}"))] = Field(
        description="clients, and servers, by the switch they hang on; under two switches: by a bond",
        examples=[{"sw1": ["pc1", "pc2"]}],
        min_length=1,
    )
    bridge: NameList = Field(
        default=(),
        description="switches of the segment that neither route nor relay",
        examples=[["access-1"]],
    )
    relay: RelayGroups = Field(
        default=(),
        description="where its switches relay client broadcasts: one group of servers, or a list of groups; `none`: no lease is meant",
        examples=[{"servers": ["srv1"]}],
    )
    snooping: Snooping = Field(
        default=None,
        description="access switches that put option 82 into what clients send, and keep servers' messages from access ports",
        examples=[["access-1"]],
    )
    dhcp: YesNo = Field(
        default=True, description="`false`: no lease is meant for its clients", examples=[False]
    )
    pool: PoolSpec = Field(default=PoolSpec(), description="what is handed out", examples=[{"lease": "8h"}])
    options: Options = Field(
        default=(),
        description="DHCP options by name or number, beside mask, router and times",
        examples=[{"dns": ["10.9.9.9"], "domain": "example.net"}],
    )
    classes: Classes = Field(
        default={},
        description="classes of clients, told by their vendor class, with options and a range of their own",
        examples=[
            {"phones": {"vendor_class": "Cisco", "clients": ["phone1"], "options": {"150": "10.9.9.9"}}}
        ],
    )
    reservations: Reservations = Field(
        default=(),
        description="addresses kept for clients, with options of their own: by name, MAC address, `client-id ...` or `circuit-id ...`",
        examples=[{"pc1": "10.1.1.10"}],
    )

    @model_validator(mode="before")
    @classmethod
    def _other_forms(cls, data: object) -> object:
        """`relay: none` says that no lease is meant; `gateways` is `gateway.nodes`, `pool.reservations` the segment's."""
        if not isinstance(data, dict):
            return data
        found = dict(data)
        if found.get("relay") in ("none", False):
            found |= {"relay": (), "dhcp": False}
        if "gateways" in found:
            own = gateway_entry(found.get("gateway"))
            if isinstance(own, dict) and "nodes" not in own:
                found["gateway"] = {**own, "nodes": found.pop("gateways")}
        pool = found.get("pool")
        if isinstance(pool, dict) and "reservations" in pool and "reservations" not in found:
            found["reservations"] = pool["reservations"]
            found["pool"] = {key: value for key, value in pool.items() if key != "reservations"}
        return found

    @cached_property
    def switches(self) -> tuple[str, ...]:
        """Switches the segment is on: those that attach something, route, or bridge."""
        return tuple(dict.fromkeys((*self.attach, *self.gateway.nodes, *self.bridge)))

    @cached_property
    def homes(self) -> dict[str, tuple[str, ...]]:
        """Switches that each client and server hangs on, in the order of `attach`: several where it has a bond to them."""
        found: dict[str, list[str]] = {}
        for switch, members in self.attach.items():
            for name in dict.fromkeys(members):
                found.setdefault(name, []).append(switch)
        return {name: tuple(switches) for name, switches in found.items()}

    @cached_property
    def routers(self) -> tuple[str, ...]:
        """Switches that have an address in the segment, and relay."""
        if self.gateway.nodes:
            return tuple(self.gateway.nodes)
        return tuple(name for name in self.switches if name not in self.bridge)

    @property
    def protocol(self) -> Protocol:
        """The protocol by which the gateway's address is shared: an address alone is anycast where several switches route."""
        if self.gateway.protocol is not None:
            return self.gateway.protocol
        shared = self.gateway.address is not None and len(self.routers) > 1
        return "anycast" if shared else "switch"

    @property
    def moves(self) -> bool:
        """True if one switch has the gateway's address at a time."""
        return self.protocol in MOVING

    @property
    def shared(self) -> bool:
        """True if the gateway's address is no switch's own."""
        return self.moves or self.protocol == "anycast"

    @cached_property
    def relayed(self) -> tuple[str, ...]:
        """Servers that its relays ask, in order."""
        return tuple(dict.fromkeys(server for group in self.relay for server in group.servers))

    def groups_of(self, switch: str) -> tuple[RelaySpec, ...]:
        """The groups that a switch relays to: those that name it, else those that name nobody."""
        if switch not in self.routers:
            return ()
        named = tuple(group for group in self.relay if switch in group.switches)
        return named or tuple(group for group in self.relay if not group.switches)


class ServerSpec(SpecModel):
    """The place that a server is connected to: switches (routed links), or, if empty, the segments that attach it."""

    attach: Annotated[NameList, AfterValidator(values.once)] = Field(
        default=(), description="switches it has a routed link to", examples=[["sw1"]]
    )
    device: Text | None = Field(
        default=None, description="instead of `devices.server`", examples=["isc-dhcpd"]
    )


def server(value: object) -> object:
    """`srv1: sw3` and `srv1: [sw1, sw2]` are short for `srv1: {attach: ...}`."""
    return {"attach": value} if isinstance(value, str | list | tuple) else ({} if value is None else value)


class AddressTableSpec(SpecModel):
    """Layout of addresses.txt."""

    show_vrf: YesNo = Field(default=False, description="name the VRF of each address", examples=[True])
    width: Annotated[int, Field(ge=40, le=200), values.number(40, 200, "width")] = Field(
        default=80, description="length of its rule, in characters", examples=[94]
    )


class LeafSpineSpec(SpecModel):
    """An EVPN fabric: every leaf linked to every spine, one client on each leaf, the servers on the first leaves."""

    leaves: Annotated[int, Field(ge=2, le=1000), values.number(2, 1000, "number of leaves")] = Field(
        description="leaves, with a client each", examples=[4]
    )
    spines: Annotated[int, Field(ge=1, le=16), values.number(1, 16, "number of spines")] = Field(
        default=2, description="spines, which reflect routes", examples=[2]
    )
    servers: Annotated[int, Field(ge=1, le=8), values.number(1, 8, "number of servers")] = Field(
        default=2, description="DHCP servers", examples=[2]
    )


class GenerateSpec(SpecModel):
    """The size of a fabric that is to be generated; other keys of the spec go on top of it."""

    leaf_spine: LeafSpineSpec = Field(description="a fabric of leaves and spines", examples=[{"leaves": 4}])


VrfEntry = Annotated[
    VrfSpec, BeforeValidator(values.mapping("client: {}"), json_schema_input_type=VrfSpec | None)
]
ServerEntry = Annotated[
    ServerSpec, BeforeValidator(server, json_schema_input_type=Name | list[Name] | ServerSpec | None)
]
DeviceName = Annotated[Text, Field(examples=["frr"])]
RoleName = Annotated[Role, values.choice(*(role.value for role in Role))]


def either_form(schema: dict[str, Any]) -> None:
    """In the JSON Schema: a spec names its switches, segments and servers, or has them generated."""
    required = schema.pop("required")
    schema["anyOf"] = [{"required": required}, {"required": ["name", "generate"]}]
    schema["patternProperties"] = {
        "^x-": {"description": "ignored: a place for anchors that other keys refer to"}
    }


class Spec(SpecModel):
    """One lab."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=either_form)

    name: LabName = Field(description="name of the lab and of its folder", examples=["my-lab"])
    summary: Text = Field(
        default="",
        description="one line for `labgen scenarios` and the report",
        examples=["Two tenants, one server"],
    )
    devices: Annotated[
        dict[RoleName, DeviceName], BeforeValidator(values.mapping("devices: {switch: frr}"))
    ] = Field(
        default={},
        description="device by role",
        examples=[{"switch": "frr", "server": "kea", "client": "dhclient"}],
    )
    nodes: Annotated[
        dict[Name, NodeSpec], BeforeValidator(values.mapping("nodes: {srv2: {device: kea-plain}}"))
    ] = Field(
        default={},
        description="what single nodes do differently",
        examples=[{"srv2": {"device": "kea-plain"}}],
    )
    generate: GenerateSpec | None = Field(
        default=None, description="a fabric from a few numbers", examples=[{"leaf_spine": {"leaves": 4}}]
    )
    switches: SomeNames = Field(
        description="names, in node id order", examples=[["sw1", "sw2"]], min_length=1
    )
    links: Annotated[tuple[Link, ...], BeforeValidator(values.as_list)] = Field(
        default=(), description="point-to-point links, in addressing order", examples=[["sw1-sw2"]]
    )
    underlay: UnderlayEntry = Field(
        default=UnderlaySpec(),
        description="routing between the switches: `ospf`, `isis`, `ebgp`, `ebgp-unnumbered`, `static` or `none`",
        examples=["ospf"],
    )
    overlay: OverlaySpec | None = Field(
        default=None,
        description="how segments are stretched",
        examples=[{"data": "vxlan", "control": "evpn", "asn": 65000}],
    )
    vrfs: Annotated[dict[VrfName, VrfEntry], BeforeValidator(values.mapping("vrfs: {client: {}}"))] = Field(
        default={}, description="VRFs by name", examples=[{"client": {}}]
    )
    segments: Annotated[
        dict[SegmentName, SegmentSpec], BeforeValidator(values.mapping("segments: {users: {...}}"))
    ] = Field(
        description="client subnets by name",
        examples=[{"users": {"attach": {"sw1": ["pc1"]}, "relay": {"servers": ["srv1"]}}}],
        min_length=1,
    )
    servers: Annotated[dict[Name, ServerEntry], BeforeValidator(values.mapping("servers: {srv1: sw1}"))] = (
        Field(description="DHCP servers, and the switch each hangs on", examples=[{"srv1": "sw1"}])
    )
    playbooks: TextList = Field(
        default=("acquire",), description="what `labgen run` does", examples=[["acquire", "renew"]]
    )
    addressing: AddressingSpec = Field(
        default=AddressingSpec(), description="address pools", examples=[{"lan": "10.20.0.0/16"}]
    )
    timers: Annotated[Literal["fast", "device"], values.choice("fast", "device")] = Field(
        default="fast",
        description="`fast`: converge in a blink; `device`: leave the routing timers alone",
        examples=["device"],
    )
    externals: Annotated[
        dict[Name, External],
        BeforeValidator(values.mapping("externals: {fw1: {attach: {border-1: {address: 10.8.0.1/30}}}}")),
    ] = Field(
        default={},
        description="routers and firewalls beyond the fabric, and the border switches that hand VRFs over to them",
        examples=[
            {
                "fw1": {
                    "attach": {"border-1": {"vrf": "users", "address": "10.8.0.1/30", "asn": 64999}},
                    "reaches": ["10.9.9.0/24"],
                }
            }
        ],
    )
    faults: Annotated[
        dict[str, Fault], BeforeValidator(values.mapping("faults: {core-1-spine-1: {loss: 10%}}"))
    ] = Field(
        default={},
        description="what is wrong on purpose, by link (`a-b`) or node",
        examples=[{"core-1-spine-1": {"loss": "10%", "delay": "20ms"}, "dhcp2": {"reply": "drop"}}],
    )
    expect: ExpectSpec = Field(
        default=ExpectSpec(),
        description="what the scenario is there to show",
        examples=[{"findings": ["no-reply"]}],
    )
    address_table: AddressTableSpec = Field(
        default=AddressTableSpec(), description="layout of addresses.txt", examples=[{"show_vrf": True}]
    )

    def leaking(self, switch: str) -> set[str]:
        """VRFs that a switch is named to leak routes between."""
        named = ((name, other, at) for name, vrf in self.vrfs.items() for other, at in vrf.leaks.items())
        return {vrf for name, other, at in named if switch in at for vrf in (name, other)}

    @cached_property
    def link_ends(self) -> tuple[tuple[str, ...], ...]:
        """The nodes of every link, as far as the names of switches and servers tell them."""
        known = {*self.switches, *self.servers}
        return tuple(link.ends or apart(link.text, known) for link in self.links)
