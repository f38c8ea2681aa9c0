"""The model of an intent file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from labgen.ground.vocabulary import DEFAULT_VRF, Redundancy, Role
from labgen.spec import values
from labgen.spec.addresses import Address, InterfaceAddress, Mac, Prefix
from labgen.spec.base import NameList, SomeNames, SpecModel, TextList
from labgen.spec.classes import Classes
from labgen.spec.reservations import Options, Reservations
from labgen.spec.secondary import several
from labgen.spec.service import RESERVED_ONLY, Option82List, PoolRange
from labgen.spec.values import (
    Duration,
    LabName,
    LeaseTime,
    Name,
    SegmentName,
    Text,
    VrfName,
    choice,
    first_word,
    mapping,
    number,
    wrong,
)

ROLES = tuple(role.value for role in Role)


def _access(value: object) -> object:
    if value in ("none", False):
        return {"none": True}
    if value in (None, "inventory"):
        return {}
    if isinstance(value, str):
        raise wrong(
            f"{values.quoted(value)} does not say how the node is reached",
            "write `{ssh: 10.0.0.1}`, `{container: NAME}`, `{namespace: NAME}`, `inventory` or `none`",
        )
    return value


class AccessSpec(SpecModel):
    """Access to a node: one of `ssh`, `container` and `namespace`. The word `inventory` (the default) leaves it to the inventory, `none`
    says that nobody asks it."""

    ssh: Text = Field(default="", description="name or address of its SSH server", examples=["10.0.0.11"])
    port: Annotated[int, number(1, 65535, "port")] = Field(default=22, description="port of the SSH server")
    user: Text = Field(default="", description="who logs in", examples=["admin"])
    password_env: Text = Field(
        default="",
        description="environment variable that holds the password; passwords do not stand in this file",
        examples=["LEAF_PASSWORD"],
    )
    key: Text = Field(default="", description="file with a private key", examples=["~/.ssh/id_ed25519"])
    known_hosts: Text = Field(
        default="", description="file with the machine's host key; the user's own where absent"
    )
    host_key: Annotated[Literal["known", "any"], choice("known", "any")] = Field(
        default="known",
        description="`known`: the host key must be in that file; `any`: whoever answers is it",
    )
    jump: Text = Field(
        default="", description="host to go through, as `ssh -J` takes it", examples=["me@bastion"]
    )
    container: Text = Field(default="", description="container's name", examples=["clab-dc1-leaf1"])
    program: TextList = Field(
        default=("docker",), description="container engine that is asked", examples=[["podman"]]
    )
    namespace: Text = Field(default="", description="network namespace on this machine", examples=["leaf1"])
    none: bool = Field(default=False, description="nobody asks it (`access: none`)")

    @model_validator(mode="after")
    def _exactly_one_access(self) -> AccessSpec:
        said = [name for name in ("ssh", "container", "namespace", "none") if getattr(self, name)]
        if len(said) > 1:
            raise wrong(f"{' and '.join(said)} are both given", "say one way to reach the node")
        return self


class InterfaceSpec(SpecModel):
    """An interface with its address. Short form: the address."""

    address: InterfaceAddress | None = Field(default=None, description="its own address with the length")
    anycast: InterfaceAddress | None = Field(
        default=None, description="gateway address that other switches have too"
    )
    secondary: Annotated[
        tuple[InterfaceAddress, ...],
        BeforeValidator(values.one_or_more, json_schema_input_type=str | list[str]),
    ] = Field(default=(), description="its own addresses in secondary subnets", examples=[["10.1.2.1/24"]])
    vrf: VrfName = Field(default=DEFAULT_VRF, description="VRF it is in")
    linux: Text = Field(default="", description="its name in the kernel, for captures, where that is another")


def _commands(value: object) -> object:
    return {"do": value} if isinstance(value, str | list) else value


class CommandSpec(SpecModel):
    """Commands that do something to a node, in order. Short form: the commands."""

    do: TextList = Field(
        description="commands, typed in order", examples=[["systemctl stop kea-dhcp4-server"]]
    )
    watch: Text = Field(default="", description="command whose output shows that it took effect")
    done: Text = Field(default="", description="regular expression that the output then has")
    undo: Text = Field(default="", description="action that takes it back", examples=["start-server"])


Interfaces = Annotated[
    dict[
        Text,
        Annotated[
            InterfaceSpec, BeforeValidator(first_word("address"), json_schema_input_type=InterfaceSpec | str)
        ],
    ],
    BeforeValidator(mapping("{eth1: 10.0.0.1/30}")),
]


class IntendedNode(SpecModel):
    """A node. `device` is one of `labgen devices`; without one nobody questions the node, and what others say of it counts."""

    role: Annotated[Role, choice(*ROLES)] = Field(description="client, switch (whatever relays) or server")
    device: Text = Field(
        default="", description="what it runs, as `labgen devices` names it", examples=["eos"]
    )
    access: Annotated[
        AccessSpec, BeforeValidator(_access, json_schema_input_type=AccessSpec | Literal["inventory", "none"])
    ] = Field(default=AccessSpec(), description="how it is reached")
    interfaces: Interfaces = Field(
        default={}, description="its addresses, as far as DHCP has to do with them"
    )
    address: Address | None = Field(
        default=None, description="a server's address, where it is not that of its first interface"
    )
    paths: dict[Text, Text] = Field(
        default={},
        description="by probe (`labgen devices NAME` lists them): where the file is, or the command to ask with",
        examples=[{"kea-dhcp4.log": "/var/log/kea/dhcp4.log"}],
    )
    commands: dict[
        Text,
        Annotated[
            CommandSpec, BeforeValidator(_commands, json_schema_input_type=CommandSpec | str | list[str])
        ],
    ] = Field(
        default={},
        description="what playbooks may do to it, by action",
        examples=[{"stop-server": "systemctl stop kea-dhcp4-server"}],
    )


class ClientSpec(SpecModel):
    """The place that a client is connected to. Short form: its interface."""

    port: Text = Field(default="eth1", description="its interface on the segment")
    mac: Mac | None = Field(default=None, description="its MAC address; asked of the node where absent")
    at: Name | None = Field(default=None, description="switch it is wired to; the first relay where absent")
    asks_lease: LeaseTime | None = Field(
        default=None, description="lease time that it asks for (option 51)", examples=["10m"]
    )


class IntendedRelay(SpecModel):
    """The relaying of one node for a segment, as it is meant."""

    interface: Text = Field(description="interface that requests come in on", examples=["Vlan100"])
    servers: SomeNames = Field(description="servers it relays to", min_length=1)
    giaddr: Address | None = Field(default=None, description="giaddr; the interface's address where absent")
    server_vrf: VrfName = Field(
        default=DEFAULT_VRF, description="VRF the servers are reached in", examples=["services"]
    )
    options: Option82List | None = Field(
        default=None,
        description="sub-options of option 82 on the wire; what the device sends by itself where absent",
        examples=[["circuit-id", "link-selection"]],
    )


IntendedRelays = Annotated[
    tuple[IntendedRelay, ...],
    BeforeValidator(several, json_schema_input_type=IntendedRelay | list[IntendedRelay]),
    Field(min_length=1),
]


class IntendedPool(SpecModel):
    """The addresses and options that a server hands out on a segment, as they are meant."""

    ranges: PoolRange = Field(
        description="addresses; `none`: reserved ones alone", examples=[["10.1.1.100-10.1.1.199"]]
    )
    lease: LeaseTime = Field(default=86400, description="lease time", examples=["8h"])
    renew: Duration | None = Field(default=None, description="T1; half of the lease where absent")
    rebind: Duration | None = Field(default=None, description="T2; seven eighths of the lease where absent")
    shortest: LeaseTime | None = Field(
        default=None, description="what a client gets at least that asks for a lease time", examples=["10m"]
    )
    longest: LeaseTime | None = Field(
        default=None, description="what a client gets at most that asks for a lease time", examples=["2d"]
    )
    options: Options | None = Field(
        default=None, description="every option beside mask and router; any will do where absent"
    )
    reservations: Reservations = Field(
        default=(),
        description="addresses kept for clients; with a lease time, or options, of their own",
        examples=[{"pc1": {"address": "10.1.1.10", "lease": "30d"}}],
    )
    classes: Classes = Field(
        default={},
        description="clients told by their vendor class or user class, with lease time, addresses and options of their own",
        examples=[{"phones": {"vendor_class": "Cisco", "clients": ["phone1"], "lease": "8d"}}],
    )

    @property
    def spans(self) -> tuple[str, ...]:
        """Its ranges as they are written; none where reserved addresses are all."""
        return () if self.ranges == RESERVED_ONLY else tuple(self.ranges)


def _clients(value: object) -> object:
    if isinstance(value, str):
        return {value: {}}
    if isinstance(value, list):
        return {str(each): {} for each in value}
    return value


Clients = Annotated[
    dict[
        Name,
        Annotated[ClientSpec, BeforeValidator(first_word("port"), json_schema_input_type=ClientSpec | str)],
    ],
    BeforeValidator(_clients, json_schema_input_type=dict[Name, ClientSpec | str] | list[Name]),
]


class IntendedSubnet(SpecModel):
    """A further subnet on the wire of a segment, whose addresses clients may get as well. Short form: its prefix."""

    prefix: Prefix = Field(description="the subnet", examples=["10.1.2.0/24"])
    gateway: Address | None = Field(
        default=None, description="router that clients with an address of it are told; none where absent"
    )


IntendedSubnets = Annotated[
    tuple[
        Annotated[
            IntendedSubnet,
            BeforeValidator(first_word("prefix"), json_schema_input_type=Prefix | IntendedSubnet),
        ],
        ...,
    ],
    BeforeValidator(several, json_schema_input_type=Prefix | IntendedSubnet | list[Prefix | IntendedSubnet]),
]


class IntendedSegment(SpecModel):
    """A subnet of clients: who asks, who relays, and what is handed out."""

    prefix: Prefix = Field(description="the clients' subnet")
    vrf: VrfName = Field(default=DEFAULT_VRF, description="VRF of the clients")
    gateway: Address | None = Field(
        default=None, description="router that clients are told; none where absent"
    )
    secondary: IntendedSubnets = Field(
        default=(),
        description="further subnets on the same wire; ranges of pools may be in any of them",
        examples=[["10.1.2.0/24"]],
    )
    clients: Clients = Field(default={}, description="nodes that get leases, each with its port")
    relays: dict[Name, IntendedRelays] = Field(
        default={},
        description="nodes that relay, each with how it does; a list where servers are in several VRFs",
    )

    @property
    def groups(self) -> tuple[tuple[str, IntendedRelay], ...]:
        """Every way that a node relays, with the node."""
        return tuple((switch, relay) for switch, several in self.relays.items() for relay in several)

    direct: NameList = Field(default=(), description="servers that hear the clients' broadcasts themselves")
    pools: dict[Name, IntendedPool] = Field(default={}, description="what each server hands out")
    mode: Annotated[Redundancy, choice(*(each.value for each in Redundancy))] = Field(
        default=Redundancy.SPLIT, description="how several servers share the segment"
    )
    stretched: bool = Field(
        default=True,
        description="every relay hears every client; false where only the one `at` which it hangs does",
    )


class Intent(SpecModel):
    """The DHCP relaying that a network is meant to do, and the access to its nodes."""

    name: LabName = Field(description="name of the network; runs are kept below labs/NAME", examples=["dc1"])
    summary: Text = Field(default="", description="one line about it")
    inventory: Text = Field(
        default="",
        description="a Nornir inventory (folder, or its configuration file), or the Ansible inventory that netlab and containerlab write",
        examples=["inventory/"],
    )
    nodes: dict[Name, IntendedNode] = Field(description="clients, relays and servers", min_length=1)
    segments: dict[SegmentName, IntendedSegment] = Field(description="subnets with clients", min_length=1)
    captures: TextList = Field(
        default=(),
        description="where to capture DHCP while verifying, as node:interface; nowhere else, and nowhere where absent",
        examples=[["leaf1:eth1"]],
    )
    playbooks: TextList = Field(
        default=("acquire",), description="playbooks that `verify` runs", examples=[["acquire"]]
    )
