"""The results of a matrix, and their JSON form `labgen/matrix/1`."""

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
    """clients"""
    relay: tuple[str, ...]
    """relays"""
    server: tuple[str, ...]
    """servers"""

    def to_json(self) -> dict[str, Json]:
        return {"client": list(self.client), "relay": list(self.relay), "server": list(self.server)}


@dataclass(frozen=True, slots=True)
class Unpassed:
    """A check that did not pass."""

    check: str
    """name of the check"""
    title: str
    """its title"""
    outcome: Outcome
    """what came of it"""
    count: int
    """subjects on which it did not pass"""
    total: int
    """subjects it was judged on"""
    observed: str
    """what was observed on the first of them"""

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
    """Findings of one code."""

    code: str
    """code of the finding"""
    severity: Severity
    """its severity"""
    count: int
    """how many"""
    expected: bool = False
    """true where the scenario is there to show it"""

    def to_json(self) -> dict[str, Json]:
        return {
            "code": self.code,
            "severity": self.severity.value,
            "count": self.count,
            "expected": self.expected,
        }


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning of labgen about the combination before it ran."""

    code: str
    """code of the warning"""
    message: str
    """its text"""

    def to_json(self) -> dict[str, Json]:
        return {"code": self.code, "message": self.message}


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One combination and what came of it; incomplete until it ran."""

    client: str
    """client device"""
    relay: str
    """relay device"""
    server: str
    """server device"""
    outcome: CellOutcome = CellOutcome.INCOMPLETE
    """refused: labgen does not build this combination, and says why"""
    planned: int = 0
    """checks planned"""
    ran: int = 0
    """checks that passed or failed"""
    passed: int = 0
    """checks that passed"""
    seconds: float = 0.0
    """from building to the end of the lab"""
    reason: str = "not run"
    """why it is not a pass"""
    unpassed: tuple[Unpassed, ...] = ()
    """the first few checks that did not pass, worst first"""
    findings: tuple[FindingCount, ...] = ()
    """findings by code"""
    warnings: tuple[Warned, ...] = ()
    """what was said before it ran"""
    run: str = ""
    """folder with the evidence, relative to the matrix; empty where nothing was judged"""

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
    """Every combination of a scenario."""

    scenario: str
    """name of the scenario"""
    summary: str
    """its summary"""
    playbooks: tuple[str, ...]
    """playbooks that were run"""
    axes: Axes
    """devices in the order of rows and columns"""
    cells: tuple[MatrixCell, ...]
    """every combination: clients first, then relays, then servers"""
    fixed: tuple[tuple[str, str], ...] = ()
    """nodes that kept their device"""
    seconds: float = 0.0
    """how long it took"""
    folder: str = ""
    """folder of the matrix"""
    interrupted: bool = False
    """true where somebody ended it early"""

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
