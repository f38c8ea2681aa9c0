"""The base of all values of a plan."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from labgen.ground import vocabulary
from labgen.ground.made_once import MadeOnce
from labgen.ground.vocabulary import DEFAULT_VRF

Address = Annotated[vocabulary.Address, MadeOnce()]
Interface = Annotated[vocabulary.Interface, MadeOnce()]
Network = Annotated[vocabulary.Network, MadeOnce()]

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$"), MadeOnce()]
"""A node, segment, VRF or lab. It becomes part of paths and commands, so a plan that was read back is held to it too."""


LinuxName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,14}$"), MadeOnce()]
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
