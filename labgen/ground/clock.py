"""Time that goes on when somebody sets the wall clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

Clock = Callable[[], int]
SECOND = 10**9
STEP = SECOND // 10
"""Nanoseconds: what the two clocks differ by less is how long it takes to read them."""
_TRIES = 5


@dataclass
class SteadyClock:
    """Seconds since the epoch as they were counted when it was made, and have gone on since. `wall` and `steady` give nanoseconds: of the
    clock that can be set, and of one that cannot.

    Slewing moves both; a step moves the wall clock alone, and that is what `moved` tells.
    """

    wall: Clock = time.time_ns
    steady: Clock = time.monotonic_ns
    _anchor: int = field(init=False)
    _moved: int = field(init=False, default=0)
    _before: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._anchor = self._apart()

    def _apart(self) -> int:
        """The wall clock less the steady one. Both are read in one go: this process may have to wait in between."""
        found: list[tuple[int, int]] = []
        for _ in range(_TRIES):
            first, wall, last = self.steady(), self.wall(), self.steady()
            found.append((last - first, wall - first))
            if last - first < STEP // 100:
                break
        return min(found)[1]

    def now(self) -> float:
        """Seconds since the epoch, as if nobody had set the wall clock."""
        return self.steady_ns() / SECOND

    def steady_ns(self) -> int:
        return self._anchor + self.steady()

    def moved(self) -> int:
        """Nanoseconds by which the wall clock was set forward since the start; negative where it was set back, 0 where it was not."""
        moved = self._apart() - self._anchor
        if abs(moved - self._moved) >= STEP:
            self._before, self._moved = self._moved, moved
        return self._moved

    def placed(self, stamp: int, read: int) -> int:
        """A stamp of the wall clock, read at a steady time, on the steady clock; both in nanoseconds since the epoch. What waited to be
        read since before the last step was stamped by the clock before.
        """
        return min((stamp - self._moved, stamp - self._before), key=lambda time: abs(read - time))
