"""The embedded provider: starts labs with `unshare`, finds running ones in /proc/net/unix."""

from __future__ import annotations

import contextlib
import pickle
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from labgen.devices import registry
from labgen.devices.base import Daemon
from labgen.ground.errors import LabNotUpError, LabStartError, LabStuckError
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.planfile import read_plan
from labgen.lab.embedded import socket_names
from labgen.lab.embedded.client import PROVIDER, EmbeddedLab, read_status
from labgen.lab.embedded.compile import compile_plan
from labgen.lab.embedded.keys import make_keys
from labgen.lab.embedded.launcher import Launcher
from labgen.lab.embedded.shutdown import end_lab
from labgen.lab.provider import LabStatus, Progress

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
        with ExitStack() as stack:
            with _listen(folder) as (name, listen):
                launcher = stack.enter_context(Launcher(listen, folder))
            plan = read_plan(folder)
            blueprint = compile_plan(plan, folder, self._daemons, make_keys())
            launcher.hand_over(pickle.dumps(blueprint), started)
            launcher.wait(progress)
            if detach:
                launcher.detach()
                return EmbeddedLab(name, folder, plan)
            return EmbeddedLab(name, folder, plan, stack.pop_all())

    def find(self, folder: Path) -> EmbeddedLab:
        folder = folder.resolve()
        try:
            return EmbeddedLab.connect(running_name(folder), folder)
        except LabNotUpError as error:
            raise _no_lab(folder) from error

    def adopt(self, folder: Path) -> EmbeddedLab:
        """Nobody but labgen starts such labs."""
        return self.find(folder)

    def running(self) -> tuple[LabStatus, ...]:
        found = []
        for name in running_names():
            try:
                found.append(read_status(name))
            except LabStuckError as error:
                found.append(_stuck(name, str(error)))
            except LabNotUpError:  # it ended meanwhile
                continue
        return tuple(found)

    def end(self, folder: Path, *, adopted: bool = False) -> None:
        folder = folder.resolve()
        try:
            end_lab(running_name(folder))
        except LabNotUpError as error:
            raise _no_lab(folder) from error

    def end_all(self) -> int:
        ended = 0
        for name in running_names():
            with contextlib.suppress(LabNotUpError):  # it ended meanwhile
                end_lab(name)
                ended += 1
        return ended


def running_names() -> tuple[str, ...]:
    """Names of the control sockets of this user's labs."""
    return socket_names.running(socket_names.of_user())


def running_name(folder: Path) -> str:
    """The control socket of a folder's lab. LabNotUpError where none runs."""
    found = socket_names.running(socket_names.of_folder(folder))
    if not found:
        raise _no_lab(folder)
    return found[0]


def _stuck(name: str, problem: str) -> LabStatus:
    """The status of a lab whose supervisor does not answer."""
    pid = socket_names.holder(name) or 0
    folder = (socket_names.folder_of(pid) if pid else None) or Path()
    return LabStatus(folder.name, folder, PROVIDER, pid, 0.0, "netns", (), problem=problem)


def _no_lab(folder: Path) -> LabNotUpError:
    return LabNotUpError(f"no lab runs for {folder}; start it with `labgen up {folder}`")


@contextlib.contextmanager
def _listen(folder: Path) -> Iterator[tuple[str, socket.socket]]:
    """The lab's control socket and its name, bound while still in the host's network namespace.

    Closed here, kept by the lab.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
        with socket_names.one_at_a_time():
            if socket_names.running(socket_names.of_folder(folder)):
                raise LabStartError(
                    f"a lab already runs for {folder}; look at it with `labgen status {folder}` "
                    f"or end it with `labgen down {folder}`"
                )
            name = socket_names.fresh(folder)
            sock.bind(f"\0{name}")
            sock.listen(64)
        yield name, sock
