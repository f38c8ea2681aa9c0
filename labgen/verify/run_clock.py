"""The clock a run goes by: that of its captures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from labgen.ground.clock import SECOND, SteadyClock
from labgen.lab.provider import Lab


@dataclass
class RunClock:
    """Seconds since the epoch as the lab's captures count them. `ahead`: by how much the wall clock was ahead of those when the run began;
    None where captures follow the wall clock.
    """

    ahead: float | None = None
    clock: SteadyClock = field(default_factory=SteadyClock)
    _before: float = 0.0

    @classmethod
    def of(cls, lab: Lab) -> Self:
        return cls(lab.status().clock_moved)

    def now(self) -> float:
        wall = self.clock.now() - (self.ahead or 0.0)
        return wall + self._moved() if self.ahead is None else wall

    def _moved(self) -> float:
        return self.clock.moved() / SECOND

    def set(self) -> None:
        """A step begins."""
        self._before = self._moved()

    def read(self) -> tuple[float, bool]:
        """Seconds by which the wall clock is ahead of `now`; whether it was set since the step began, and times in captures with it."""
        moved = self._moved()
        if self.ahead is None:
            return 0.0, moved != self._before
        return self.ahead + moved, False
