"""Looking at a network without doing anything to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

USUAL = 30.0
"""Seconds to look where packets are captured: without, what happens meanwhile shows in logs alone."""


@dataclass(frozen=True, slots=True)
class ObserveOnly:
    """Only looking: for some `seconds` (None for as long as is worth it), at what went on since `back` seconds before."""

    seconds: float | None = None
    back: float = 3600.0

    def where(self, *, captured: bool) -> Self:
        """The same, with its time settled."""
        return self if self.seconds is not None else replace(self, seconds=USUAL if captured else 0.0)
