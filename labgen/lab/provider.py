"""The seam between labgen and whatever runs a lab."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol, runtime_checkable

from labgen.ground.labplan import LabPlan


@dataclass(frozen=True, slots=True)
class Stage:
    """One thing that happened while a lab came up. `seconds` since the start of `up`."""

    name: str
    seconds: float


Progress = Callable[[Stage], None]
DaemonAction = Literal["start", "stop", "kill", "restart"]
DaemonState = Literal["running", "idle", "exited", "frozen"]


@dataclass(frozen=True, slots=True)
class DaemonStatus:
    """A daemon of a node. `pid` is what the node's own `ps` shows; `frozen` is one that is there and was stopped (SIGSTOP)."""

    name: str
    state: DaemonState
    pid: int | None
    exit_code: int | None = None


@dataclass(frozen=True, slots=True)
class BrokenDaemon:
    """A daemon that stands still (`frozen`), or was ended by a signal."""

    node: str
    name: str
    how: str
    frozen: bool

    def __str__(self) -> str:
        return f"{self.name} of {self.node} {self.how}"


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """The daemons of a node, running or not."""

    name: str
    daemons: tuple[DaemonStatus, ...]


@dataclass(frozen=True, slots=True)
class LabStatus:
    """A running lab. `uptime` in seconds; `vrf_backend` says how VRFs are made.

    `lost_frames` counts what captures missed because the machine was too slow, as of the last `save_captures`; `clock_moved` are seconds by
    which the wall clock was set since the start, which times in captures do not follow: None where they do;
    `given_up` says which captures and logs of a long run reached their limit, `mended` what the lab set right by itself while it ran;
    `problem` is why nothing else could be asked of it, empty where it answers;
    `adopted` labs were started by the user's own hand.
    """

    lab: str
    folder: Path
    provider: str
    pid: int
    uptime: float
    vrf_backend: Literal["kernel", "netns", "device"]
    nodes: tuple[NodeStatus, ...]
    stages: tuple[Stage, ...] = ()
    lost_frames: int = 0
    clock_moved: float | None = None
    given_up: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()
    problem: str = ""
    adopted: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """Outcome of a command run in a node."""

    exit_code: int
    stdout: bytes
    stderr: bytes


@dataclass(frozen=True, slots=True)
class SshAccess:
    """The login of a node over the socket of `Lab.ssh_socket`; no secret ever lies in a file.

    `private_key` is an OpenSSH private key as text; `host_key` the only key the node may present, as `type
    base64` (one line, as in known_hosts after the host), or empty where nobody could know it before; `host` and `port`
    are where the node listens inside the lab. With `password` there is no key: vendors' images come with one. On machines
    labgen did not make `host_key` may be several lines, any of which will do; `agent`: the user's own keys and agent are tried;
    `options` go to netmiko as they are.
    """

    user: str
    host: str
    port: int
    private_key: str = field(repr=False)
    host_key: str
    password: str = field(default="", repr=False)
    agent: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ContainerAccess:
    """The way to run commands in a node without an SSH server: `program` with `exec NAME COMMAND` behind it."""

    container: str
    program: tuple[str, ...] = ("docker",)


@dataclass(frozen=True, slots=True)
class NoAccess:
    """A node nobody can ask, and why."""

    why: str


class Lab(Protocol):
    """A running lab."""

    @property
    def plan(self) -> LabPlan: ...

    @property
    def folder(self) -> Path: ...

    def status(self) -> LabStatus: ...

    def ssh_access(self, node: str) -> SshAccess | ContainerAccess | NoAccess: ...

    def ssh_socket(self, node: str) -> socket.socket:
        """A fresh TCP connection to the node's SSH server over the management network."""
        ...

    def execute(self, node: str, argv: Sequence[str], timeout: float | None = None) -> Result: ...

    def interactive(self, node: str, argv: Sequence[str]) -> int:
        """Run a command with the caller's terminal; returns its exit status."""
        ...

    def attached(self, node: str, argv: Sequence[str], stdout: int | None = None) -> int:
        """Run a command on the caller's own standard streams, or with another descriptor as stdout.

        Returns its exit status, as a shell would tell it.
        """
        ...

    def capture(self, node: str, interface: str, stdout: int) -> int:
        """Write a live capture of an interface (kernel name) to a descriptor, as pcap, until it closes."""
        ...

    def taps(self) -> tuple[str, ...]:
        """Names of the files that `save_captures` owes: one that is missing is an error. Empty where nobody promised any."""
        ...

    def save_captures(self, target: Path) -> tuple[Path, ...]:
        """Write one pcap per tap, complete up to this moment, named `<node>-<if>.pcap`."""
        ...

    def logs(self, node: str, daemon: str | None = None) -> tuple[BinaryIO, ...]:
        """Open log files of a node's daemons, positioned at their start; KeyError for an unknown name."""
        ...

    def control(self, node: str, daemon: str, action: DaemonAction) -> DaemonStatus:
        """Start (and wait until it serves), stop (politely), kill or restart a named daemon."""
        ...

    def down(self) -> None:
        """End the lab and return when its last process is gone."""
        ...


@runtime_checkable
class Watched(Protocol):
    """A lab with a status that goes beyond its own answers."""

    def ended(self) -> bool:
        """True if its last process is gone: nobody will answer any more, nor say so."""
        ...

    def broken(self) -> tuple[BrokenDaemon, ...]:
        """Daemons that stand still or were killed; none where all is well, or nothing can be told."""
        ...


@runtime_checkable
class Versioned(Protocol):
    """A lab that tells what its nodes were made from."""

    def versions(self) -> Mapping[str, str]:
        """Digests of images, by name."""
        ...


@runtime_checkable
class JudgedInside(Protocol):
    """A lab whose nodes are reached by labgen beside them alone, which judges it there."""

    def judged(
        self,
        arguments: Sequence[str],
        out: Callable[[bytes], object],
        err: Callable[[bytes], object],
        bundle: Path | None,
    ) -> int:
        """`labgen verify` with these options; its exit code. What it writes is in the lab folder afterwards."""
        ...


class Provider(Protocol):
    """Starts labs and finds running ones."""

    name: str

    def up(self, folder: Path, progress: Progress, *, detach: bool = True) -> Lab:
        """Start the lab of a built folder and return when its daemons serve and the control plane converged.

        With `detach` False the lab ends when the caller's process does, whatever ends it.
        Raises LabStartError, MissingToolError.
        """
        ...

    def find(self, folder: Path) -> Lab:
        """The running lab of a folder; LabNotUpError where there is none."""
        ...

    def adopt(self, folder: Path) -> Lab:
        """`find`, and start what judging needs if the user started the lab."""
        ...

    def running(self) -> tuple[LabStatus, ...]:
        """Labs of this user that answer."""
        ...

    def end(self, folder: Path, *, adopted: bool = False) -> None:
        """End the lab of a folder, whether it answers or not; LabNotUpError where there is none, UsageError where
        its user started it by hand and `adopted` does not say that it is meant."""
        ...

    def end_all(self) -> int:
        """End every lab of this user, whether it answers or not; returns how many."""
        ...
