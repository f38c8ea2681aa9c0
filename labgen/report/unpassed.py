"""Checks that did not pass: the cause first, what follows from it folded, everything else by check."""

from __future__ import annotations

from dataclasses import dataclass

from labgen.report import places
from labgen.report.checks import step_title
from labgen.report.places import EvidencePlace
from labgen.verify.judgement import Outcome
from labgen.verify.verdict import CheckResult, Verdict

_ORDER = (Outcome.FAIL, Outcome.ERROR, Outcome.BLOCKED, Outcome.SKIPPED)


@dataclass(frozen=True, slots=True)
class RootCause:
    """The reason of a verdict. `results` are what shows it, `consequences` what fails because of it."""

    words: str
    where: tuple[str, ...]
    next: str
    places: tuple[EvidencePlace, ...]
    results: tuple[CheckResult, ...]
    consequences: tuple[CheckResult, ...]


@dataclass(frozen=True, slots=True)
class UnpassedRow:
    """One check of one step that did not pass on some subjects: the first is told, `others` are a click away."""

    step: str
    first: CheckResult
    others: tuple[CheckResult, ...]


def cause(verdict: Verdict) -> RootCause | None:
    """The diagnosis of a verdict; None where it has none."""
    found = verdict.diagnosis
    if found is None:
        return None
    bad = [result for result in verdict.checks if result.judgement.outcome is not Outcome.PASS]
    return RootCause(
        found.cause,
        found.where,
        found.next,
        places.of_proofs(found.evidence),
        tuple(result for result in bad if result.id == found.check),
        tuple(result for result in bad if result.id in found.consequences and result.id != found.check),
    )


def unpassed(verdict: Verdict) -> tuple[UnpassedRow, ...]:
    """Rows of what the diagnosis does not explain: failures first, then what could not be judged, then what waited for either."""
    known = verdict.diagnosis
    explained = {known.check, *known.consequences} if known else set()
    by_check: dict[tuple[str, str, str, Outcome], list[CheckResult]] = {}
    for outcome in _ORDER:
        for result in verdict.checks:
            if result.judgement.outcome is outcome and result.id not in explained:
                by_check.setdefault((result.playbook, result.step, result.check, outcome), []).append(result)
    return tuple(
        UnpassedRow(step_title(playbook, step), first, tuple(others))
        for (playbook, step, _, _), (first, *others) in by_check.items()
    )
