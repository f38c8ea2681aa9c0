"""The times that the parts of a run took."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from labgen.verify.timing import TimedPhase, Timing


@dataclass(frozen=True, slots=True)
class TimingSpan:
    """A stretch of the run, in seconds from its beginning. `parts` are the stretches it consists of."""

    name: str
    start: float
    seconds: float
    parts: tuple[TimingSpan, ...] = ()

    @property
    def end(self) -> float:
        return self.start + self.seconds


def spans(timings: Iterable[Timing]) -> tuple[TimingSpan, ...]:
    """Build, start of the lab, then each step. Actions lie inside their steps and are left out."""
    known = tuple(timings)
    stages = tuple(timing for timing in known if timing.phase is TimedPhase.STAGE)
    found: list[TimingSpan] = []
    for timing in known:
        begin = found[-1].end if found else 0.0
        if timing.phase is TimedPhase.STAGE and timing is stages[0]:
            found.append(TimingSpan("up", begin, stages[-1].seconds, tuple(_stages(stages, begin))))
        elif timing.phase not in (TimedPhase.STAGE, TimedPhase.ACTION):
            found.append(TimingSpan(_name(timing), begin, timing.seconds))
    return tuple(found)


def _name(timing: Timing) -> str:
    if timing.phase is not TimedPhase.STEP:
        return timing.phase.value
    return timing.playbook if timing.playbook == timing.step else f"{timing.playbook} {timing.step}"


def _stages(stages: Iterable[Timing], begin: float) -> Iterator[TimingSpan]:
    """The lab's stages: each is timed at its end, from the lab's start."""
    before = 0.0
    for stage in stages:
        yield TimingSpan(stage.name, begin + before, stage.seconds - before)
        before = stage.seconds
