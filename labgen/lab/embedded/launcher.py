"""Starts a lab's supervisor with `unshare`, and hangs the lab on this process until it is let go."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import labgen
from labgen.ground.errors import LabStartError, MissingToolError
from labgen.ground.processes import is_frozen
from labgen.lab.deadline import Deadline
from labgen.lab.embedded import control_messages
from labgen.lab.embedded.control_messages import ControlMessage
from labgen.lab.provider import Progress, Stage

NAMESPACES = (
    "--fork", "--pid", "--mount-proc", "--net", "--mount", "--uts", "--ipc",
    "--propagation", "private", "--kill-child=SIGKILL",
)  # fmt: skip
AS_USER = ("-U", "--map-root-user", "--map-auto")
END_SECONDS = 10.0
LOOK_SECONDS = 1.0
SILENT_SECONDS = 120.0
"""Longer than any stage waits for what it needs; beyond, the supervisor hangs."""


def unshare_command() -> list[str]:
    """`unshare` with what a lab needs; a user namespace with subordinate ids unless root asks."""
    program = shutil.which("unshare")
    if program is None:
        raise MissingToolError("`unshare` is missing; install it with `apt-get install util-linux`")
    return [program, *(() if os.geteuid() == 0 else AS_USER), *NAMESPACES, "--"]


class Launcher:
    """A lab that is starting; it hangs on a socket pair: what ends this process before `detach` ends it."""

    def __init__(self, listen: socket.socket, folder: Path) -> None:
        command = unshare_command()
        self._boot, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._words = os.memfd_create("supervisor")
        fds = (listen.fileno(), theirs.fileno())
        module = "labgen.lab.embedded.supervisor"
        self._process = subprocess.Popen(
            [*command, sys.executable, "-P", "-m", module, *map(str, (*fds, folder))],
            stdin=subprocess.DEVNULL,
            stdout=self._words,
            stderr=self._words,
            pass_fds=fds,
            cwd="/",
            env=_environment(),
            start_new_session=True,
        )
        theirs.close()

    def __enter__(self) -> Launcher:
        return self

    def __exit__(self, *_: object) -> None:
        """Let go: a lab that was not detached ends with its socket, and this waits until it has."""
        self._boot.close()
        self._end()
        os.close(self._words)

    def _end(self) -> None:
        """Until the lab is gone. What was stopped cannot see that its socket closed: it is killed."""
        deadline = Deadline.patient(END_SECONDS)
        while self._process.returncode is not None or not (deadline.over or self._frozen()):
            try:
                self._process.wait(min(LOOK_SECONDS, deadline.left))
            except subprocess.TimeoutExpired:
                continue
            return
        self._kill()
        self._process.wait()

    def _kill(self) -> None:
        for pid in (*self._supervisor(), self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _supervisor(self) -> tuple[int, ...]:
        """The supervisor's process, which `unshare` waits for, once there is one."""
        pid = self._process.pid
        try:
            return tuple(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
        except OSError:
            return ()

    def _frozen(self) -> tuple[int, ...]:
        """Those of the lab's first processes that somebody stopped."""
        return tuple(pid for pid in (self._process.pid, *self._supervisor()) if is_frozen(pid))

    def hand_over(self, blueprint: bytes, started: float) -> None:
        """Send what to build; `started` is the monotonic clock at the start of `up`."""
        fd = os.memfd_create("blueprint")
        try:
            with os.fdopen(os.dup(fd), "wb") as stream:
                stream.write(blueprint)
            control_messages.send(self._boot, {"started": started}, [fd])
        except OSError as error:
            raise self._failed() from error
        finally:
            os.close(fd)

    def wait(self, progress: Progress) -> None:
        """Pass stages on until the lab is up. LabStartError with what it said where it does not come up."""
        while (message := self._received()) is not None:
            if "error" in message.body:
                raise LabStartError(message.text("error"))
            if "ready" in message.body:
                return
            seconds = message.body["seconds"]
            progress(Stage(message.text("stage"), seconds if isinstance(seconds, float) else 0.0))
        raise self._failed()

    def _received(self) -> ControlMessage | None:
        """The next message of the supervisor; LabStartError where it was stopped, or says nothing for longer than anything takes."""
        deadline = Deadline.patient(SILENT_SECONDS)
        self._boot.settimeout(LOOK_SECONDS)
        while True:
            try:
                return control_messages.receive(self._boot)
            except TimeoutError:
                if stopped := self._frozen():
                    raise LabStartError(
                        f"the lab's supervisor, or `unshare` that started it, is stopped (SIGSTOP, process {stopped[0]}); "
                        "start the lab again"
                    ) from None
                if deadline.over:
                    raise LabStartError(
                        f"the lab's supervisor has said nothing for {deadline.seconds:.0f} s; "
                        "`labgen doctor` checks this machine"
                    ) from None

    def detach(self) -> None:
        """Let the lab outlive this process."""
        control_messages.send(self._boot, {"detach": True})
        if self._received() is None:
            raise self._failed()
        # Nobody's child from here on: otherwise leaving would wait for the lab's end.
        self._process.returncode = 0

    def _failed(self) -> LabStartError:
        self._end()
        size = os.fstat(self._words).st_size
        words = os.pread(self._words, size, 0).decode(errors="replace").strip()
        return LabStartError(f"the lab ended while it started; `labgen doctor` checks this machine\n{words}")


def _environment() -> dict[str, str]:
    """The supervisor finds this labgen whatever the current folder and however it was installed."""
    package = str(Path(labgen.__file__).resolve().parent.parent)
    paths = [package, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}
