"""The slowness of this machine at what labs wait for: starting processes."""

from __future__ import annotations

import subprocess
import time

RUNS = 15
USUAL = 0.002
"""Seconds that starting and reaping a process takes on a machine nobody would call slow."""

MOST = 4.0
"""A user waits for whatever is broken as well: `--patience` asks for more where that is worth it."""


def slowness() -> float:
    """The factor by which waiting has to be longer than usual, from 1 to 4, by a measurement of some milliseconds.

    The mean, not the best: a machine with other things to do is slow as well.
    """
    started = time.perf_counter()
    try:
        for _ in range(RUNS):
            subprocess.run(("true",), check=False)
    except OSError:
        return 1.0
    return round(min(MOST, max(1.0, (time.perf_counter() - started) / RUNS / USUAL)), 1)
