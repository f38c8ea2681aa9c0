"""The embedded provider: starts labs with `unshare`, finds running ones in /proc/net/unix."""

from __future__ import annotations

import contextlib
import os
import pickle
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import labgen
from labgen.devices import registry
from labgen.devices.base import Daemon
from labgen.errors import LabNotUpError, LabStartError, MissingToolError
from labgen.lab.embedded import wire
from labgen.lab.embedded.client import PROVIDER, EmbeddedLab, read_status
from labgen.lab.embedded.compile import compile_plan
from labgen.lab.embedded.keys import make_keys
from labgen.lab.provider import LabStatus, Progress, Stage
from labgen.plan.model import LabPlan, NodePlan

PLAN_FILE = "plan.json"
_NAMESPACES = (
    "--fork", "--pid", "--mount-proc", "--net", "--mount", "--uts", "--ipc", "--propagation", "private",
    "--kill-child=SIGKILL",
)  # fmt: skip
_AS_USER = ("-U", "--map-root-user", "--map-auto")

Daemons = Callable[[LabPlan, NodePlan], tuple[Daemon, ...]]


def device_daemons(plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
    """The daemons of a node's device. LabStartError where the device cannot run here."""
    device = registry.get(node.device)
    if not device.facts.embedded:
        raise LabStartError(
            f"{node.name}: {device.facts.title} needs an image and does not run in the embedded lab; "
            f"choose another device with --device {node.role}=..., or another provider with --provider"
        )
    return device.daemons(plan, node)


class EmbeddedProvider:
    """Labs of real daemons in Linux namespaces.

    `daemons` says what runs in a node (tests bring their own).
    """

    name = PROVIDER

    def __init__(self, daemons: Daemons = device_daemons) -> None:
        self._daemons = daemons

    def up(self, folder: Path, progress: Progress, *, detach: bool = True) -> EmbeddedLab:
        folder = folder.resolve()
        started = time.monotonic()
        name = wire.socket_name(folder)
        with _listen(name, folder) as listen:
            launcher = _Launcher(listen)
        plan = _read_plan(folder)
        launcher.hand_over(pickle.dumps(compile_plan(plan, folder, self._daemons, make_keys())), started)
        launcher.wait(progress)
        if detach:
            launcher.detach()
        return EmbeddedLab(name, folder, plan, None if detach else launcher.boot)

    def find(self, folder: Path) -> EmbeddedLab:
        folder = folder.resolve()
        try:
            return EmbeddedLab.connect(wire.socket_name(folder), folder)
        except LabNotUpError as error:
            raise LabNotUpError(f"no lab runs for {folder}; start it with `labgen up {folder}`") from error

    def running(self) -> tuple[LabStatus, ...]:
        found = []
        for name in running_names():
            with contextlib.suppress(LabNotUpError):  # it ended meanwhile
                found.append(read_status(name))
        return tuple(found)


def running_names() -> tuple[str, ...]:
    """Names of the control sockets of this user's labs."""
    prefix = f"@{wire.PREFIX}/{os.getuid()}/"
    lines = Path("/proc/net/unix").read_text().splitlines()
    names = (line.split(maxsplit=7)[7] for line in lines if line.count(prefix))
    return tuple(sorted({name[1:] for name in names if name.startswith(prefix)}))


def _read_plan(folder: Path) -> LabPlan:
    try:
        return LabPlan.from_json((folder / PLAN_FILE).read_bytes())
    except FileNotFoundError as error:
        raise LabStartError(
            f"{folder} holds no {PLAN_FILE}; write it with `labgen build SPEC -o {folder}`"
        ) from error


@contextlib.contextmanager
def _listen(name: str, folder: Path) -> Iterator[socket.socket]:
    """The lab's control socket, bound while still in the host's network namespace.

    Closed here, kept by the lab.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
        try:
            sock.bind(f"\0{name}")
        except OSError as error:
            raise LabStartError(
                f"a lab already runs for {folder}; look at it with `labgen status {folder}` "
                f"or end it with `labgen down {folder}`"
            ) from error
        sock.listen(64)
        yield sock


class _Launcher:
    """A lab that is starting. Whatever ends this process before `detach` ends the lab: it hangs on `boot`."""

    def __init__(self, listen: socket.socket) -> None:
        unshare = shutil.which("unshare")
        if unshare is None:
            raise MissingToolError("`unshare` is missing; install it with `apt-get install util-linux`")
        self.boot, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._words = os.memfd_create("supervisor")
        fds = (listen.fileno(), theirs.fileno())
        rights = () if os.geteuid() == 0 else _AS_USER
        module = "labgen.lab.embedded.supervisor"
        argv = [unshare, *rights, *_NAMESPACES, "--", sys.executable, "-P", "-m", module, *map(str, fds)]
        self._process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=self._words,
            stderr=self._words,
            pass_fds=fds,
            cwd="/",
            env=_environment(),
            start_new_session=True,
        )
        theirs.close()

    def hand_over(self, blueprint: bytes, started: float) -> None:
        fd = os.memfd_create("blueprint")
        try:
            with os.fdopen(os.dup(fd), "wb") as stream:
                stream.write(blueprint)
            wire.send(self.boot, {"started": started}, [fd])
        except OSError as error:
            raise self._failed() from error
        finally:
            os.close(fd)

    def wait(self, progress: Progress) -> None:
        """Pass stages on until the lab is up. LabStartError with what it said where it is not."""
        while (message := wire.receive(self.boot)) is not None:
            if "error" in message.body:
                self._process.wait()
                raise LabStartError(message.text("error"))
            if "ready" in message.body:
                return
            seconds = message.body["seconds"]
            progress(Stage(message.text("stage"), seconds if isinstance(seconds, float) else 0.0))
        raise self._failed()

    def detach(self) -> None:
        """Let the lab outlive this process."""
        wire.send(self.boot, {"detach": True})
        if wire.receive(self.boot) is None:
            raise self._failed()
        self.boot.close()
        os.close(self._words)
        # The lab is nobody's child from here on; without this Python would warn about a child still running.
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
