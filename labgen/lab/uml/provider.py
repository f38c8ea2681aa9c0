"""Embedded labs in kernels of their own that stay: what is asked of such a lab, labgen asks labgen in its kernel."""

from __future__ import annotations

import io
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, NoReturn

from pydantic import TypeAdapter

from labgen.ground.errors import LabNotUpError, LabStartError, UsageError
from labgen.ground.labplan import LabPlan
from labgen.ground.planfile import read_plan
from labgen.lab.deadline import patience
from labgen.lab.provider import DaemonAction, DaemonStatus, LabStatus, Progress, Result, Stage
from labgen.lab.uml import kept
from labgen.lab.uml.guest import Write
from labgen.lab.uml.kept import KeptKernel

NAME = "uml"
UNBEGUN = b"nothing was captured: an interpreter starts in the kernel first, which takes some seconds\n"


@dataclass(frozen=True)
class OwnKernelLab:
    """A lab that runs in a kernel of its own. Its nodes are reached from inside alone."""

    kernel: KeptKernel

    @property
    def folder(self) -> Path:
        return Path(self.kernel.folder)

    @property
    def plan(self) -> LabPlan:
        return read_plan(self.folder)

    def status(self) -> LabStatus:
        done = self._asked("status", str(self.folder), "--format", "json")
        if done.exit_code:
            raise LabNotUpError(
                f"the lab in the kernel of {self.folder} does not answer: {_last(done.stderr)}"
            )
        (found,) = TypeAdapter(list[LabStatus]).validate_python(json.loads(done.stdout)["labs"])
        return replace(found, provider=NAME, pid=self.kernel.holder)

    def judged(self, arguments: Sequence[str], out: Write, err: Write, bundle: Path | None) -> int:
        """`labgen verify` with these options, inside; the evidence it adds is in the lab folder afterwards."""
        command = ("verify", str(self.folder), "--patience", f"{patience():g}", *arguments)
        return kept.ask(self.kernel, command, out, err, runs=True, bundle=bundle)

    def _asked(self, *arguments: str) -> Result:
        out, err = bytearray(), bytearray()
        return Result(kept.ask(self.kernel, arguments, out.extend, err.extend), bytes(out), bytes(err))

    def _exec(self, node: str, argv: Sequence[str]) -> tuple[str, ...]:
        return ("exec", "--lab", str(self.folder), node, "--", *argv)

    def execute(self, node: str, argv: Sequence[str], timeout: float | None = None) -> Result:
        """`timeout` is not kept: what hangs inside is ended with this command."""
        return self._asked(*self._exec(node, argv))

    def attached(self, node: str, argv: Sequence[str], stdout: int | None = None) -> int:
        """Without the caller's input, which does not reach into the kernel."""
        return kept.ask(self.kernel, self._exec(node, argv), _to(1 if stdout is None else stdout), _to(2))

    def capture(self, node: str, interface: str, stdout: int) -> int:
        command = ("capture", "--lab", str(self.folder), f"{node}:{interface}")
        seen: list[int] = []

        def write(text: bytes) -> None:
            seen.append(len(text))
            _to(stdout)(text)

        try:
            return kept.ask(self.kernel, command, write, _to(2))
        except (KeyboardInterrupt, SystemExit):
            if not seen:
                _to(2)(UNBEGUN)
            raise

    def logs(self, node: str, daemon: str | None = None) -> tuple[BinaryIO, ...]:
        more = () if daemon is None else (daemon,)
        done = self._asked("logs", "--lab", str(self.folder), node, *more)
        if done.exit_code:
            raise KeyError(daemon or node)
        return (io.BytesIO(done.stdout),)

    def interactive(self, node: str, argv: Sequence[str]) -> int:
        raise UsageError(
            f"no terminal reaches into a kernel of its own; run one command: labgen exec {node} -- COMMAND"
        )

    def ssh_access(self, node: str) -> NoReturn:
        self._apart()

    def ssh_socket(self, node: str) -> socket.socket:
        self._apart()

    def taps(self) -> tuple[str, ...]:
        return ()

    def save_captures(self, target: Path) -> tuple[Path, ...]:
        self._apart()

    def control(self, node: str, daemon: str, action: DaemonAction) -> DaemonStatus:
        self._apart()

    def _apart(self) -> NoReturn:
        raise UsageError(
            f"the nodes of {self.folder} are in a kernel of their own, which no connection leads into; "
            "`labgen verify`, `exec`, `logs`, `capture`, `status` and `down` work there"
        )

    def down(self) -> None:
        kept.end(self.kernel)


class OwnKernelProvider:
    """Starts embedded labs in kernels of their own, and finds those that stay."""

    name = NAME

    def up(self, folder: Path, progress: Progress, *, detach: bool = True) -> OwnKernelLab:
        """It stays when the caller ends, whatever `detach`; a start that fails or is interrupted leaves nothing."""
        folder, began = folder.resolve(), time.monotonic()
        if any(kernel.folder == str(folder) for kernel in kept.entries()):
            raise LabStartError(f"a lab already runs for {folder}; end it with `labgen down {folder}`")
        said = bytearray()

        def tell(text: bytes) -> None:
            said.extend(text)
            for line in text.decode("utf-8", "replace").splitlines():
                progress(Stage(line.strip(), time.monotonic() - began))

        with kept.started(folder) as kernel:
            command = ("up", str(folder), "--patience", f"{patience():g}")
            if kept.ask(kernel, command, said.extend, tell):
                raise LabStartError(f"the lab did not come up in a kernel of its own: {_last(bytes(said))}")
        return OwnKernelLab(kernel)

    def find(self, folder: Path) -> OwnKernelLab:
        return OwnKernelLab(kept.of(folder))

    def adopt(self, folder: Path) -> OwnKernelLab:
        return self.find(folder)

    def running(self) -> tuple[LabStatus, ...]:
        return tuple(self._status(kernel) for kernel in kept.entries())

    def _status(self, kernel: KeptKernel) -> LabStatus:
        """Also of a kernel whose lab says nothing: somebody has to end it."""
        try:
            return OwnKernelLab(kernel).status()
        except LabNotUpError as error:
            folder, uptime = Path(kernel.folder), time.time() - kernel.started
            return LabStatus(
                folder.name, folder, NAME, kernel.holder, uptime, "kernel", (), problem=str(error)
            )

    def end(self, folder: Path, *, adopted: bool = False) -> None:
        kept.end(kept.of(folder))

    def end_all(self) -> int:
        kernels = tuple(kept.entries())
        for kernel in kernels:
            kept.end(kernel)
        return len(kernels)


def _to(descriptor: int) -> Callable[[bytes], object]:
    """Writes what comes to a descriptor, after what this process still holds back for it."""
    if descriptor == 1:
        sys.stdout.flush()

    def write(text: bytes) -> None:
        while text:
            text = text[os.write(descriptor, text) :]

    return write


def _last(text: bytes) -> str:
    """The last lines of what was said."""
    return "\n".join(text.decode("utf-8", "replace").strip().splitlines()[-4:]) or "it said nothing"
