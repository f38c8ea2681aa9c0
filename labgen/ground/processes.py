"""Finds programs, ties the life of processes to labgen's, tells whether one still runs, and ends one with its children."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path

WITH_PARENT = ("setpriv", "--pdeathsig", "KILL")
"""Put in front of a command: the kernel ends it when the thread that started it ends, whatever ended that. It holds across exec, not for
what the command starts itself.
"""


def search_path() -> str:
    """This user's PATH and where daemons are, which an ordinary user's PATH on Debian, and that of `su`, lack."""
    return f"{os.environ.get('PATH', os.defpath)}:/usr/local/sbin:/usr/sbin:/sbin"


def program(name: str) -> str | None:
    """The path of a program found on `search_path`; None if it is missing."""
    return shutil.which(name, path=search_path())


def state_letter(pid: int) -> str:
    """The State of a process in proc(5), such as R, S or T; empty where there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def is_frozen(pid: int) -> bool:
    """True if somebody stopped a process (SIGSTOP, a debugger): it is there, and does nothing until it is let go on."""
    return state_letter(pid) in ("T", "t")


def kill_tree(pid: int) -> None:
    """SIGKILL to a process that has not been waited for, and to all that descend from it. Those of another user stay."""
    found = [pid]
    for each in found:  # grows while it is walked
        found += _children(each)
    for each in found:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(each, signal.SIGKILL)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, listed.read_text().split())
    return found
