"""Starts a lab's supervisor with `unshare`, and hangs the lab on this process until it is let go."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import labgen
from labgen.ground.errors import LabStartError, MissingToolError
from labgen.lab.deadline import patience
from labgen.lab.embedded import wire
from labgen.lab.provider import Progress, Stage

NAMESPACES = (
    "--fork", "--pid", "--mount-proc", "--net", "--mount", "--uts", "--ipc",
    "--propagation", "private", "--kill-child=SIGKILL",
)  # fmt: skip
AS_USER = ("-U", "--map-root-user", "--map-auto")
END_SECONDS = 10.0


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
        try:
            self._process.wait(END_SECONDS * patience())
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._words)

    def hand_over(self, blueprint: bytes, started: float) -> None:
        """Send what to build; `started` is the monotonic clock at the start of `up`."""
        fd = os.memfd_create("blueprint")
        try:
            with os.fdopen(os.dup(fd), "wb") as stream:
                stream.write(blueprint)
            wire.send(self._boot, {"started": started}, [fd])
        except OSError as error:
            raise self._failed() from error
        finally:
            os.close(fd)

    def wait(self, progress: Progress) -> None:
        """Pass stages on until the lab is up. LabStartError with what it said where it does not come up."""
        while (message := wire.receive(self._boot)) is not None:
            if "error" in message.body:
                raise LabStartError(message.text("error"))
            if "ready" in message.body:
                return
            seconds = message.body["seconds"]
            progress(Stage(message.text("stage"), seconds if isinstance(seconds, float) else 0.0))
        raise self._failed()

    def detach(self) -> None:
        """Let the lab outlive this process."""
        wire.send(self._boot, {"detach": True})
        if wire.receive(self._boot) is None:
            raise self._failed()
        # Nobody's child from here on: otherwise leaving would wait for the lab's end.
        self._process.returncode = 0

    def _failed(self) -> LabStartError:
        self._process.wait()
        size = os.fstat(self._words).st_size
        words = os.pread(self._words, size, 0).decode(errors="replace").strip()
        return LabStartError(f"the lab ended while it started; `labgen doctor` checks this machine\n{words}")


def _environment() -> dict[str, str]:
    """The supervisor finds this labgen whatever the current folder and however it was installed."""
    package = str(Path(labgen.__file__).resolve().parent.parent)
    paths = [package, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)), "PYTHONDONTWRITEBYTECODE": "1"}
