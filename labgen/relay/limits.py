"""Limits repeated log lines: some of a kind are written, the rest are counted."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(slots=True)
class _Allowance:
    left: int
    until: float
    suppressed: int = 0


class RateLimit:
    """At most `lines` of each kind in `seconds`."""

    def __init__(self, lines: int, seconds: float) -> None:
        self._lines = lines
        self._seconds = seconds
        self._kinds: dict[Hashable, _Allowance] = {}

    def admit(self, kind: Hashable, now: float) -> int | None:
        """None where a line of this kind is one too many; else how many were left out before it."""
        allowance = self._kinds.get(kind)
        if allowance is None:
            self._kinds[kind] = _Allowance(self._lines - 1, now + self._seconds)
            return 0
        if now >= allowance.until:
            allowance.left, allowance.until = self._lines, now + self._seconds
        if not allowance.left:
            allowance.suppressed += 1
            return None
        allowance.left -= 1
        suppressed, allowance.suppressed = allowance.suppressed, 0
        return suppressed

    def left_out(self, now: float) -> dict[Hashable, int]:
        """The lines left out, of kinds whose time is over, that were not reported yet."""
        found = {}
        for kind, allowance in self._kinds.items():
            if allowance.suppressed and now >= allowance.until:
                found[kind], allowance.suppressed = allowance.suppressed, 0
        return found
