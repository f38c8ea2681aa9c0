"""Scenarios that are there to show a failure: what they expect to go wrong must, and nothing else may.

`expect.failures` are patterns of check ids (`renew.answer:*`), or of ids in one playbook (`renew/step.in-time:*`). A
check that matches one and did not hold has passed. Where every check that matches a pattern held, the expected
failure did not appear, and they fail: which of several clients or servers is hit is often a race, so one of them is
enough.

`expect.findings` are codes: each that does not show is a failed check, and so is a warning or an error with another
code. Their number is fixed when the playbooks are loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from labgen.dhcp.model import Finding, Severity
from labgen.ground.labplan import LabPlan
from labgen.verify.judgement import Judgement, Outcome, Proof, Witness
from labgen.verify.playbook import Playbook
from labgen.verify.verdict import CheckResult

PLAYBOOK = "expect"
_TOLD = "failed as expected"


@dataclass(frozen=True, slots=True)
class Expected:
    """A check of an expectation about findings; without `code`, that there are no others."""

    code: str = ""

    @property
    def id(self) -> str:
        return f"expect.finding:{self.code}" if self.code else "expect.no-other-finding"

    @property
    def title(self) -> str:
        return (
            f"the finding `{self.code}` shows"
            if self.code
            else "no warning and no error is found beside the expected"
        )


def plan_checks(plan: LabPlan, books: Sequence[Playbook]) -> tuple[Expected, ...]:
    """The checks that `expect.findings` adds. Each finding is demanded only where all of the scenario's own playbooks
    run: with fewer nobody can tell which would have shown.
    """
    codes = plan.expect.findings
    if not codes:
        return ()
    complete = set(plan.playbooks) <= {book.spec.name for book in books}
    return (*(Expected(code) for code in dict.fromkeys(codes) if complete), Expected())


def settle(
    plan: LabPlan, books: Sequence[Playbook], results: Iterable[CheckResult], findings: Sequence[Finding]
) -> tuple[CheckResult, ...]:
    """The results as the scenario's expectations make them."""
    known = list(results)
    absent = {p for p in plan.expect.failures if not any(_broke(r) for r in known if _matches(p, r))}
    settled: list[CheckResult] = []
    for result in known:
        patterns = [pattern for pattern in plan.expect.failures if _matches(pattern, result)]
        settled.append(_turned(result, missed=any(p in absent for p in patterns)) if patterns else result)
    return (*settled, *_found(plan, books, findings))


def _matches(pattern: str, result: CheckResult) -> bool:
    return fnmatchcase(f"{result.playbook}/{result.id}" if "/" in pattern else result.id, pattern)


def _broke(result: CheckResult) -> bool:
    return result.judgement.outcome in (Outcome.FAIL, Outcome.BLOCKED)


def _turned(result: CheckResult, *, missed: bool) -> CheckResult:
    """A check that did not hold has passed; one that could not be judged for want of evidence stays an error."""
    j = result.judgement
    if _broke(result):
        good = replace(j, outcome=Outcome.PASS, observed=f"{_TOLD}: {j.observed}")
        return replace(result, judgement=good)
    if j.outcome is Outcome.PASS and missed:
        bad = Judgement(
            Outcome.FAIL,
            f"that this does not hold: {j.expected}",
            j.observed,
            "the scenario expects this check to fail; correct `expect.failures`, or find out what has changed",
            j.proofs,
        )
        return replace(result, judgement=bad)
    return result


def _found(plan: LabPlan, books: Sequence[Playbook], findings: Sequence[Finding]) -> Iterator[CheckResult]:
    for expected in plan_checks(plan, books):
        judgement = _shows(expected.code, findings) if expected.code else _no_other(plan, findings)
        yield CheckResult(expected.id, expected.title, PLAYBOOK, "findings", "", judgement)


def _shows(code: str, findings: Sequence[Finding]) -> Judgement:
    own = [finding for finding in findings if finding.code == code]
    if not own:
        hint = "the scenario expects it; correct `expect.findings`, or find out what has changed"
        return Judgement(Outcome.FAIL, f"finding {code}", "it did not show", hint)
    return Judgement(Outcome.PASS, f"finding {code}", own[0].message, "", _proofs(own[:1]))


def _no_other(plan: LabPlan, findings: Sequence[Finding]) -> Judgement:
    expected = "no warning or error but " + ", ".join(plan.expect.findings)
    others = [f for f in findings if f.severity is not Severity.INFO and f.code not in plan.expect.findings]
    if others:
        observed = "; ".join(dict.fromkeys(f"{f.code}: {f.message}" for f in others))
        return Judgement(Outcome.FAIL, expected, observed, "see the findings below", _proofs(others))
    return Judgement(
        Outcome.PASS, expected, f"{len(findings)} findings, none other", "", _proofs(findings[:1])
    )


def _proofs(findings: Iterable[Finding]) -> tuple[Proof, ...]:
    return tuple(
        Proof(Witness.WIRE, e.node or "", e.file, e.line, e.frame) for f in findings for e in f.evidence
    )
