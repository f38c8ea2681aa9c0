"""Shares the answers to costly questions among many that wait: one asks, and the others get its answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

AGAIN = 1.0
"""Seconds for which an answer is good."""

Answer = TypeVar("Answer")


@dataclass
class Throttled(Generic[Answer]):
    """`ask`, at most once in `AGAIN` seconds of `clock`; called by several threads at once."""

    ask: Callable[[], Answer]
    clock: Callable[[], float] = time.monotonic
    _lock: Lock = field(default_factory=Lock)
    _last_answer: tuple[float, Answer] | None = None

    def __call__(self) -> Answer:
        with self._lock:
            if self._last_answer is None or self.clock() - self._last_answer[0] >= AGAIN:
                answer = self.ask()
                self._last_answer = self.clock(), answer
            return self._last_answer[1]
