"""Signs that a lab lives, by what the kernel and its status tell."""

from __future__ import annotations

import os
import select
import signal
import threading
import weakref
from collections.abc import Iterator
from contextlib import suppress

from labgen.lab.embedded import socket_names
from labgen.lab.provider import BrokenDaemon, LabStatus


class Life:
    """The life of the lab behind a control socket, for any number of threads."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._process: int | None = None
        self._finding = threading.Lock()

    def known(self, supervisor: int) -> None:
        """The process that answers there, which is then not looked for. Looking reads the descriptors of every process of the machine:
        thousands of short calls, for each of which a thread waits its turn while others compute. Connections whose threads do that
        hear nothing meanwhile.
        """
        with self._finding:
            if self._process is None:
                with suppress(OSError):
                    self._process = os.pidfd_open(supervisor)
                    weakref.finalize(self, os.close, self._process)

    @property
    def over(self) -> bool:
        """True if the supervisor has ended: the kernel tells it by a descriptor of the process, whatever else hangs."""
        if self._process is None:
            pid = socket_names.holder(self._name)
            if pid is not None:
                self.known(pid)
        if self._process is None:
            return True
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
