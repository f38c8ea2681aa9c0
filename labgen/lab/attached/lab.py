"""A network that labgen did not make, as a lab: what can be asked of it, and what can be captured where its owner says so."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from labgen.adopt.intent.access import Access, Container, Nobody, Ssh
from labgen.ground.errors import LabgenError, NodeUnreachableError, UsageError
from labgen.ground.labplan import LabPlan
from labgen.lab.attached import capture, remote
from labgen.lab.attached.capture import RemoteCapture
from labgen.lab.deadline import Deadline
from labgen.lab.provider import (
    ContainerAccess,
    DaemonAction,
    DaemonStatus,
    LabStatus,
    NoAccess,
    Result,
    SshAccess,
)

PROVIDER = "attached"


@dataclass
class AttachedLab:
    """`access` says how each node is reached, `captures` where packets may be taken: node and interface as the plan names it.
    `problems` are captures that could not be begun, by file."""

    plan: LabPlan
    folder: Path
    access: Mapping[str, Access]
    captures: Sequence[tuple[str, str]] = ()
    problems: dict[str, str] = field(default_factory=dict)
    _running: dict[str, RemoteCapture] = field(default_factory=dict)
    _since: float = field(default_factory=time.monotonic)

    # --- captures ---

    def start_captures(self, folder: Path) -> None:
        """Begin to capture, into files of a folder; what cannot be is told in `problems`."""
        for node, port in self.captures:
            name = f"{node}-{self._kernel_name(node, port)}.pcap"
            try:
                reached = self._reached(node)
                self._running[name] = RemoteCapture(
                    folder / name, remote.stream(node, reached, capture.command(port))
                )
            except (LabgenError, OSError) as error:
                self.problems[name] = str(error)
        deadline = Deadline.patient(capture.STARTING)
        for name, each in self._running.items():
            if not each.begun(deadline):
                self.problems[name] = (
                    "tcpdump did not start: is it installed there, and may the user capture?"
                )

    def _kernel_name(self, node: str, port: str) -> str:
        try:
            return self.plan.node(node).interface(port).linux
        except KeyError:
            return port

    def end_captures(self) -> None:
        for each in self._running.values():
            each.end()
        self._running.clear()

    def taps(self) -> tuple[str, ...]:
        return tuple(f"{node}-{self._kernel_name(node, port)}.pcap" for node, port in self.captures)

    def save_captures(self, target: Path) -> tuple[Path, ...]:
        target.mkdir(parents=True, exist_ok=True)
        for name, each in self._running.items():
            if name not in self.problems and (problem := each.problem):
                self.problems[name] = problem
        whole = {name: each for name, each in self._running.items() if name not in self.problems}
        return tuple(Path(shutil.copy(each.file, target / name)) for name, each in sorted(whole.items()))

    # --- nodes ---

    def ssh_access(self, node: str) -> SshAccess | ContainerAccess | NoAccess:
        reached = self.access.get(node, Nobody())
        if isinstance(reached, Container):
            return ContainerAccess(reached.name, reached.program)
        if isinstance(reached, Ssh):
            return remote.ssh_access(node, reached)
        return NoAccess(reached.why)

    def ssh_socket(self, node: str) -> socket.socket:
        reached = self._reached(node)
        if isinstance(reached, Container):
            raise NodeUnreachableError(f"{node} is a container, and has no SSH server that labgen knows of")
        return remote.connect(node, reached)

    def _reached(self, node: str) -> Ssh | Container:
        reached = self.access.get(node, Nobody())
        if isinstance(reached, Nobody):
            raise NodeUnreachableError(f"{node}: {reached.why}")
        return reached

    def status(self) -> LabStatus:
        return LabStatus(
            lab=self.plan.name,
            folder=self.folder,
            provider=PROVIDER,
            pid=os.getpid(),
            uptime=time.monotonic() - self._since,
            vrf_backend="device",
            nodes=(),
            adopted=True,
        )

    def execute(self, node: str, argv: Sequence[str], timeout: float | None = None) -> Result:
        reached = self._reached(node)
        if isinstance(reached, Container):
            command = (*reached.program, "exec", reached.name, *argv)
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False
            )
            return Result(done.returncode, done.stdout, done.stderr)
        raise _not_made_here("execute")

    def interactive(self, node: str, argv: Sequence[str]) -> int:
        raise _not_made_here("connect")

    def attached(self, node: str, argv: Sequence[str], stdout: int | None = None) -> int:
        raise _not_made_here("exec")

    def capture(self, node: str, interface: str, stdout: int) -> int:
        raise _not_made_here("capture")

    def logs(self, node: str, daemon: str | None = None) -> tuple[BinaryIO, ...]:
        raise _not_made_here("logs")

    def control(self, node: str, daemon: str, action: DaemonAction) -> DaemonStatus:
        raise _not_made_here(f"{action} {daemon}")

    def down(self) -> None:
        """Leave it as it is; only what labgen began there ends."""
        self.end_captures()


def _not_made_here(what: str) -> UsageError:
    return UsageError(
        f"labgen did not make this network, and only verifies it: `{what}` is for labs of its own"
    )
