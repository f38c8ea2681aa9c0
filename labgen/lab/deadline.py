"""Deadlines on the monotonic clock."""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass

PATIENCE = "LABGEN_PATIENCE"
"""Environment variable: how many times longer than usual to wait for what a slow machine does late. In the environment,
because a lab's supervisor, and what it starts, wait too."""

MOST_PATIENCE = 100


def patience() -> float:
    """The factor in force; 1 where nothing, or nonsense, is set. Nobody waits for ever: it is 100 at most."""
    try:
        asked = float(os.environ.get(PATIENCE, "1"))
    except ValueError:
        return 1.0
    return min(MOST_PATIENCE, max(1.0, asked)) if math.isfinite(asked) else 1.0


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock, handed down so that nested waits share one limit.

    `seconds` is what was granted, for messages; `end` the clock's value when it is over.
    """

    seconds: float
    end: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        return cls(seconds, time.monotonic() + seconds)

    @classmethod
    def patient(cls, seconds: float) -> Deadline:
        """For what takes as long as the machine is slow: `seconds` as a usual machine needs them, times `patience`."""
        return cls.after(seconds * patience())

    @property
    def left(self) -> float:
        """Seconds that remain, never negative."""
        return max(0.0, self.end - time.monotonic())

    @property
    def over(self) -> bool:
        return time.monotonic() >= self.end


def rest(since: float, least: float) -> None:
    """Sleep between two looks: as long as the one that began at `since` on the monotonic clock took, and `least` seconds at least.

    Looking costs the machine what it needs to become ready: where looks are slow, they must not take all of it.
    """
    time.sleep(max(least, time.monotonic() - since))
