"""The spec as the user writes it (design: one lab in about twenty lines of YAML)."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from labgen.ground.vocabulary import RelayOption, Role

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,15}$")]
LabName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")]
Prefix = IPv4Network | IPv6Network

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(value: object) -> object:
    """Seconds from `90`, `90s`, `15m`, `12h` or `1d`; anything else is left for pydantic to refuse."""
    if isinstance(value, str) and (match := re.fullmatch(r"(\d+)([smhd])", value.strip())):
        return int(match[1]) * _UNITS[match[2]]
    return value


def names(value: object) -> object:
    """A single name stands for a list of one."""
    return [value] if isinstance(value, str) else value


DurationText = Annotated[str, StringConstraints(pattern=r"^\d+[smhd]$")]
Duration = Annotated[
    int,
    BeforeValidator(seconds, json_schema_input_type=int | DurationText),
    Field(ge=2, le=0xFFFFFFFF, description="seconds, or 90s, 15m, 12h, 1d"),
]
NameList = Annotated[tuple[Name, ...], BeforeValidator(names, json_schema_input_type=Name | list[Name])]
TextList = Annotated[tuple[str, ...], BeforeValidator(names, json_schema_input_type=str | list[str])]


class SpecModel(BaseModel):
    """Closed, frozen part of a spec: an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class OverlaySpec(SpecModel):
    """`evpn` needs `asn` (iBGP between all switches, or towards `route_reflectors`); `static` is ingress replication."""

    data: Literal["vxlan"] = "vxlan"
    control: Literal["evpn", "static"] = "static"
    asn: Annotated[int, Field(ge=1, le=4294967295)] | None = None
    route_reflectors: NameList = ()


class VrfSpec(SpecModel):
    """A VRF. `transit_vni` turns on symmetric IRB: a number, or `true` for the next free one."""

    transit_vni: Annotated[int, Field(ge=1, le=16777215)] | bool = False


class RelaySpec(SpecModel):
    """What every switch that serves the segment does with client broadcasts.

    `source` is where giaddr comes from: the client interface, the loopback (of the server VRF, where that is not the default
    one), the interface towards the servers, or an address. `via` is a second relay that gets the messages instead of the
    servers and relays them on.
    """

    servers: NameList
    server_vrf: str = "default"
    via: Name | None = None
    source: Literal["interface", "loopback", "uplink"] | IPv4Address | IPv6Address = "interface"
    options: tuple[RelayOption, ...] = ()
    dialect: str | None = None


class PoolSpec(SpecModel):
    """How the servers share the segment: `even`, `shared`, or ranges (`first-last`) per server."""

    split: Literal["even", "shared"] | dict[Name, TextList] = "even"
    lease: Duration = 86400
    renew: Duration | None = None
    rebind: Duration | None = None


class SegmentSpec(SpecModel):
    """A client subnet: where it is attached, who relays from it, what is handed out on it.

    `stretch: false` keeps a segment of several switches local to each of them (an anycast gateway without a tunnel).
    `unnumbered` lends the switch's loopback address to its client interface.
    """

    vrf: str = "default"
    prefix: Prefix | None = None
    vlan: Annotated[int, Field(ge=2, le=4094)] | None = None
    vni: Annotated[int, Field(ge=1, le=16777215)] | None = None
    gateway: Literal["anycast", "switch", "none"] = "switch"
    stretch: bool = True
    unnumbered: bool = False
    attach: dict[Name, NameList]
    relay: RelaySpec | None = None
    pool: PoolSpec = PoolSpec()


class ServerSpec(SpecModel):
    """Where a server hangs: on switches (routed links), or, when empty, on the segments that attach it."""

    attach: NameList = ()
    device: str | None = None


def server(value: object) -> object:
    """`srv1: sw3` and `srv1: [sw1, sw2]` are short for `srv1: {attach: ...}`."""
    return {"attach": value} if isinstance(value, str | list | tuple) else ({} if value is None else value)


class NodeSpec(SpecModel):
    """What one node does differently from its role."""

    device: str


class AddressingSpec(SpecModel):
    """Address pools; the defaults are netlab's."""

    loopback: IPv4Network = IPv4Network("10.0.0.0/24")
    vrf_loopback: IPv4Network = IPv4Network("10.2.0.0/16")
    p2p: IPv4Network = IPv4Network("10.1.0.0/16")
    lan: IPv4Network = IPv4Network("172.16.0.0/16")
    mgmt: IPv4Network = IPv4Network("192.168.121.0/24")
    anycast_mac: str = "02:00:ca:fe:00:ff"


class ExpectSpec(SpecModel):
    """Findings and failed checks the scenario is there to show; then exactly those make it pass."""

    findings: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()


class AddressTableSpec(SpecModel):
    """Layout of addresses.txt."""

    show_vrf: bool = False
    width: Annotated[int, Field(ge=40, le=200)] = 80


class LeafSpineSpec(SpecModel):
    """An EVPN fabric: every leaf linked to every spine, one client on each leaf, the servers on the first leaves."""

    leaves: Annotated[int, Field(ge=2, le=1000)]
    spines: Annotated[int, Field(ge=1, le=16)] = 2
    servers: Annotated[int, Field(ge=1, le=8)] = 2


class GenerateSpec(SpecModel):
    """What is to be generated; other keys of the spec go on top of it."""

    leaf_spine: LeafSpineSpec


def or_defaults(value: object) -> object:
    """`key:` with nothing behind it means the defaults."""
    return {} if value is None else value


VrfEntry = Annotated[VrfSpec, BeforeValidator(or_defaults, json_schema_input_type=VrfSpec | None)]
ServerEntry = Annotated[
    ServerSpec, BeforeValidator(server, json_schema_input_type=Name | list[Name] | ServerSpec | None)
]


def either_form(schema: dict[str, Any]) -> None:
    """In the JSON Schema: a spec names its switches, segments and servers, or has them generated."""
    required = schema.pop("required")
    schema["anyOf"] = [{"required": required}, {"required": ["name", "generate"]}]


class Spec(SpecModel):
    """One lab."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=either_form)

    name: LabName
    summary: str = ""
    devices: dict[Role, str] = {}
    nodes: dict[Name, NodeSpec] = {}
    generate: GenerateSpec | None = None
    switches: tuple[Name, ...]
    links: tuple[str, ...] = ()
    underlay: Literal["ospf", "none"] = "ospf"
    overlay: OverlaySpec | None = None
    vrfs: dict[Name, VrfEntry] = {}
    segments: dict[Name, SegmentSpec]
    servers: dict[Name, ServerEntry]
    playbooks: tuple[str, ...] = ("acquire",)
    addressing: AddressingSpec = AddressingSpec()
    timers: Literal["fast", "device"] = "fast"
    expect: ExpectSpec = ExpectSpec()
    address_table: AddressTableSpec = AddressTableSpec()
