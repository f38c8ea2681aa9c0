"""Processes in nodes: started by fork and exec, reaped by the supervisor, which is the init of the lab."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import os
import pwd
import signal
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from labgen.lab.embedded import syscalls as sc
from labgen.lab.embedded.capabilities import NETWORKING, Capability, bound
from labgen.lab.embedded.nodes import PID_FOLDER, Home, NodeHandle

SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CANNOT_RUN = 127
_DEFAULT_SIGNALS = (signal.SIGPIPE, signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP)


def environment(node: NodeHandle, extra: Mapping[str, str]) -> dict[str, str]:
    """A node's environment: nothing of the caller's but the way to labgen's own Python."""
    own = Path(sys.executable).parent
    base = {
        "PATH": f"{SEARCH_PATH}:{own}",
        "HOME": "/root",
        "USER": "root",
        "LOGNAME": "root",
        "SHELL": "/bin/sh",
        "LANG": "C.UTF-8",
        "LABGEN_NODE": node.node.name,
    }
    if "PYTHONPATH" in os.environ:
        base["PYTHONPATH"] = os.environ["PYTHONPATH"]
    return base | dict(extra)


@dataclass(frozen=True, slots=True)
class Streams:
    """The targets of a process's standard streams: descriptors, or a log file inside the node (appended)."""

    stdin: int | None = None
    stdout: int | None = None
    stderr: int | None = None
    log: str | None = None
    terminal: bool = False


@dataclass(frozen=True, slots=True)
class Launch:
    """A program to run in a node. `pid_name` names the pid file; `directories` are made first, owned by `user`; `keep` is what it may do
    at most."""

    argv: Sequence[str]
    streams: Streams
    env: Mapping[str, str] = field(default_factory=dict)
    pid_name: str | None = None
    directories: Sequence[str] = ()
    user: str | None = None
    keep: frozenset[Capability] = NETWORKING


@dataclass(slots=True)
class LabProcess:
    """A process of the lab; `exit_code` is negative for a signal, None while it runs."""

    pid: int
    started: float
    exit_code: int | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Signal the process and all of its session's group."""
        if self.exit_code is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)


class ProcessTable:
    """Starts processes in nodes and learns of every end."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._running: dict[int, LabProcess] = {}

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Reap from now on, as children end."""
        loop.add_signal_handler(signal.SIGCHLD, self.reap)
        self.reap()

    def reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._ended(pid, os.waitstatus_to_exitcode(status))

    def _ended(self, pid: int, code: int) -> None:
        process = self._running.pop(pid, None)
        if process is not None:
            process.exit_code = code
            process.ended.set()

    def start(self, node: NodeHandle, launch: Launch) -> LabProcess:
        """Fork and execute in a node.

        A program that cannot be run ends with status 127 and says why on its stderr.
        """
        env = environment(node, launch.env)
        sc.setns(node.pid, sc.CLONE_NEWPID)
        try:
            pid = os.fork()
            if pid == 0:
                _child(node, launch, env)
        finally:
            sc.setns(self.home.pid, sc.CLONE_NEWPID)
        process = LabProcess(pid, time.monotonic())
        self._running[pid] = process
        return process


# --- the forked child ---


def _child(node: NodeHandle, launch: Launch, env: dict[str, str]) -> NoReturn:
    gc.disable()
    try:
        signal.set_wakeup_fd(-1)
        for number in _DEFAULT_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.setsid()
        node.enter()
        _connect_streams(launch.streams)
        _make_directories(launch)
        bound(launch.keep)
        if launch.pid_name:
            (Path(PID_FOLDER) / f"{launch.pid_name}.pid").write_text(f"{os.getpid()}\n")
        os.execvpe(launch.argv[0], list(launch.argv), env)
    except (OSError, KeyError) as error:
        os.write(2, f"cannot run {launch.argv[0]}: {error}\n".encode())
    finally:
        os._exit(CANNOT_RUN)


def _make_directories(launch: Launch) -> None:
    owner = pwd.getpwnam(launch.user) if launch.user else None
    for name in launch.directories:
        path = Path(name)
        path.mkdir(parents=True, exist_ok=True)
        if owner:
            for place in (path, *path.rglob("*")):
                os.chown(place, owner.pw_uid, owner.pw_gid)


def _connect_streams(streams: Streams) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    output = null
    if streams.log:
        Path(streams.log).parent.mkdir(parents=True, exist_ok=True)
        output = os.open(streams.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    wanted = (streams.stdin, null), (streams.stdout, output), (streams.stderr, output)
    # Copies first: a wanted descriptor may itself be 0, 1 or 2.
    copies = [fcntl.fcntl(fd if fd is not None else other, fcntl.F_DUPFD_CLOEXEC, 10) for fd, other in wanted]
    for number, copy in enumerate(copies):
        os.dup2(copy, number, inheritable=True)
    if streams.terminal:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
