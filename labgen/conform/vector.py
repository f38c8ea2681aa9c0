"""A vector: one packet, where it goes in, what has to come out, and the clause that says so. Each is a YAML file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from labgen.ground import yamldoc
from labgen.ground.errors import Problem, SpecError

VECTORS = Path(__file__).parent / "vectors"


class VectorModel(BaseModel):
    """Closed and frozen: a key nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Feature(StrEnum):
    """A thing that a relay may lack without being wrong; a vector names those it needs."""

    OPTION82 = "option82"
    TWO_INTERFACES = "two-interfaces"
    LOOPBACK_GIADDR = "loopback-giaddr"
    LINK_SELECTION = "link-selection"
    FLAGS = "flags"
    VRF = "vrf"
    REPLY_SOURCE = "reply-source"
    TRUST = "trust"
    RELAYED_MODES = "relayed-modes"
    RELAY_PORT = "relay-port"
    OVERRIDE = "server-id-override"
    IDENTITY = "subscriber-id"
    DSCP = "dscp"
    SEVERAL_SERVERS = "several-servers"


class Setup(StrEnum):
    """A configuration of the relay.

    giaddr of the interface, a shared loopback, or two VRFs with the same subnet; with giaddr of the interface, further: interfaces
    whose neighbours may add option 82, each thing to do with option 82 of another relay, replies asked for at port 1067 (RFC 8357),
    renewals drawn to the relay (RFC 5107), and sub-options that name the subscriber.
    """

    INTERFACE = "interface"
    LOOPBACK = "loopback"
    TENANTS = "tenants"
    TRUSTED = "trusted"
    APPEND = "append"
    REPLACE = "replace"
    DISCARD = "discard"
    RELAY_PORT = "relay-port"
    OVERRIDE = "override"
    IDENTITY = "identity"


TYPES = ("DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM")
_NAMES = ("$interface", "$giaddr", "$loopback")


def _address(value: str) -> str:
    if value in _NAMES:
        return value
    try:
        return str(IPv4Address(value))
    except AddressValueError:
        raise ValueError(f"{value!r} is no IPv4 address, and none of {', '.join(_NAMES)}") from None


AddressText = Annotated[str, AfterValidator(_address)]


def _message(value: str | int | None) -> str | int | None:
    if isinstance(value, str) and value not in TYPES:
        raise ValueError(f"no message is called {value!r}; there are {', '.join(TYPES)}, and numbers")
    return value


Octet = Annotated[int, Field(ge=0, le=255)]


def _option(value: str) -> str:
    if value.startswith("="):
        _address(value[1:])
    return value


def _sub_option(value: str) -> str:
    if value.startswith("in "):
        IPv4Network(value[3:])
    return _option(value)


SubOptionText = Annotated[str, Field(max_length=250), AfterValidator(_sub_option)]
"""What a sub-option is to be: text, octets as 0x..., `=` and an address, `in` and a network, or `any`."""
OptionText = Annotated[str, Field(max_length=2048), AfterValidator(_option)]
Side = Literal["client1", "client2", "tenant", "server", "server2", "uplink"]
SubOptions = dict[Annotated[int, Field(ge=0, le=255)], Annotated[str, Field(max_length=250)]]


class PacketText(VectorModel):
    """A packet in readable form.

    `options` are in order, one code each: text, octets as 0x..., an IPv4 address written `=10.0.0.2`, or, for 82, sub-options.
    `$agent` is option 82 as the relay sends it on the interface in question, `$circuit` its circuit-id, `$other-circuit` that of the other
    VLAN, `$interface` the relay's address there, `$giaddr` the
    giaddr it sends.
    """

    op: Octet = 1
    message: Annotated[Octet | str | None, AfterValidator(_message)] = None
    bootp: bool = Field(default=False, description="no magic cookie, and so no options")
    hops: Octet = 0
    secs: Annotated[int, Field(ge=0, le=65535)] = 0
    broadcast: bool = False
    reserved: bool = Field(default=False, description="every bit of `flags` but the first is set")
    chaddr: Annotated[str, Field(pattern=r"^0x[0-9a-f]{12}$")] | None = Field(
        default=None, description="another hardware address than the client's"
    )
    htype: Octet = 1
    hlen: Octet = 6
    ciaddr: AddressText = "0.0.0.0"
    yiaddr: AddressText = "0.0.0.0"
    giaddr: AddressText = "0.0.0.0"
    sname: Annotated[str, Field(max_length=64)] = ""
    file: Annotated[str, Field(max_length=128)] = ""
    options: tuple[dict[Annotated[int, Field(ge=0, le=254)], OptionText | SubOptions], ...] = ()
    tail: str = Field(default="0xff", description="what follows the options")
    length: Annotated[int, Field(ge=0, le=1472)] | None = Field(
        default=None, description="cut after so many octets"
    )


class Stimulus(VectorModel):
    """A datagram and where it goes in. `server`, `server2`: from that server's address; `uplink`: from `source`."""

    side: Side
    packet: PacketText
    source: AddressText = "0.0.0.0"
    destination: AddressText = "255.255.255.255"
    port: Annotated[int, Field(ge=1, le=65535)] = 68
    to_port: Annotated[int, Field(ge=1, le=65535)] | Literal["$port"] = Field(
        default=67, description="$port: the one requests come from"
    )
    checksum: Literal["right", "wrong", "none"] = "right"
    ip_checksum: Literal["right", "wrong"] = "right"
    udp_length: Annotated[int, Field(ge=-1024, le=1024)] = Field(
        default=0, description="octets that the UDP header says more or less than there are"
    )
    ip_options: bool = Field(default=False, description="with four octets of IP options that say nothing")
    ttl: Annotated[int, Field(ge=0, le=255)] = 64
    times: Annotated[int, Field(ge=1, le=100)] = Field(default=1, description="how often it is sent")
    mtu: Annotated[int, Field(ge=68, le=1500)] | None = Field(
        default=None, description="sent in fragments of this MTU"
    )
    about: Literal["client1", "client2", "tenant"] = Field(
        default="client1", description="interface whose option 82 and addresses `$agent` and the like are"
    )


class CopyText(VectorModel):
    """The expected copy at a server; fields that are not given are not checked."""

    giaddr: AddressText | None = None
    hops: int | None = None
    source_port: int | None = None
    source: AddressText | None = None
    options: tuple[int, ...] | None = Field(default=None, description="codes in order, without pads")
    option82: Literal["absent", "present", "last"] | SubOptions | None = None
    sub_options: dict[Octet, SubOptionText] = Field(
        default_factory=dict, description="sub-options that are there, each once"
    )
    without: tuple[int, ...] = Field(default=(), description="sub-options that are not there")
    options82: int | None = Field(default=None, description="number of options 82")
    well_formed: bool = Field(default=False, description="sub-options fill option 82, and it is not empty")
    same: bool = Field(default=False, description="nothing is changed but hops, giaddr and option 82")
    least: int | None = Field(default=None, description="octets at least")
    dscp: int | None = None
    ttl_least: int | None = Field(default=None, description="the datagram's TTL at least")


class FrameText(VectorModel):
    """The expected frame on a client's wire."""

    mac: Literal["client", "broadcast"] | None = None
    destination: AddressText | None = None
    source: AddressText | None = None
    giaddr: AddressText | None = None
    source_port: int | None = None
    options: tuple[int, ...] | None = None
    option82: Literal["absent", "present"] | SubOptions | None = None
    same: bool = Field(default=False, description="nothing is changed but option 82")
    least: int | None = None


class ExpectedTraffic(VectorModel):
    """`copies` at each server, and what they are; the wire a reply comes out on, and what it is."""

    copies: int | None = None
    copy_: CopyText | None = Field(default=None, alias="copy")
    client: Literal["client1", "client2", "tenant", "nowhere"] | None = None
    frame: FrameText | None = None


class Vector(VectorModel):
    """One vector. `level` says what another outcome is: wrong where the clause demands it, else a choice."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    title: str
    group: Literal["requests", "option82", "replies", "delivery", "datagrams", "attacks"]
    clause: str
    why: str
    seen_in: tuple[str, ...] = Field(default=(), description="projects whose own tests try the same")
    level: Literal["must", "choice"] = "must"
    setup: Setup = Setup.INTERFACE
    needs: tuple[Feature, ...] = ()
    stimulus: Stimulus
    expect: ExpectedTraffic


@dataclass(frozen=True, slots=True)
class Selection:
    """Vectors to run, by patterns of their ids or groups."""

    patterns: Sequence[str] = ()

    def admits(self, vector: Vector) -> bool:
        names = (vector.id, vector.group)
        return not self.patterns or any(fnmatchcase(name, each) for name in names for each in self.patterns)


def load(folder: Path = VECTORS) -> tuple[Vector, ...]:
    """Every vector of a folder, in the order of groups and ids. Raises SpecError with file and line."""
    if not folder.is_dir():
        raise SpecError([Problem("is no folder", "Name a folder of vectors, one YAML file each.", folder)])
    found = [read(path) for path in sorted(folder.glob("*.yml"))]
    if not found:
        raise SpecError([Problem("holds no vector", "Put one YAML file for each vector there.", folder)])
    groups = list(Vector.model_fields["group"].annotation.__args__)  # type: ignore[union-attr]
    return tuple(sorted(found, key=lambda vector: (groups.index(vector.group), vector.id)))


def read(path: Path) -> Vector:
    """One vector. Raises SpecError with file and line."""
    document = yamldoc.read(path)
    try:
        vector = Vector.model_validate(document.data)
    except ValidationError as error:
        raise SpecError(
            [
                document.problem(
                    [part for part in item["loc"] if isinstance(part, int | str)],
                    f"{'.'.join(map(str, item['loc']))}: {item['msg']}",
                    "Correct the value; the vectors that come with labgen show every key.",
                )
                for item in error.errors()
            ]
        ) from error
    if vector.id != path.stem:
        raise SpecError([document.problem(["id"], f"the file is {path.name}", "Name the file after its id.")])
    return vector


def address(text: str, values: dict[str, IPv4Address]) -> IPv4Address:
    """An address written out, or `$interface`, `$giaddr` and the like."""
    return values[text] if text.startswith("$") else IPv4Address(text)
