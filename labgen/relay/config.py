"""The configuration of labgen-relay: YAML in, a checked `RelayConfig` out, or a SpecError with the place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from enum import StrEnum
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from labgen.dhcp.ports import SERVER_PORT
from labgen.ground import yamldoc
from labgen.ground.errors import Problem, SpecError
from labgen.ground.yamldoc import Document
from labgen.relay.dialects import DIALECTS, SentSubOption, wanted_options
from labgen.relay.values import (
    CircuitId,
    Dscp,
    Identifier,
    InterfaceName,
    Printable,
    ServerAddress,
    SubOptionValue,
    Unicast,
    VpnId,
    filled,
    is_pattern,
    octets,
)

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

DEFAULT_VRF = "default"
NAMESPACES = Path("/run/netns")
CONTROL_SOCKET = "/run/labgen-relay/relay.sock"
"""Where the command looks for a relay, and where unit and documentation put its control socket."""
OPTION_LENGTH = 255
INTERFACE_LENGTH = 15
OWN_SUB_OPTIONS = frozenset((1, 2, 5, 6, 10, 11, 19, 150, 151, 152))
"""Sub-options that have keys of their own, or follow from others."""


class LogLevel(StrEnum):
    """`debug`: a line per packet; `info`: dropped packets (so many a second) and changes; `warning`: trouble only."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"


class ConfigModel(BaseModel):
    """Closed and frozen: a key nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class VrfConfig(ConfigModel):
    """The place of a VRF: a network namespace, or a kernel VRF device in the relay's own namespace.

    With neither, `located` looks: the namespace of the VRF's name where there is one, else the device of
    that name.
    """

    netns: Path | None = Field(default=None, description="path of the namespace, such as /run/netns/client")
    device: str | None = Field(default=None, description="name of the kernel VRF device")
    vpn_id: VpnId | None = Field(
        default=None, description="VPN-ID (RFC 2685) that sub-option 151 carries instead of the name"
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if self.netns is not None and self.device is not None:
            raise ValueError("a VRF is given by one of `netns` and `device`, not by both")
        return self

    def located(self, name: str) -> VrfConfig:
        """The same with its place known."""
        if self.netns is not None or self.device is not None:
            return self
        space = NAMESPACES / name
        place = {"netns": space} if space.exists() else {"device": name}
        return self.model_copy(update=place)


class ServerConfig(ConfigModel):
    """One helper address."""

    address: ServerAddress = Field(description="IPv4 address, or a name to look up")
    port: Annotated[int, Field(ge=1, le=65535)] = 67
    vrf: str = DEFAULT_VRF
    giaddr: Unicast | None = Field(default=None, description="instead of the interface's, for this server")
    source: Unicast | None = Field(default=None, description="instead of the interface's, for this server")
    replies_from: tuple[Unicast, ...] = Field(
        default=(),
        description="further addresses of the server: many answer from that of the link they answer by",
    )


class InterfaceConfig(ConfigModel):
    """One client-facing interface, or all those whose names fit a pattern."""

    name: InterfaceName = Field(
        description="name, or a pattern such as vlan* or vlan[12]?; a name of its own comes before any pattern"
    )
    vrf: str = DEFAULT_VRF
    servers: Annotated[tuple[ServerConfig, ...], Field(min_length=1)]
    circuit_id: CircuitId | None = Field(
        default=None,
        description="as the dialect says where absent; {host}, {interface} and {port} (bridge port) are filled in",
    )
    remote_id: Identifier | None = Field(default=None, description="as the dialect says where absent")
    subscriber_id: Identifier | None = Field(default=None, description="sub-option 6 (RFC 3993)")
    sub_options: dict[Annotated[int, Field(ge=1, le=254)], SubOptionValue] = Field(
        default_factory=dict, description="any further sub-options by code: text, or octets as 0x..."
    )
    giaddr: Unicast | None = Field(default=None, description="primary address of the interface where absent")
    source: Unicast | None = Field(
        default=None, description="source address towards servers; giaddr where absent"
    )
    options: tuple[SentSubOption, ...] | None = Field(
        default=None, description="exactly these; else the dialect's"
    )
    link_selection: Unicast | None = Field(default=None, description="instead of the interface's subnet")
    server_id_override: Unicast | None = Field(default=None, description="instead of the interface's address")
    unnumbered: str | None = Field(
        default=None, description="interface of the same VRF whose address is borrowed"
    )
    listen_also: tuple[str, ...] = Field(
        default=(),
        description="interfaces whose unicast packets count as this one's, such as an anycast gateway",
    )
    trusted: bool = Field(
        default=False,
        description="accept option 82 in a packet without giaddr, and give it back to who added it",
    )
    trusted_option82: Literal["keep", "replace", "discard"] = Field(
        default="keep",
        description="what becomes of option 82 in a packet without giaddr on a trusted interface: it stays, gives way to the "
        "relay's own, or has the packet dropped",
    )
    replies_on_segment: bool = Field(
        default=False,
        description="take replies for this interface's clients that come in by the interface itself: where other switches have the "
        "same subnet, one of them may hand them over",
    )
    relayed: Literal["forward", "append", "replace", "discard"] | None = Field(
        default=None,
        description="what to do with requests another relay has seen; as the dialect says where absent",
    )
    hop_limit: Annotated[int, Field(ge=0, le=254)] | None = None
    min_secs: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=0,
        description="broadcast requests are relayed once their `secs` says this much (RFC 1542 section 4.1.1)",
    )

    @property
    def key(self) -> str:
        """Its name in the log, in counters and tables."""
        return f"{self.name}@{self.vrf}"

    @field_validator("sub_options")
    @classmethod
    def _others_only(cls, value: dict[int, str]) -> dict[int, str]:
        taken = sorted(OWN_SUB_OPTIONS & set(value))
        if taken:
            raise ValueError(
                f"sub-option {taken[0]} has a key of its own: circuit_id, remote_id, subscriber_id, options, "
                "vpn_id or relay_port"
            )
        return value


class RelayConfig(ConfigModel):
    """The whole configuration file."""

    name: Annotated[Printable, Field(max_length=63)]
    dialect: str = "rfc"
    log: str = Field(default="-", description="file of JSON lines; - is standard output")
    log_level: LogLevel = LogLevel.INFO
    control: Path | None = Field(default=None, description="Unix socket for stats and reload")
    hop_limit: Annotated[int, Field(ge=0, le=254)] = 16
    reply_source: Literal["strict", "any"] = Field(
        default="strict",
        description="strict: replies from servers of the interface only; any: from any host of a server's VRF",
    )
    dscp: Dscp = Field(default=48, description="of everything sent: a name such as CS6, or 0 to 63")
    relay_port: Annotated[int, Field(ge=1, le=65535)] = Field(
        default=67, description="source port towards servers, told to them in sub-option 19 (RFC 8357)"
    )
    user: str | None = Field(default=None, description="user to become once the sockets are open")
    drop_privileges: bool = Field(default=True, description="keep only the capabilities needed after start")
    vrfs: dict[Annotated[Printable, Field(max_length=32)], VrfConfig] = Field(default_factory=dict)
    interfaces: Annotated[tuple[InterfaceConfig, ...], Field(min_length=1)]

    @field_validator("dialect")
    @classmethod
    def _known_dialect(cls, value: str) -> str:
        if value not in DIALECTS:
            raise ValueError(f"no dialect is called {value!r}; there are {', '.join(DIALECTS)}")
        return value


def load_config(path: Path) -> RelayConfig:
    """Read and check a configuration file.

    Raises SpecError with file, line and remedy for whatever is wrong in it, the file itself included.
    """
    config = _config(yamldoc.read(path))
    return config.model_copy(update={"vrfs": {name: vrf.located(name) for name, vrf in config.vrfs.items()}})


def parse_config(text: str, path: Path | None = None) -> RelayConfig:
    """The same from text; `path` is only named in errors."""
    return _config(yamldoc.parse(text, path))


def _config(document: Document) -> RelayConfig:
    try:
        config = RelayConfig.model_validate(document.data)
    except ValidationError as error:
        raise SpecError([_problem(item, document) for item in _causes(error)]) from error
    problems = [document.problem(loc, reason, remedy) for loc, reason, remedy in _inconsistencies(config)]
    if problems:
        raise SpecError(problems)
    return config


Location = tuple[int | str, ...]


def _inconsistencies(config: RelayConfig) -> Iterator[tuple[Location, str, str]]:
    """Faults that no single value shows: place, reason and remedy."""
    yield from _same_places(config)
    seen: set[tuple[str, str]] = set()
    own = _own_addresses(config)
    for index, item in enumerate(config.interfaces):
        at: Location = ("interfaces", index)
        for name in (item.name, *item.listen_also):
            if (item.vrf, name) in seen:
                reason = f"interface {name} of VRF {item.vrf} is listed twice"
                yield (*at, "name"), reason, "Put all its servers into one entry."
            seen.add((item.vrf, name))
        yield from _unknown_vrf(config, item.vrf, (*at, "vrf"))
        yield from _wrong_servers(config, item, at, own)
        length = max(_longest_option82(config, item, server) for server in item.servers)
        if length > OPTION_LENGTH:
            reason = f"option 82 of {item.name} would have {length} octets; it holds {OPTION_LENGTH}"
            yield at, reason, "Shorten circuit_id, remote_id, subscriber_id or sub_options."


def _longest_option82(config: RelayConfig, item: InterfaceConfig, server: ServerConfig) -> int:
    """The number of octets that option 82 may come to for a server, with the longest names of interfaces and bridge ports."""
    dialect = DIALECTS[config.dialect]
    longest = "x" * INTERFACE_LENGTH
    interface = longest if is_pattern(item.name) else item.name

    def size(text: str) -> int:
        return len(octets(filled(text, config.name, interface).replace("{port}", longest)))

    remote = {"mac": 6, "mac-text": 17, "host": len(config.name)}[dialect.remote_id]
    sizes = {
        SentSubOption.CIRCUIT_ID: size(item.circuit_id or dialect.circuit_id),
        SentSubOption.REMOTE_ID: remote if item.remote_id is None else size(item.remote_id),
        SentSubOption.LINK_SELECTION: 4,
        SentSubOption.FLAGS: 1,
        SentSubOption.SERVER_ID_OVERRIDE: 4,
        # The name behind a type octet, and sub-option 152.
        SentSubOption.VSS: max(len(item.vrf), 7) + 3,
    }
    outside = (server.giaddr or item.giaddr) is not None
    names = wanted_options(dialect, item.options, server.vrf != item.vrf, outside)
    values = [sizes[name] for name in names] + [len(octets(value)) for value in item.sub_options.values()]
    if item.subscriber_id is not None:
        values.append(size(item.subscriber_id))
    if config.relay_port != SERVER_PORT:
        values.append(0)
    return sum(2 + value for value in values)


def _same_places(config: RelayConfig) -> Iterator[tuple[Location, str, str]]:
    places: dict[object, str] = {}
    for name, vrf in config.vrfs.items():
        place = vrf.netns or vrf.device
        if place is not None and places.setdefault(place, name) != name:
            yield (
                ("vrfs", name),
                f"VRF {name} is VRF {places[place]} under another name: both are {place}",
                "Keep one.",
            )


def _own_addresses(config: RelayConfig) -> set[tuple[str, IPv4Address]]:
    """Addresses that the configuration itself makes the relay's, with the VRF of the servers that see them."""
    return {
        (server.vrf, address)
        for item in config.interfaces
        for server in item.servers
        for address in (server.giaddr or item.giaddr, server.source or item.source)
        if address is not None
    }


def _wrong_servers(
    config: RelayConfig, item: InterfaceConfig, at: Location, own: set[tuple[str, IPv4Address]]
) -> Iterator[tuple[Location, str, str]]:
    targets: set[tuple[str, str]] = set()
    for number, server in enumerate(item.servers):
        place = (*at, "servers", number)
        yield from _unknown_vrf(config, server.vrf, (*place, "vrf"))
        name = str(server.address).lower().removesuffix(".")
        if (name, server.vrf) in targets:
            reason = f"server {server.address} is listed twice"
            yield place, reason, "Leave it out: a request goes there once."
        if server.port == config.relay_port and (server.vrf, server.address) in own:
            reason = f"server {server.address} is a giaddr or source address of this relay"
            yield (*place, "address"), reason, "Give the server's own address."
        targets.add((name, server.vrf))


def _unknown_vrf(config: RelayConfig, vrf: str, at: Location) -> Iterator[tuple[Location, str, str]]:
    if vrf != DEFAULT_VRF and vrf not in config.vrfs:
        known = ", ".join((DEFAULT_VRF, *config.vrfs))
        yield at, f"no VRF is called {vrf!r}", f"Add it under `vrfs`, or use one of {known}."


def _causes(error: ValidationError) -> list[ErrorDetails]:
    """Without complaints about a list that only lacks the items complained about."""
    items = error.errors()
    places = [item["loc"] for item in items]
    return [
        item
        for item in items
        if not any(place != item["loc"] and place[: len(item["loc"])] == item["loc"] for place in places)
    ]


def _problem(item: ErrorDetails, document: Document) -> Problem:
    loc = tuple(part for part in item["loc"] if isinstance(part, int | str))
    key = ".".join(str(part) for part in loc) or "the file"
    message = item["msg"].removeprefix("Value error, ")
    return document.problem(loc, f"{key}: {message}", _remedy(item, loc))


def _remedy(item: ErrorDetails, place: Sequence[int | str]) -> str:
    if item["type"] == "extra_forbidden":
        known = _keys_at(place)
        near = get_close_matches(str(place[-1]), known, n=1)
        guess = f"Did you mean `{near[0]}`? " if near else "Remove the key. "
        return f"{guess}Known here: {', '.join(known)}."
    if item["type"] == "missing":
        return f"Add `{place[-1]}`."
    return "Correct the value; `labgen-relay schema` prints what is allowed."


def _keys_at(place: Sequence[int | str]) -> list[str]:
    """Names of the keys allowed where `place` (of an unknown key) points."""
    model: type[BaseModel] = RelayConfig
    if place[0] == "interfaces":
        model = ServerConfig if "servers" in place[:-1] else InterfaceConfig
    elif place[0] == "vrfs":
        model = VrfConfig
    return list(model.model_fields if len(place) > 1 else RelayConfig.model_fields)
