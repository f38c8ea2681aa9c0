"""A verdict never passes on less than everything that was planned."""

from __future__ import annotations

import pytest

from labgen.verify.judgement import Judgement, Outcome, Proof, Witness, blocked, failed, passed
from labgen.verify.subject import Subject
from labgen.verify.verdict import CheckResult, Conclusion, Verdict

PROOF = Proof(Witness.WIRE, "cl_a", "captures/cl_a-eth1.pcap", frame=1)
GOOD = passed("a", "a", [PROOF])
BAD = failed("a", "b", "do c", [PROOF])
BLOCKED = blocked("a", "nothing happened")
ERROR = Judgement()


def verdict(*judgements: Judgement, planned: int | None = None) -> Verdict:
    checks = tuple(
        CheckResult(f"c{n}", Subject(), "t", "acquire", "s", "", j) for n, j in enumerate(judgements)
    )
    return Verdict("lab", "lab", "embedded", {}, len(checks) if planned is None else planned, checks)


@pytest.mark.parametrize(
    ("given", "conclusion", "code"),
    [
        pytest.param(verdict(GOOD, GOOD), Conclusion.PASS, 0, id="all passed"),
        pytest.param(verdict(GOOD, BAD), Conclusion.FAIL, 1, id="one failed"),
        pytest.param(verdict(GOOD, BAD, ERROR), Conclusion.FAIL, 1, id="a failure outweighs an error"),
        pytest.param(verdict(GOOD, ERROR), Conclusion.ERROR, 3, id="evidence missing"),
        pytest.param(verdict(GOOD, BLOCKED), Conclusion.INCOMPLETE, 4, id="blocked"),
        pytest.param(verdict(GOOD, planned=2), Conclusion.INCOMPLETE, 4, id="fewer ran than planned"),
        pytest.param(verdict(), Conclusion.INCOMPLETE, 4, id="nothing planned"),
        pytest.param(verdict(planned=5), Conclusion.INCOMPLETE, 4, id="nothing ran"),
    ],
)
def test_conclusion(given: Verdict, conclusion: Conclusion, code: int) -> None:
    assert given.conclusion is conclusion
    assert given.conclusion.exit_code == code


def test_a_judgement_has_no_truth_value() -> None:
    with pytest.raises(TypeError, match="no truth value"):
        bool(GOOD)


def test_a_judgement_starts_as_an_error() -> None:
    assert Judgement().outcome is Outcome.ERROR


def test_a_pass_without_evidence_is_an_error() -> None:
    assert passed("a", "a", []).outcome is Outcome.ERROR


def test_json_form_counts_and_names_every_check() -> None:
    data = verdict(GOOD, BAD, BLOCKED).to_json()
    assert (data["schema"], data["verdict"], data["planned"], data["ran"]) == (
        "labgen/verdict/1",
        "fail",
        3,
        2,
    )
    assert [check["outcome"] for check in data["checks"]] == ["pass", "fail", "blocked"]  # type: ignore[index,call-overload,union-attr]
