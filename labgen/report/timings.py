"""Where the time of a run went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from labgen.verify.timing import Phase, Timing


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


def spans(timings: Iterable[Timing]) -> tuple[Span, ...]:
    """Build, start of the lab, then each step. Actions lie inside their steps and are left out."""
    known = tuple(timings)
    stages = tuple(timing for timing in known if timing.phase is Phase.STAGE)
    found: list[Span] = []
    for timing in known:
        begin = found[-1].end if found else 0.0
        if timing.phase is Phase.STAGE and timing is stages[0]:
            found.append(Span("up", begin, stages[-1].seconds, tuple(_stages(stages, begin))))
        elif timing.phase not in (Phase.STAGE, Phase.ACTION):
            found.append(Span(_name(timing), begin, timing.seconds))
    return tuple(found)


def _name(timing: Timing) -> str:
    if timing.phase is not Phase.STEP:
        return timing.phase.value
    return timing.playbook if timing.playbook == timing.step else f"{timing.playbook} {timing.step}"


def _stages(stages: Iterable[Timing], begin: float) -> Iterator[Span]:
    """The lab's stages: each is timed at its end, from the lab's start."""
    before = 0.0
    for stage in stages:
        yield Span(stage.name, begin + before, stage.seconds - before)
        before = stage.seconds
