"""How processes that labgen starts end with it, and whether one goes on; and how one is ended with all that it started."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

WITH_PARENT = ("setpriv", "--pdeathsig", "KILL")
"""Put in front of a command: the kernel ends it when the thread that started it ends, whatever ended that. It holds across exec, not for
what the command starts itself.
"""


def state_letter(pid: int) -> str:
    """The State of a process in proc(5), such as R, S or T; empty where there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def is_frozen(pid: int) -> bool:
    """Whether somebody stopped a process (SIGSTOP, a debugger): it is there, and does nothing until it is let go on."""
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
