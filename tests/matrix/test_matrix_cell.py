"""What a cell takes from the verdict of its lab."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from labgen.dhcp.model import Finding, Severity
from labgen.ground.labplan import LabPlan
from labgen.matrix.cell import MOST_UNPASSED, judged
from labgen.matrix.model import CellOutcome, FindingCount, MatrixCell
from labgen.plan.build import build
from labgen.spec.load import load
from labgen.verify.judgement import Judgement, Outcome, Proof, Witness, blocked, failed, passed
from labgen.verify.subject import Subject
from labgen.verify.verdict import CheckResult, Verdict

PROOF = Proof(Witness.WIRE, "srv1", "captures/srv1-eth1.pcap", frame=7)
GOOD = passed("no NAK", "none", [PROOF])
BAD = failed("no NAK", "1 NAK", "look at srv2", [PROOF])
STUCK = blocked("no NAK", "nothing was asked")
MATRIX = Path("m")


@cache
def plan() -> LabPlan:
    return build(load("evpn-redundant-server"))


def cell(*judgements: tuple[str, str, Judgement], findings: tuple[Finding, ...] = ()) -> MatrixCell:
    """From checks given as name, client and judgement."""
    checks = tuple(result(name, client, told) for name, client, told in judgements)
    verdict = Verdict(
        "lab", "lab", "embedded", {}, len(checks), checks, findings=findings, folder="m/a_b_c/runs/1-acquire"
    )
    return judged(MatrixCell("a", "b", "c"), verdict, plan(), MATRIX)


def result(name: str, client: str, told: Judgement) -> CheckResult:
    title = f"{{client}} is never refused ({name})"
    return CheckResult(name, Subject(client=client), title, "acquire", "acquire", "", told)


def test_a_pass_has_nothing_to_explain() -> None:
    found = cell(("nak", "cl_a", GOOD), ("nak", "cl_b", GOOD))
    assert (found.outcome, found.planned, found.ran, found.passed) == (CellOutcome.PASS, 2, 2, 2)
    assert (found.reason, found.unpassed) == ("", ())
    assert found.run == "a_b_c/runs/1-acquire"


def test_one_check_on_several_subjects_is_one_entry() -> None:
    found = cell(("nak", "cl_a", GOOD), ("nak", "cl_b", BAD))
    assert found.outcome is CellOutcome.FAIL
    (bad,) = found.unpassed
    assert (bad.title, bad.count, bad.total) == ("each client is never refused (nak)", 1, 2)
    assert (bad.outcome, bad.observed) == (Outcome.FAIL, "1 NAK")


def test_what_failed_comes_before_what_was_blocked_and_only_a_few_are_kept() -> None:
    stuck = [(f"stuck{n}", "cl_a", STUCK) for n in range(MOST_UNPASSED)]
    found = cell(*stuck, ("nak", "cl_a", BAD))
    assert len(found.unpassed) == MOST_UNPASSED
    assert found.unpassed[0].check == "nak"


def test_what_was_blocked_alone_is_incomplete() -> None:
    found = cell(("nak", "cl_a", GOOD), ("bound", "cl_a", STUCK))
    assert (found.outcome, found.reason) == (CellOutcome.INCOMPLETE, "1 of 2 checks blocked, 1 passed")


def test_nothing_judged_is_no_pass() -> None:
    assert cell().outcome is CellOutcome.INCOMPLETE
    assert cell(("nak", "cl_a", Judgement())).outcome is CellOutcome.ERROR


def test_findings_are_counted_by_code() -> None:
    odd = [Finding("nak-sent", Severity.WARNING, f"NAK {n}", "srv2") for n in range(3)]
    trivial = Finding("duplicate-relay", Severity.INFO, "twice", "srv1")
    found = cell(("nak", "cl_a", GOOD), findings=(trivial, *odd))
    assert found.findings == (
        FindingCount("nak-sent", Severity.WARNING, 3),
        FindingCount("duplicate-relay", Severity.INFO, 1),
    )
