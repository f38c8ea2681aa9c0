"""Where the time of a run went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the run, in seconds from its beginning. `parts` are the stretches it consists of."""

    name: str
    start: float
    seconds: float
    parts: tuple[Span, ...] = ()

    @property
    def end(self) -> float:
        return self.start + self.seconds


def spans(timings: Mapping[str, float]) -> tuple[Span, ...]:
    """Build, start of the lab, then each step. `up.*` count from the lab's start, everything else is a duration;
    `action.*` lie inside their steps and are left out.
    """
    found: list[Span] = []
    if "build" in timings:
        found.append(Span("build", 0.0, timings["build"]))
    stages = tuple(_stages(timings, found[-1].end if found else 0.0))
    if stages:
        found.append(Span("up", stages[0].start, stages[-1].end - stages[0].start, stages))
    for name, seconds in timings.items():
        head, dot, tail = name.partition(".")
        if dot and head not in ("up", "action"):
            title = head if head == tail else f"{head} {tail}"
            found.append(Span(title, found[-1].end if found else 0.0, seconds))
    return tuple(found)


def _stages(timings: Mapping[str, float], begin: float) -> Iterator[Span]:
    """The lab's stages: each is timed at its end, from the lab's start."""
    before = 0.0
    for name, at in timings.items():
        if name.startswith("up."):
            yield Span(name.removeprefix("up."), begin + before, at - before)
            before = at
