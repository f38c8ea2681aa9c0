"""The end of a lab, seen from outside: asked for, and brought about where nobody answers."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from pathlib import Path

from labgen.ground.errors import LabNotUpError, LabStuckError
from labgen.lab.deadline import Deadline
from labgen.lab.embedded import socket_names
from labgen.lab.embedded.conversation import Conversation

ANSWER_SECONDS = 5.0
GONE_SECONDS = 10.0


def end_lab(name: str, answer: float = ANSWER_SECONDS) -> None:
    """End the lab behind a control socket and return when its last process is gone.

    A supervisor that has not answered after `answer` seconds is killed. LabNotUpError where there is no lab.
    """
    try:
        with Conversation(name, answer) as conversation:
            processes = _open(conversation.supervisor)
            conversation.ask({"verb": "down"})
    except (LabNotUpError, LabStuckError):
        pid = socket_names.holder(name)
        if pid is None:
            raise
        processes = _open(pid)
        _kill(processes)
    try:
        if not _gone(processes):
            _kill(processes)
            _gone(processes)
    finally:
        for pidfd in processes:
            os.close(pidfd)


def _open(supervisor: int) -> list[int]:
    """Descriptors of a supervisor and of the `unshare` that waits for it."""
    found = [os.pidfd_open(supervisor)]
    with suppress(OSError):
        parent = int(Path(f"/proc/{supervisor}/stat").read_text().rpartition(")")[2].split()[1])
        if Path(f"/proc/{parent}/comm").read_text().strip() == "unshare":
            found.append(os.pidfd_open(parent))
    return found


def _kill(processes: list[int]) -> None:
    for pidfd in processes:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)


def _gone(processes: list[int]) -> bool:
    deadline = Deadline.patient(GONE_SECONDS)
    return all(select.select([pidfd], [], [], deadline.left)[0] for pidfd in processes)
