"""How processes that labgen starts end with it, and whether one goes on."""

from __future__ import annotations

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
