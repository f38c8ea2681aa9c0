"""The base of all values of a plan."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, StringConstraints
from pydantic_core import CoreSchema

from labgen.ground import vocabulary
from labgen.ground.vocabulary import DEFAULT_VRF


class _Once:
    """Makes the schema of a type for the first field that has it: dozens of fields are addresses, and each would have its own made."""

    def __init__(self) -> None:
        self._made: CoreSchema | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        if self._made is None:
            self._made = handler(source)
        return self._made


Address = Annotated[vocabulary.Address, _Once()]
Interface = Annotated[vocabulary.Interface, _Once()]
Network = Annotated[vocabulary.Network, _Once()]

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$"), _Once()]
"""A node, segment, VRF or lab. It becomes part of paths and commands, so a plan that was read back is held to it too."""


LinuxName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,14}$"), _Once()]
"""An interface as the kernel names it: 15 characters at most."""


def absent(value: object) -> bool:
    """True if a field says nothing: such a field is left out of the JSON form, so that a plan shows what its spec asks for."""
    return not value


def is_global(value: object) -> bool:
    """True if a VRF is the global table, which need not be named."""
    return value == DEFAULT_VRF


class Model(BaseModel):
    """Frozen, closed value with a JSON form."""

    model_config = ConfigDict(frozen=True, extra="forbid")
