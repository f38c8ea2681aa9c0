"""Outcomes of vectors: passed, or different, and then wrong, unsupported or a choice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from labgen.conform.vector import Vector

SCHEMA = "labgen/conformance/1"


class VectorOutcome(StrEnum):
    """`wrong`: a clause demands something else; `choice`: none does; `unsupported`: the relay does not claim it."""

    PASS = "pass"
    WRONG = "wrong"
    CHOICE = "choice"
    UNSUPPORTED = "unsupported"

    @classmethod
    def of(cls, vector: Vector, differs: bool) -> VectorOutcome:
        if not differs:
            return cls.PASS
        return cls.WRONG if vector.level == "must" else cls.CHOICE


@dataclass(frozen=True, slots=True)
class VectorResult:
    """One vector against one relay, and in words what was seen instead."""

    vector: Vector
    outcome: VectorOutcome
    seen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RelayRun:
    """All vectors against one relay."""

    relay: str
    version: str
    results: tuple[VectorResult, ...]

    @property
    def tally(self) -> Counter[VectorOutcome]:
        return Counter(result.outcome for result in self.results)

    @property
    def passed(self) -> bool:
        """True when nothing is wrong and something was tried."""
        return VectorOutcome.WRONG not in self.tally and VectorOutcome.PASS in self.tally

    def to_json(self) -> dict[str, object]:
        return {
            "relay": self.relay,
            "version": self.version,
            "tally": {outcome.value: self.tally[outcome] for outcome in VectorOutcome},
            "results": [
                {
                    "id": result.vector.id,
                    "title": result.vector.title,
                    "group": result.vector.group,
                    "clause": result.vector.clause,
                    "seen_in": list(result.vector.seen_in),
                    "outcome": result.outcome.value,
                    "seen": list(result.seen),
                }
                for result in self.results
            ],
        }


def to_json(runs: Iterable[RelayRun]) -> dict[str, object]:
    """The JSON form of some runs."""
    return {"schema": SCHEMA, "runs": [run.to_json() for run in runs]}
