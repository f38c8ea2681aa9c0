"""The spec as the user writes it (design: one lab in about twenty lines of YAML)."""

from __future__ import annotations

from functools import cached_property
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from labgen.ground.vocabulary import RelayOption, Role
from labgen.spec import values
from labgen.spec.values import (
    Address,
    AsNumber,
    Duration,
    LabName,
    Mac,
    Name,
    Prefix,
    Text,
    Vlan,
    Vni,
    VrfName,
    YesNo,
)

NameList = Annotated[
    tuple[Name, ...],
    BeforeValidator(values.one_or_more, json_schema_input_type=Name | list[Name]),
    Field(examples=[["srv1", "srv2"]]),
]
TextList = Annotated[
    tuple[Text, ...], BeforeValidator(values.one_or_more, json_schema_input_type=str | list[str])
]


class SpecModel(BaseModel):
    """Closed, frozen part of a spec: an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class OverlaySpec(SpecModel):
    """`evpn` needs `asn` (iBGP between all switches, or towards `route_reflectors`); `static` is ingress replication."""

    data: Annotated[Literal["vxlan"], values.choice("vxlan")] = Field(
        default="vxlan", description="data plane of stretched segments", examples=["vxlan"]
    )
    control: Annotated[Literal["evpn", "static"], values.choice("evpn", "static")] = Field(
        default="static", description="`evpn`, or `static` ingress replication", examples=["evpn"]
    )
    asn: AsNumber | None = Field(
        default=None, description="AS number of EVPN's BGP sessions", examples=[65000]
    )
    route_reflectors: NameList = Field(
        default=(), description="switches that reflect; without any, every switch peers with every other"
    )


class VrfSpec(SpecModel):
    """A VRF. `transit_vni` turns on symmetric IRB: a number, or `true` for the next free one."""

    transit_vni: Annotated[
        Annotated[int, Field(ge=1, le=16777215)] | bool,
        BeforeValidator(lambda value: _transit(value)),
    ] = Field(
        default=False, description="symmetric IRB: a VNI, or `true` for the next free one", examples=[True]
    )


def _transit(value: object) -> object:
    if isinstance(value, bool) or value is None:
        return bool(value)
    if isinstance(value, str) and not value.isdigit():
        word = value.lower()
        if word in ("yes", "on", "no", "off"):
            return word in ("yes", "on")
        raise values.wrong(
            f"{values.quoted(value)} is no VNI", "write a number from 1 to 16777215, or `true`"
        )
    if not isinstance(value, int | str) or not 1 <= int(value) <= 16777215:
        raise values.wrong(
            f"{values.quoted(value)} is no VNI", "write a number from 1 to 16777215, or `true`"
        )
    return int(value)


def _source(value: object) -> object:
    if isinstance(value, str) and not any(c in value for c in ".:/"):
        words = ("interface", "loopback", "uplink")
        if value in words:
            return value
        near = values.closest(value, words)
        hint = f"did you mean `{near}`? " if near else ""
        raise values.wrong(
            f"a giaddr cannot be taken from {values.quoted(value)}",
            f"{hint}Use interface, loopback, uplink, or an address",
        )
    return values.address(value)


Source = Annotated[
    Literal["interface", "loopback", "uplink"] | Address,
    BeforeValidator(_source, json_schema_input_type=Literal["interface", "loopback", "uplink"] | Address),
]
Option82 = Annotated[RelayOption, values.choice(*(option.value for option in RelayOption))]
Option82List = Annotated[
    tuple[Option82, ...], BeforeValidator(values.one_or_more, json_schema_input_type=list[RelayOption])
]


class RelaySpec(SpecModel):
    """What every switch that serves the segment does with client broadcasts.

    `source` is where giaddr comes from: the client interface, the loopback (of the server VRF, where that is not the default
    one), the interface towards the servers, or an address. `via` is a second relay that gets the messages instead of the
    servers and relays them on.
    """

    servers: NameList = Field(description="servers that each broadcast is relayed to", min_length=1)
    server_vrf: VrfName = Field(
        default="default", description="the VRF the servers are reached in", examples=["services"]
    )
    via: Name | None = Field(
        default=None,
        description="a second relay that gets the messages instead of the servers",
        examples=["core1"],
    )
    source: Source = Field(
        default="interface",
        description="giaddr: `interface` (on the segment), `loopback`, `uplink` (towards the servers), or an address",
        examples=["loopback"],
    )
    options: Option82List = Field(
        default=(),
        description="sub-options of option 82 (RFC 3046, 3527, 5107, 6607)",
        examples=[["circuit-id", "link-selection"]],
    )
    dialect: Text | None = Field(
        default=None, description="whose habits labgen-relay has on the wire", examples=["eos"]
    )


def _relay(value: object) -> object:
    if value is None or isinstance(value, dict | RelaySpec):
        return value
    shown = (
        value if isinstance(value, str) else ", ".join(map(str, value)) if isinstance(value, list) else "srv1"
    )
    raise values.wrong(
        f"{values.quoted(value)} does not say what is relayed where",
        f"write `relay: {{servers: [{shown}]}}`, or `relay: none`",
    )


RelayEntry = Annotated[RelaySpec, BeforeValidator(_relay, json_schema_input_type=RelaySpec | Literal["none"])]


def _split(value: object) -> object:
    if isinstance(value, str):
        return values.choice("even", "shared").func(value)  # type: ignore[call-arg]
    if not isinstance(value, dict):
        raise values.wrong(
            f"{values.quoted(value)} does not say who hands out what",
            "write `even`, `shared`, or ranges per server: `{srv1: 10.1.1.10-10.1.1.99}`",
        )
    return value


RangesByServer = dict[Name, TextList]
Split = Annotated[
    Literal["even", "shared"] | RangesByServer,
    BeforeValidator(_split, json_schema_input_type=Literal["even", "shared"] | RangesByServer),
]


class PoolSpec(SpecModel):
    """How the servers share the segment: `even`, `shared`, or ranges (`first-last`) per server."""

    split: Split = Field(
        default="even",
        description="`even`, `shared`, or ranges per server",
        examples=[{"srv1": "172.16.0.10-172.16.0.99"}],
    )
    lease: Duration = Field(default=86400, description="lease time", examples=["8h"])
    renew: Duration | None = Field(
        default=None, description="T1; half of the lease where absent", examples=["4h"]
    )
    rebind: Duration | None = Field(
        default=None, description="T2; seven eighths of the lease where absent", examples=["7h"]
    )


GATEWAY_WORDS = ("anycast", "switch", "none")


class GatewaySpec(SpecModel):
    """Who routes for the segment: `anycast` (the same address on every switch), `switch` (each its own), or `none`."""

    protocol: Annotated[Literal["anycast", "switch", "none"], values.choice(*GATEWAY_WORDS)] = Field(
        default="switch", description="how the switches share the gateway", examples=["anycast"]
    )


def _gateway(value: object) -> object:
    return value if isinstance(value, dict) else {"protocol": value}


GatewayEntry = Annotated[
    GatewaySpec,
    BeforeValidator(_gateway, json_schema_input_type=Literal["anycast", "switch", "none"] | GatewaySpec),
]


class SegmentSpec(SpecModel):
    """A client subnet: where it is attached, who relays from it, what is handed out on it.

    `stretch: false` keeps a segment of several switches local to each of them (an anycast gateway without a tunnel).
    `unnumbered` lends the switch's loopback address to its client interface.
    """

    vrf: VrfName = Field(default="default", description="VRF of its gateways", examples=["tenant-a"])
    prefix: Prefix | None = Field(default=None, description="its subnet; the next free /24 where absent")
    vlan: Vlan | None = Field(default=None, description="VLAN id; the next free one from 1000 where absent")
    vni: Vni | None = Field(default=None, description="VNI; 100000 plus the VLAN id where absent")
    gateway: GatewayEntry = Field(
        default=GatewaySpec(), description="`anycast`, `switch` or `none`", examples=["anycast"]
    )
    stretch: YesNo = Field(
        default=True, description="`false`: local to each of its switches, without a tunnel", examples=[False]
    )
    unnumbered: YesNo = Field(
        default=False, description="the client interface borrows the loopback address", examples=[True]
    )
    attach: Annotated[dict[Name, NameList], BeforeValidator(values.mapping("attach: {sw1: [pc1]}"))] = Field(
        description="clients, and servers, by the switch they hang on",
        examples=[{"sw1": ["pc1", "pc2"]}],
        min_length=1,
    )
    relay: RelayEntry | None = Field(
        default=None,
        description="where its switches relay client broadcasts; `none`: no lease is meant",
        examples=[{"servers": ["srv1"]}],
    )
    dhcp: YesNo = Field(
        default=True, description="`false`: no lease is meant for its clients", examples=[False]
    )
    pool: PoolSpec = Field(default=PoolSpec(), description="what is handed out", examples=[{"lease": "8h"}])

    @model_validator(mode="before")
    @classmethod
    def _without_relay(cls, data: object) -> object:
        """`relay: none` says that no lease is meant."""
        if isinstance(data, dict) and data.get("relay") in ("none", False):
            return {**data, "relay": None, "dhcp": False}
        return data


class ServerSpec(SpecModel):
    """Where a server hangs: on switches (routed links), or, when empty, on the segments that attach it."""

    attach: NameList = Field(default=(), description="switches it has a routed link to", examples=[["sw1"]])
    device: Text | None = Field(
        default=None, description="instead of `devices.server`", examples=["isc-dhcpd"]
    )


def server(value: object) -> object:
    """`srv1: sw3` and `srv1: [sw1, sw2]` are short for `srv1: {attach: ...}`."""
    return {"attach": value} if isinstance(value, str | list | tuple) else ({} if value is None else value)


class NodeSpec(SpecModel):
    """What one node does differently from its role."""

    device: Text = Field(description="its device, instead of its role's", examples=["kea-plain"])


def _pool_default(text: str, what: str) -> Any:
    return Field(default=IPv4Network(text), description=f"pool of {what}", examples=[text])


class AddressingSpec(SpecModel):
    """Address pools; the defaults are netlab's. The management network follows from the lab's name unless it is set."""

    loopback: Prefix = _pool_default("10.0.0.0/24", "loopbacks, by node id")
    vrf_loopback: Prefix = _pool_default("10.2.0.0/16", "loopbacks in VRFs")
    p2p: Prefix = _pool_default("10.1.0.0/16", "point-to-point links, a /30 each")
    lan: Prefix = _pool_default("172.16.0.0/16", "segments without `prefix`, a /24 each")
    mgmt: Prefix | None = Field(
        default=None,
        description="pool of management addresses; follows from the lab's name, so that labs run side by side",
        examples=["192.168.121.0/24"],
    )
    anycast_mac: Mac = Field(
        default="02:00:ca:fe:00:ff",
        description="MAC address of anycast gateways",
        examples=["02:00:ca:fe:00:ff"],
    )


class ExpectSpec(SpecModel):
    """Findings and failed checks the scenario is there to show; then exactly those make it pass."""

    findings: TextList = Field(
        default=(), description="codes of findings that must show", examples=[["server-id-override-ignored"]]
    )
    failures: TextList = Field(
        default=(), description="patterns of checks that must fail", examples=[["renew.answer:*"]]
    )


class AddressTableSpec(SpecModel):
    """Layout of addresses.txt."""

    show_vrf: YesNo = Field(default=False, description="name the VRF of each address", examples=[True])
    width: Annotated[int, values.number(40, 200, "width"), Field(ge=40, le=200)] = Field(
        default=80, description="length of its rule, in characters", examples=[94]
    )


class LeafSpineSpec(SpecModel):
    """An EVPN fabric: every leaf linked to every spine, one client on each leaf, the servers on the first leaves."""

    leaves: Annotated[int, values.number(2, 1000, "number of leaves"), Field(ge=2, le=1000)] = Field(
        description="leaves, with a client each", examples=[4]
    )
    spines: Annotated[int, values.number(1, 16, "number of spines"), Field(ge=1, le=16)] = Field(
        default=2, description="spines, which reflect routes", examples=[2]
    )
    servers: Annotated[int, values.number(1, 8, "number of servers"), Field(ge=1, le=8)] = Field(
        default=2, description="DHCP servers", examples=[2]
    )


class GenerateSpec(SpecModel):
    """What is to be generated; other keys of the spec go on top of it."""

    leaf_spine: LeafSpineSpec = Field(description="a fabric of leaves and spines", examples=[{"leaves": 4}])


class LinkSpec(SpecModel):
    """A point-to-point link. `text` is its short form `a-b`, which only the names of the nodes take apart."""

    text: str = ""
    ends: tuple[str, ...] = ()


def _link(value: object) -> object:
    if isinstance(value, LinkSpec):
        return value
    if isinstance(value, str):
        return {"text": value}
    if isinstance(value, list | tuple) and all(isinstance(end, str) for end in value):
        return {"ends": value}
    if isinstance(value, dict) and len(value) == 1:
        ((one, other),) = value.items()
        if isinstance(other, str):
            return {"ends": [one, other]}
    raise values.wrong(f"{values.quoted(value)} is no link between two nodes", "write `a-b`, or `[a, b]`")


Link = Annotated[
    LinkSpec,
    BeforeValidator(
        _link,
        json_schema_input_type=str
        | Annotated[list[Name], Field(min_length=2, max_length=2)]
        | Annotated[dict[Name, Name], Field(min_length=1, max_length=1)],
    ),
]

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
    switches: NameList = Field(description="names, in node id order", examples=[["sw1", "sw2"]], min_length=1)
    links: Annotated[tuple[Link, ...], BeforeValidator(values.as_list)] = Field(
        default=(), description="point-to-point links, in addressing order", examples=[["sw1-sw2"]]
    )
    underlay: Annotated[Literal["ospf", "none"], values.choice("ospf", "none")] = Field(
        default="ospf", description="routing protocol between the switches", examples=["ospf"]
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
        dict[Name, SegmentSpec], BeforeValidator(values.mapping("segments: {users: {...}}"))
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
    expect: ExpectSpec = Field(
        default=ExpectSpec(),
        description="what the scenario is there to show",
        examples=[{"findings": ["no-reply"]}],
    )
    address_table: AddressTableSpec = Field(
        default=AddressTableSpec(), description="layout of addresses.txt", examples=[{"show_vrf": True}]
    )

    @cached_property
    def link_ends(self) -> tuple[tuple[str, ...], ...]:
        """The nodes of every link, as far as the names of switches and servers tell them."""
        known = {*self.switches, *self.servers}
        return tuple(link.ends or apart(link.text, known) for link in self.links)


def apart(text: str, known: set[str]) -> tuple[str, ...]:
    """The ends of `a-b`, where names may hold hyphens: the cut that leaves two known names, else the best there is."""
    parts = text.split("-")
    cuts = [("-".join(parts[:n]), "-".join(parts[n:])) for n in range(1, len(parts))]
    whole = [cut for cut in cuts if set(cut) <= known]
    if whole:
        return whole[0] if len(whole) == 1 else ()
    half = [cut for cut in cuts if set(cut) & known]
    return half[0] if half else (cuts[0] if len(cuts) == 1 else tuple(parts))
