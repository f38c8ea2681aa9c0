"""The time that this process has been running."""

from __future__ import annotations

import os
import time
from pathlib import Path

_START = 22
"""Field of /proc/PID/stat with the start, in clock ticks since boot (proc(5))."""


def age() -> float:
    """Seconds since the process began, loading the interpreter included; 0 where the system does not tell."""
    try:
        fields = (
            Path("/proc/self/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        )
        began = int(fields[_START - 3]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return 0.0
    return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - began)
