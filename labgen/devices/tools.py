"""Devices as the tools have them that run them elsewhere: netlab and containerlab.

A device that is more than its name to a tool has a method `netlab` or `container`; for Linux devices
`labgen.devices.linux.container` derives both from their files and daemons.
"""

from typing import Literal, NamedTuple, Protocol, runtime_checkable

from labgen.devices.base import Artifact
from labgen.ground.labplan import LabPlan, NodePlan

Files = tuple[Artifact, ...]


class NetlabNode(NamedTuple):
    """A node of a netlab topology.

    `config` is what labgen adds to the configuration netlab renders, in the device's own language (a shell
    script for Linux); netlab runs it through no template. `attributes` are further attributes of the node, as
    dotted names; `oldest` is the first netlab release that runs the device in containers.
    `neighbors`: how `netlab validate` looks for OSPF neighbours on it, by netlab's own plugin or in the shell of its routing daemons; empty
    where it cannot.
    `shell`: its command line is a Linux shell.
    """

    device: str
    image: str | None = None
    config: str = ""
    neighbors: Literal["", "plugin", "shell"] = ""
    shell: bool = False
    oldest: str = "26.3"
    attributes: tuple[tuple[str, str], ...] = ()


class Health(NamedTuple):
    """A container's health check; times in seconds. The engine makes it as long as the container runs."""

    test: str
    start_period: int
    interval: int
    timeout: int = 5
    retries: int = 60


class ContainerNode(NamedTuple):
    """A node of a containerlab topology.

    `port` is the pattern of its data ports' names in `links`, with `{n}` from 1. `startup_config` and the
    sources of `binds` are paths in the lab folder; `files` are further files, there for
    containerlab alone; `config` are the device's own among those the node needs. `ready` is a shell command that succeeds
    in a node that is ready: labgen asks it while the lab comes up, and nobody afterwards.
    """

    kind: str
    image: str
    port: str = "eth{n}"
    startup_config: str | None = None
    binds: tuple[tuple[str, str], ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    cap_add: tuple[str, ...] = ()
    sysctls: tuple[tuple[str, int], ...] = ()
    exec: tuple[str, ...] = ()
    health: Health | None = None
    ready: str = ""
    privileged: bool | None = None
    files: tuple[Artifact, ...] = ()
    config: tuple[Artifact, ...] = ()


@runtime_checkable
class NetlabDevice(Protocol):
    """A device that tells netlab more than its name."""

    def netlab(self, plan: LabPlan, node: NodePlan, files: Files) -> NetlabNode:
        """`files` are what `artifacts` gave for this node."""
        ...


@runtime_checkable
class ContainerDevice(Protocol):
    """A device that tells containerlab more than its kind."""

    def container(self, plan: LabPlan, node: NodePlan, files: Files) -> ContainerNode:
        """`files` are what `artifacts` gave for this node."""
        ...
