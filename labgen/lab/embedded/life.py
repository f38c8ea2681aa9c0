"""Whether a lab lives, by what the kernel and its status tell."""

from __future__ import annotations

import os
import select
import signal
import weakref
from collections.abc import Iterator

from labgen.lab.embedded import names
from labgen.lab.provider import BrokenDaemon, LabStatus


class Life:
    """The life of the lab behind a control socket."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._process: int | None = None

    @property
    def over(self) -> bool:
        """Whether the supervisor has ended: the kernel tells it by a descriptor of the process, whatever else hangs."""
        if self._process is None:
            pid = names.holder(self._name)
            if pid is None:
                return True
            try:
                self._process = os.pidfd_open(pid)
            except OSError:
                return True
            weakref.finalize(self, os.close, self._process)
        looking = select.poll()
        looking.register(self._process, select.POLLIN)
        return bool(looking.poll(0))


def broken(status: LabStatus) -> Iterator[BrokenDaemon]:
    """Daemons that stand still or were killed."""
    for node in status.nodes:
        for daemon in node.daemons:
            if daemon.state == "frozen":
                yield BrokenDaemon(node.name, daemon.name, "is stopped (SIGSTOP)", frozen=True)
            elif daemon.state == "exited" and (daemon.exit_code or 0) < 0:
                ended = signal.Signals(-(daemon.exit_code or 0)).name
                yield BrokenDaemon(node.name, daemon.name, f"was ended by {ended}", frozen=False)
