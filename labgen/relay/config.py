"""The configuration of labgen-relay: YAML in, a checked `RelayConfig` out, or a SpecError with the place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from enum import StrEnum
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from labgen.ground import yamldoc
from labgen.ground.errors import Problem, SpecError
from labgen.ground.yamldoc import Document
from labgen.relay.dialects import DIALECTS, RelayOption

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

DEFAULT_VRF = "default"


NAMESPACES = Path("/run/netns")


class LogLevel(StrEnum):
    """`debug`: a line per packet; `info`: per dropped packet and per change; `warning`: trouble only."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"


class Model(BaseModel):
    """Closed and frozen: a key nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class VrfConfig(Model):
    """Where a VRF lives: a network namespace, or a kernel VRF device in the relay's own namespace.

    With neither, `located` looks: the namespace of the VRF's name where there is one, else the device of
    that name.
    """

    netns: Path | None = Field(default=None, description="path of the namespace, such as /run/netns/client")
    device: str | None = Field(default=None, description="name of the kernel VRF device")

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
        return VrfConfig(netns=space) if space.exists() else VrfConfig(device=name)


_Printable = Annotated[str, Field(pattern=r"^[ -~]+$")]
_Identifier = Annotated[
    _Printable, Field(max_length=80, description="text, or octets as 0x and hexadecimal digits")
]


class ServerConfig(Model):
    """One helper address."""

    address: IPv4Address
    vrf: str = DEFAULT_VRF
    giaddr: IPv4Address | None = Field(
        default=None, description="instead of the interface's, for this server"
    )


class InterfaceConfig(Model):
    """One client-facing interface."""

    name: Annotated[_Printable, Field(max_length=15)]
    vrf: str = DEFAULT_VRF
    servers: Annotated[tuple[ServerConfig, ...], Field(min_length=1)]
    circuit_id: _Identifier | None = Field(default=None, description="as the dialect says where absent")
    remote_id: _Identifier | None = Field(default=None, description="as the dialect says where absent")
    giaddr: IPv4Address | None = Field(
        default=None, description="primary address of the interface where absent"
    )
    options: tuple[RelayOption, ...] | None = Field(
        default=None, description="exactly these; else the dialect's"
    )
    link_selection: IPv4Address | None = Field(default=None, description="instead of the interface's subnet")
    server_id_override: IPv4Address | None = Field(
        default=None, description="instead of the interface's address"
    )
    unnumbered: str | None = Field(
        default=None, description="interface of the same VRF whose address is borrowed"
    )
    listen_also: tuple[str, ...] = Field(
        default=(),
        description="interfaces whose unicast packets count as this one's, such as an anycast gateway",
    )
    trusted: bool = Field(default=False, description="accept option 82 in a packet without giaddr")
    relayed: Literal["forward", "append", "replace", "discard"] | None = Field(
        default=None,
        description="what to do with requests another relay has seen; as the dialect says where absent",
    )
    hop_limit: Annotated[int, Field(ge=0, le=254)] | None = None


class RelayConfig(Model):
    """The whole configuration file."""

    name: Annotated[_Printable, Field(max_length=63)]
    dialect: str = "rfc"
    log: str = Field(default="-", description="file of JSON lines; - is standard output")
    log_level: LogLevel = LogLevel.INFO
    control: Path | None = Field(default=None, description="Unix socket for stats and reload")
    hop_limit: Annotated[int, Field(ge=0, le=254)] = 16
    user: str | None = Field(default=None, description="user to become once the sockets are open")
    drop_privileges: bool = Field(default=True, description="keep only the capabilities needed after start")
    vrfs: dict[Annotated[_Printable, Field(max_length=32)], VrfConfig] = Field(default_factory=dict)
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
    """Where, why and what to do, for what no single value shows."""
    seen: set[tuple[str, str]] = set()
    for index, item in enumerate(config.interfaces):
        at: Location = ("interfaces", index)
        for name in (item.name, *item.listen_also):
            if (item.vrf, name) in seen:
                reason = f"interface {name} of VRF {item.vrf} is listed twice"
                yield (*at, "name"), reason, "Put all its servers into one entry."
            seen.add((item.vrf, name))
        yield from _unknown_vrf(config, item.vrf, (*at, "vrf"))
        targets: set[tuple[IPv4Address, str]] = set()
        for number, server in enumerate(item.servers):
            place = (*at, "servers", number)
            yield from _unknown_vrf(config, server.vrf, (*place, "vrf"))
            if (server.address, server.vrf) in targets:
                yield (
                    place,
                    f"server {server.address} is listed twice",
                    "Leave it out: a request goes there once.",
                )
            targets.add((server.address, server.vrf))


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
