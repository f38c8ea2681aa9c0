"""A command in a kernel of its own: it sees this machine's files, what it writes stays in memory, and only what it puts into the
exchange folder comes out."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from labgen.ground import resources
from labgen.ground.errors import LabStartError
from labgen.ground.processes import WITH_PARENT
from labgen.lab.interrupts import signals_raise, signals_wait
from labgen.lab.uml import kernel

EXCHANGE = "/run/exchange"
"""Where the exchange folder is inside."""

MEMORY = 3072
PAUSE = 0.05
_WITH_US = (*WITH_PARENT, "unshare", "--fork", "--pid", "--kill-child=KILL")
"""Ends the kernel when this process ends, whatever ended that: the kernel is the init of a PID namespace, and takes its own with it."""

_GATE = (
    "sh",
    "-c",
    'ulimit -S -n "$(ulimit -H -n)"; echo; read -r _ && "$@" </dev/null >&2; exit $?',
    "gate",
)
"""Lets the kernel open as many files as this user may, for it keeps one open for each file of this machine that is in use inside. Says
that it is in the namespace, and goes on when it is told to: until then nothing that could outlive this process has begun.
It stays the first process: a kernel that panics ends itself by SIGABRT, which the first process of a namespace never gets from itself.
"""

_SWEEP = 'read -r _; exec rm -rf -- "$0"'
"""Removes a folder when nobody holds the other end of its standard input any more."""

_AS_USER = ("--user", "--map-current-user")

Write = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class GuestCommand:
    """A command to run inside: `argv` in folder `cwd` with no other variables than `environment`. `after` is a shell command that runs
    when it has ended, whatever its status."""

    argv: tuple[str, ...]
    cwd: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    after: str = ""

    def script(self) -> str:
        variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in self.environment.items())
        run = f"env -i {variables} {shlex.join(self.argv)}"
        return f"cd {shlex.quote(str(self.cwd))} || exit 1\n{run}\nstatus=$?\n{self.after}\nexit $status\n"


@dataclass(frozen=True, slots=True)
class GuestExchange:
    """The folder through which results come out. It is there as long as a process holds the descriptor `alive`: whoever is
    started to work in it gets that.
    """

    folder: Path
    alive: int


@contextmanager
def exchange() -> Iterator[GuestExchange]:
    """A new exchange. A process of its own removes it when all who used it have ended, even by SIGKILL. Its path is for a kernel's
    command line: without spaces.
    """
    base = next((path for path in (tempfile.gettempdir(), "/tmp") if " " not in path), "/tmp")
    folder = Path(tempfile.mkdtemp(prefix="labgen-uml-", dir=base))
    sweeper = None
    with _pipe() as (watched, alive):
        try:
            with signals_wait():
                sweeper = _sweeper(folder, watched)
            watched.close()
            yield GuestExchange(folder, alive.fileno())
        finally:
            alive.close()
            if sweeper is not None:
                sweeper.wait()
            shutil.rmtree(folder, ignore_errors=True)


def _sweeper(folder: Path, watched: IO[bytes]) -> subprocess.Popen[bytes]:
    argv = ("sh", "-c", _SWEEP, str(folder))
    return subprocess.Popen(argv, stdin=watched, stdout=subprocess.DEVNULL, start_new_session=True)


def run(
    command: GuestCommand,
    place: GuestExchange,
    out: Write,
    err: Write,
    *,
    memory: int = MEMORY,
    modules: Sequence[str] = kernel.MODULES,
    disks: Sequence[str] = (),
) -> int:
    """Run a command in a kernel of its own, with what it says passed on as it comes. Returns its exit status.

    `memory` in MiB; `disks` are further words of the kernel's command line. MissingToolError where there
    is no such kernel, LabStartError where it stopped before the command ended.
    """
    kernel.require()
    folder, own = place.folder, kernel.memory(memory)
    init = Path(shutil.copy(resources.templates() / "uml" / "init.sh", folder / "init"))
    init.chmod(0o755)
    (folder / "command").write_text(command.script(), encoding="utf-8")
    for name in ("stdout", "stderr", "kernel"):
        (folder / name).touch()
    argv = (*kernel.command(init, folder, own, tuple(modules)), *disks)
    with _started(argv, kernel.environment(own, folder, (place.alive,)), place) as process, signals_raise():
        follow({folder / "stdout": out, folder / "stderr": err}, lambda: process.poll() is not None)
    return _status(folder)


@contextmanager
def _started(
    argv: Sequence[str], environment: Mapping[str, str], place: GuestExchange
) -> Iterator[subprocess.Popen[bytes]]:
    """The process that holds a kernel. Afterwards neither it nor any process of the kernel is there, whenever the interrupt came."""
    user = () if os.geteuid() == 0 else _AS_USER
    process = None
    with _pipe() as (gone, held), _pipe() as (gate, go), (place.folder / "kernel").open("wb") as words:
        try:
            with signals_wait():
                process = subprocess.Popen(
                    (*_WITH_US, *user, *_GATE, *argv),
                    env=environment,
                    stdin=gate,
                    stdout=held,
                    stderr=words,
                    start_new_session=True,
                    pass_fds=(held.fileno(), place.alive),
                )
            held.close()
            if gone.read(1):
                go.write(b"\n")
            yield process
        finally:
            held.close()
            go.close()
            _end(process, gone)


@contextmanager
def _pipe() -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    read, write = os.pipe()
    with os.fdopen(read, "rb", 0) as out, os.fdopen(write, "wb", 0) as into:
        yield out, into


def follow(
    files: Mapping[Path, Write], ended: Callable[[], bool], end: Callable[[], None] = lambda: None
) -> None:
    """Pass on what is added to files until whoever writes them has ended. Where that is interrupted, `end` ends the writer, and what
    it said until then is passed on, too."""
    done = threading.Event()
    with _opened(files) as streams:
        try:
            while not done.is_set():
                if ended():
                    done.set()
                _pass_on(streams)
                done.wait(PAUSE)
        except (KeyboardInterrupt, SystemExit):
            end()
            _pass_on(streams)
            raise


def _pass_on(streams: Sequence[tuple[IO[bytes], Write]]) -> None:
    for stream, write in streams:
        while chunk := stream.read(1 << 16):
            write(chunk)


@contextmanager
def _opened(files: Mapping[Path, Write]) -> Iterator[Sequence[tuple[IO[bytes], Write]]]:
    streams: list[tuple[IO[bytes], Write]] = [(path.open("rb"), write) for path, write in files.items()]
    try:
        yield streams
    finally:
        for stream, _ in streams:
            stream.close()


def _end(process: subprocess.Popen[bytes] | None, gone: IO[bytes]) -> None:
    """Kill the holder of a kernel, and with it the kernel; `gone` ends when the last of its processes has."""
    if process is not None:
        process.kill()
        process.wait()
    while gone.read(64):
        pass


def _status(folder: Path) -> int:
    try:
        return int((folder / "status").read_text())
    except (OSError, ValueError):
        last = (folder / "kernel").read_bytes().decode("utf-8", "replace").strip().splitlines()
        said = [line for line in last if line.startswith("labgen-uml: ") or "panic" in line] or last[-3:]
        raise LabStartError(
            "the kernel of its own stopped before the command had ended: " + "; ".join(said)
        ) from None
