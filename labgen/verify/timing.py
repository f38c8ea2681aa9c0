"""The times that the parts of a run took, typed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from labgen.dhcp.jsonform import Json


class TimedPhase(StrEnum):
    """A part of a run that took time. A `stage` of the lab's start is timed at its end, from the lab's start; everything else is a
    duration. An `action` lies inside its step. `start` is the interpreter with all it loads before the command begins, `other` what
    lies between the rest, so that all of them are the wall time of the command."""

    BUILD = "build"
    STAGE = "stage"
    CONNECT = "connect"
    STEP = "step"
    ACTION = "action"
    JUDGE = "judge"
    START = "start"
    DOWN = "down"
    REPORT = "report"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds that one thing took."""

    phase: TimedPhase
    """what took time; a stage of the start is timed at its end, from the start of the lab"""
    seconds: float
    """seconds"""
    name: str = ""
    """name of the stage or action"""
    playbook: str = ""
    """playbook"""
    step: str = ""
    """step"""

    @property
    def key(self) -> str:
        """Its name in `timings` of verdict.json."""
        return {
            TimedPhase.STAGE: f"up.{self.name}",
            TimedPhase.ACTION: f"action.{self.name}",
            TimedPhase.STEP: f"{self.playbook}.{self.step}",
        }.get(self.phase, self.phase.value)

    def to_json(self) -> dict[str, Json]:
        named = {"name": self.name, "playbook": self.playbook, "step": self.step}
        shown: dict[str, Json] = {"phase": self.phase.value, "seconds": round(self.seconds, 3)}
        return shown | {name: value for name, value in named.items() if value}
