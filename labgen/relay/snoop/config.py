"""The configuration of `labgen-relay snoop`: YAML in, a checked `SnoopConfig` out, or a SpecError with the place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from labgen.ground import yamldoc
from labgen.ground.errors import SpecError
from labgen.relay.config import DEFAULT_VRF, ConfigModel, VrfConfig
from labgen.relay.values import InterfaceName, PortIdentifier, Printable


class SnoopedPort(ConfigModel):
    """An access port. `name` is where the client hangs, `inner` the end of a veth pair whose other end is in the bridge."""

    name: InterfaceName
    inner: InterfaceName
    vrf: str = Field(default=DEFAULT_VRF, description="VRF whose namespace the port is in")
    vlan: Annotated[int, Field(ge=1, le=4094)] = Field(description="VLAN of the port")
    circuit_id: PortIdentifier | None = Field(
        default=None, description="sub-option 1 of what clients send; not sent where absent"
    )
    remote_id: PortIdentifier | None = Field(
        default=None, description="sub-option 2 of what clients send; not sent where absent"
    )


class SnoopConfig(ConfigModel):
    """The whole configuration file."""

    name: Annotated[Printable, Field(max_length=63)]
    log: str = Field(default="-", description="file of JSON lines; - is standard output")
    verify_mac: bool = Field(
        default=True, description="drop requests whose chaddr is not the frame's source address"
    )
    vrfs: dict[Annotated[Printable, Field(max_length=32)], VrfConfig] = Field(default_factory=dict)
    ports: Annotated[tuple[SnoopedPort, ...], Field(min_length=1)]


def load_config(path: Path) -> SnoopConfig:
    """Read and check a configuration file. SpecError with file, line and remedy for whatever is wrong in it."""
    document = yamldoc.read(path)
    try:
        config = SnoopConfig.model_validate(document.data)
    except ValidationError as error:
        problems = [
            document.problem(
                tuple(part for part in item["loc"] if isinstance(part, int | str)),
                f"{'.'.join(str(part) for part in item['loc']) or 'the file'}: {item['msg'].removeprefix('Value error, ')}",
                "correct the value; `labgen-relay schema --snoop` prints what is allowed",
            )
            for item in error.errors()
        ]
        raise SpecError(problems) from error
    found = [document.problem(*each) for each in _inconsistencies(config)]
    if found:
        raise SpecError(found)
    return config.model_copy(update={"vrfs": {name: vrf.located(name) for name, vrf in config.vrfs.items()}})


def _inconsistencies(config: SnoopConfig) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    seen: set[tuple[str, str]] = set()
    for number, port in enumerate(config.ports):
        for key in ("name", "inner"):
            name = str(getattr(port, key))
            if (port.vrf, name) in seen:
                yield ("ports", number, key), f"interface {name} is named twice", "a port has two of its own"
            seen.add((port.vrf, name))
        if port.vrf != DEFAULT_VRF and port.vrf not in config.vrfs:
            yield ("ports", number, "vrf"), f"no VRF is called {port.vrf!r}", "add it under `vrfs`"
