"""Access to a node of a network that labgen did not make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Ssh:
    """An SSH server. `password` is the word itself, which only lives in memory; without it and without a `key` file, the user's
    agent and own keys are tried. `host_key`: `known` takes a machine whose key stands in `known_hosts`, `any` takes every one.
    `options` are what a Nornir inventory says to netmiko beside that.
    """

    host: str
    port: int = 22
    user: str = ""
    password: str = field(default="", repr=False)
    key: str = ""
    known_hosts: str = ""
    host_key: Literal["known", "any"] = "known"
    jump: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


NETNS = (
    "sh",
    "-c",
    'shift; name=$1; shift; exec ip netns exec "$name" sh -c \'mount -t tmpfs none /run/netns; exec "$@"\' sh "$@"',
    "netns",
)
"""Program of a `Container` that is a network namespace of this machine: what runs in it sees none of the others, which are other
nodes' and no VRFs of its own."""


@dataclass(frozen=True, slots=True)
class Container:
    """A container: `program` with `exec NAME` behind it, such as `docker`, or `NETNS` for a network namespace."""

    name: str
    program: tuple[str, ...] = ("docker",)


@dataclass(frozen=True, slots=True)
class Nobody:
    """A node that is not asked; `why` in words."""

    why: str = "the intent says `access: none`"


Access = Ssh | Container | Nobody
