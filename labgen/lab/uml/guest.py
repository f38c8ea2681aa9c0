"""A command in a kernel of its own: it sees this machine's files, what it writes stays in memory, and only what it puts into the
exchange folder comes out."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from labgen.ground import resources
from labgen.ground.errors import LabStartError
from labgen.lab.deadline import Deadline
from labgen.lab.interrupts import signals_raise
from labgen.lab.uml import kernel

EXCHANGE = "/run/exchange"
"""Where the exchange folder is inside."""

MEMORY = 3072
PAUSE = 0.05
GONE_SECONDS = 5.0
_WITH_US = ("setpriv", "--pdeathsig", "KILL", "unshare", "--fork", "--pid", "--kill-child=KILL")
"""Ends the kernel when this process ends, whatever ended that: the kernel is the init of a PID namespace, and takes its own with it."""

_AS_USER = ("--user", "--map-current-user")

Write = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Command:
    """What to run inside: `argv` in folder `cwd` with no other variables than `environment`. `after` is a shell command that runs
    when it has ended, whatever its status.
    """

    argv: tuple[str, ...]
    cwd: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    after: str = ""

    def script(self) -> str:
        variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in self.environment.items())
        run = f"env -i {variables} {shlex.join(self.argv)}"
        return f"cd {shlex.quote(str(self.cwd))} || exit 1\n{run}\nstatus=$?\n{self.after}\nexit $status\n"


@contextmanager
def exchange() -> Iterator[Path]:
    """The folder through which results come out; gone at the end. Its path is for a kernel's command line: without spaces."""
    base = next((path for path in (tempfile.gettempdir(), "/tmp") if " " not in path), "/tmp")
    with tempfile.TemporaryDirectory(prefix="labgen-uml-", dir=base) as folder:
        yield Path(folder)


def run(
    command: Command,
    folder: Path,
    out: Write,
    err: Write,
    *,
    memory: int = MEMORY,
    modules: Sequence[str] = kernel.MODULES,
    disks: Sequence[str] = (),
) -> int:
    """Run a command in a kernel of its own, with what it says passed on as it comes. Returns its exit status.

    `folder` is an `exchange`; `memory` in MiB; `disks` are further words of the kernel's command line. MissingToolError where there
    is no such kernel, LabStartError where it stopped before the command ended.
    """
    kernel.require()
    own = kernel.memory(memory)
    init = Path(shutil.copy(resources.templates() / "uml" / "init.sh", folder / "init"))
    init.chmod(0o755)
    (folder / "command").write_text(command.script(), encoding="utf-8")
    for name in ("stdout", "stderr", "kernel"):
        (folder / name).touch()
    with (folder / "kernel").open("wb") as words:
        process = subprocess.Popen(
            (
                *_WITH_US,
                *(() if os.geteuid() == 0 else _AS_USER),
                *kernel.command(init, folder, own, tuple(modules)),
                *disks,
            ),
            env=kernel.environment(own, folder),
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            start_new_session=True,
        )
        try:
            with signals_raise():
                _follow(process, {folder / "stdout": out, folder / "stderr": err})
        finally:
            _end(process)
    return _status(folder)


def _follow(process: subprocess.Popen[bytes], files: Mapping[Path, Write]) -> None:
    """Pass on what is added to files until the process has ended."""
    done = threading.Event()
    with _opened(files) as streams:
        while not done.is_set():
            if process.poll() is not None:
                done.set()
            for stream, write in streams:
                while chunk := stream.read(1 << 16):
                    write(chunk)
            done.wait(PAUSE)


@contextmanager
def _opened(files: Mapping[Path, Write]) -> Iterator[Sequence[tuple[IO[bytes], Write]]]:
    streams: list[tuple[IO[bytes], Write]] = [(path.open("rb"), write) for path, write in files.items()]
    try:
        yield streams
    finally:
        for stream, _ in streams:
            stream.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """The kernel and every process of its own: they are one session."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    deadline = Deadline.after(GONE_SECONDS)
    with suppress(ProcessLookupError):
        while not deadline.over:
            os.killpg(process.pid, 0)
            time.sleep(PAUSE)


def _status(folder: Path) -> int:
    try:
        return int((folder / "status").read_text())
    except (OSError, ValueError):
        last = (folder / "kernel").read_bytes().decode("utf-8", "replace").strip().splitlines()
        said = [line for line in last if line.startswith("labgen-uml: ") or "panic" in line] or last[-3:]
        raise LabStartError(
            "the kernel of its own stopped before the command had ended: " + "; ".join(said)
        ) from None
