"""The seam between labgen and whatever runs a lab."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from labgen.plan.model import LabPlan


@dataclass(frozen=True, slots=True)
class Stage:
    """One thing that happened while a lab came up. `seconds` since the start of `up`."""

    name: str
    seconds: float


Progress = Callable[[Stage], None]


@dataclass(frozen=True, slots=True)
class DaemonStatus:
    name: str
    state: Literal["running", "idle", "exited"]
    pid: int | None
    exit_code: int | None = None


@dataclass(frozen=True, slots=True)
class NodeStatus:
    name: str
    daemons: tuple[DaemonStatus, ...]


@dataclass(frozen=True, slots=True)
class LabStatus:
    """A running lab. `uptime` in seconds; `vrf_backend` says how VRFs are made."""

    lab: str
    folder: Path
    provider: str
    pid: int
    uptime: float
    vrf_backend: Literal["kernel", "netns", "device"]
    nodes: tuple[NodeStatus, ...]
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """Outcome of a command run in a node."""

    exit_code: int
    stdout: bytes
    stderr: bytes


@dataclass(frozen=True, slots=True)
class SshAccess:
    """How to log in to a node: a connected TCP socket comes from `Lab.ssh_socket`, the rest is here."""

    user: str
    key_file: Path
    known_hosts: Path
    host: str
    port: int = 22


class Lab(Protocol):
    """A running lab."""

    @property
    def plan(self) -> LabPlan: ...

    @property
    def folder(self) -> Path: ...

    def status(self) -> LabStatus: ...

    def ssh_access(self, node: str) -> SshAccess: ...

    def ssh_socket(self, node: str) -> socket.socket:
        """A fresh TCP connection to the node's SSH server over the management network."""
        ...

    def execute(self, node: str, argv: Sequence[str], timeout: float | None = None) -> Result: ...

    def interactive(self, node: str, argv: Sequence[str]) -> int:
        """Run a command with the caller's terminal; returns its exit status."""
        ...

    def save_captures(self, target: Path) -> tuple[Path, ...]:
        """Write one pcap per tap, complete up to this moment, named `<node>-<if>.pcap`."""
        ...

    def down(self) -> None: ...


class Provider(Protocol):
    """Starts labs and finds running ones."""

    name: str

    def up(self, folder: Path, progress: Progress, *, detach: bool = True) -> Lab:
        """Start the lab of a built folder and return when its daemons serve and its control plane has converged.

        With `detach` False the lab ends when the caller's process does, whatever ends it.
        Raises LabStartError, MissingToolError.
        """
        ...

    def find(self, folder: Path) -> Lab:
        """The running lab of a folder; LabNotUpError where there is none."""
        ...

    def running(self) -> tuple[LabStatus, ...]: ...
