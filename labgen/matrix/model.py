"""What a matrix found, and its JSON form `labgen/matrix/1`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from labgen.dhcp.jsonform import Json
from labgen.dhcp.model import Severity
from labgen.verify.judgement import Outcome
from labgen.verify.verdict import Conclusion

MATRIX_SCHEMA = "labgen/matrix/1"
INTERRUPTED = 130


class CellOutcome(StrEnum):
    """`refused`: labgen does not build this combination, and says why; `incomplete`: it did not run, or not to its end."""

    PASS = "pass"
    FAIL = "fail"
    INCOMPLETE = "incomplete"
    ERROR = "error"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Axes:
    """Devices by role, in the order of rows and columns. A role that is not varied has one entry: the spec's own device."""

    client: tuple[str, ...]
    relay: tuple[str, ...]
    server: tuple[str, ...]

    def to_json(self) -> dict[str, Json]:
        return {"client": list(self.client), "relay": list(self.relay), "server": list(self.server)}


@dataclass(frozen=True, slots=True)
class Unpassed:
    """A check that did not pass on `count` of the `total` subjects it was judged on; `observed` is of the first of them."""

    check: str
    title: str
    outcome: Outcome
    count: int
    total: int
    observed: str

    def to_json(self) -> dict[str, Json]:
        return {
            "check": self.check,
            "title": self.title,
            "outcome": self.outcome.value,
            "count": self.count,
            "total": self.total,
            "observed": self.observed,
        }


@dataclass(frozen=True, slots=True)
class FindingCount:
    """Findings of one code. `expected`: the scenario is there to show it."""

    code: str
    severity: Severity
    count: int
    expected: bool = False

    def to_json(self) -> dict[str, Json]:
        return {
            "code": self.code,
            "severity": self.severity.value,
            "count": self.count,
            "expected": self.expected,
        }


@dataclass(frozen=True, slots=True)
class Warned:
    """What labgen said about the combination before it ran."""

    code: str
    message: str

    def to_json(self) -> dict[str, Json]:
        return {"code": self.code, "message": self.message}


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One combination and what came of it; incomplete until it ran.

    `unpassed` are the first few checks that did not pass, worst first. `run` is the folder with the evidence, relative to
    the matrix folder; empty where nothing was judged. `seconds` from building to the lab's end.
    """

    client: str
    relay: str
    server: str
    outcome: CellOutcome = CellOutcome.INCOMPLETE
    planned: int = 0
    ran: int = 0
    passed: int = 0
    seconds: float = 0.0
    reason: str = "not run"
    unpassed: tuple[Unpassed, ...] = ()
    findings: tuple[FindingCount, ...] = ()
    warnings: tuple[Warned, ...] = ()
    run: str = ""

    @property
    def name(self) -> str:
        return f"{self.client} × {self.relay} × {self.server}"

    def to_json(self) -> dict[str, Json]:
        return {
            "client": self.client,
            "relay": self.relay,
            "server": self.server,
            "outcome": self.outcome.value,
            "planned": self.planned,
            "ran": self.ran,
            "passed": self.passed,
            "seconds": round(self.seconds, 3),
            "reason": self.reason,
            "unpassed": [each.to_json() for each in self.unpassed],
            "findings": [each.to_json() for each in self.findings],
            "warnings": [each.to_json() for each in self.warnings],
            "run": self.run,
        }


@dataclass(frozen=True, slots=True)
class Matrix:
    """Every combination of a scenario, clients first, then relays, then servers. `fixed` are nodes that kept their device."""

    scenario: str
    summary: str
    playbooks: tuple[str, ...]
    axes: Axes
    cells: tuple[MatrixCell, ...]
    fixed: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    folder: str = ""
    interrupted: bool = False

    def count(self, outcome: CellOutcome) -> int:
        return sum(1 for cell in self.cells if cell.outcome is outcome)

    def cell(self, client: str, relay: str, server: str) -> MatrixCell:
        """The cell of a combination; KeyError where there is none."""
        for cell in self.cells:
            if (cell.client, cell.relay, cell.server) == (client, relay, server):
                return cell
        raise KeyError((client, relay, server))

    @property
    def conclusion(self) -> Conclusion:
        """A refused combination neither passes nor fails; where nothing passed and nothing failed, nothing was shown."""
        if self.count(CellOutcome.FAIL):
            return Conclusion.FAIL
        if self.count(CellOutcome.ERROR):
            return Conclusion.ERROR
        if self.count(CellOutcome.INCOMPLETE) or not self.count(CellOutcome.PASS):
            return Conclusion.INCOMPLETE
        return Conclusion.PASS

    @property
    def exit_code(self) -> int:
        return INTERRUPTED if self.interrupted else self.conclusion.exit_code

    @property
    def tally(self) -> str:
        """`12 of 15 combinations passed, 3 refused`; what is bad comes first."""
        words = {
            CellOutcome.FAIL: "failed",
            CellOutcome.ERROR: "could not be run",
            CellOutcome.INCOMPLETE: "incomplete",
            CellOutcome.PASS: "passed",
            CellOutcome.REFUSED: "refused",
        }
        counts = [(word, count) for outcome, word in words.items() if (count := self.count(outcome))]
        if not counts:
            return "no combination"
        (word, count), *rest = counts
        total = len(self.cells)
        noun = "combination" if total == 1 else "combinations"
        return ", ".join([f"{count} of {total} {noun} {word}", *(f"{n} {word}" for word, n in rest)])

    def to_json(self) -> dict[str, Json]:
        return {
            "schema": MATRIX_SCHEMA,
            "scenario": self.scenario,
            "summary": self.summary,
            "playbooks": list(self.playbooks),
            "axes": self.axes.to_json(),
            "fixed": dict(self.fixed),
            "verdict": self.conclusion.value,
            "interrupted": self.interrupted,
            "counts": {outcome.value: self.count(outcome) for outcome in CellOutcome},
            "cells": [cell.to_json() for cell in self.cells],
            "seconds": round(self.seconds, 3),
            "folder": self.folder,
        }
