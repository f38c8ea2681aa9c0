"""What came of vectors, in every form."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from labgen.conform.outcome import RelayRun, VectorOutcome, VectorResult
from labgen.conform.report import FORMATS, sources
from labgen.conform.vector import ExpectedTraffic, PacketText, Stimulus, Vector

VECTOR = Vector(
    id="one",
    title="A <b>title</b>",
    group="attacks",
    clause="RFC 3046 5",
    seen_in=("VPP",),
    why="because & so",
    stimulus=Stimulus(side="client1", packet=PacketText()),
    expect=ExpectedTraffic(copies=0),
)
CHOICE = VECTOR.model_copy(update={"id": "two", "level": "choice"})
GOOD = RelayRun(
    "good", "good 1.0", (VectorResult(VECTOR, VectorOutcome.PASS), VectorResult(CHOICE, VectorOutcome.PASS))
)
BAD = RelayRun(
    "bad",
    "bad <2.0>",
    (
        VectorResult(VECTOR, VectorOutcome.WRONG, ("1 copies at server, not 0",)),
        VectorResult(CHOICE, VectorOutcome.UNSUPPORTED, ("no x",)),
    ),
)


@pytest.mark.parametrize(
    ("vector", "differs", "outcome"),
    [
        (VECTOR, False, VectorOutcome.PASS),
        (VECTOR, True, VectorOutcome.WRONG),
        (CHOICE, True, VectorOutcome.CHOICE),
        (CHOICE, False, VectorOutcome.PASS),
    ],
)
def test_difference_is_wrong_where_a_clause_demands_it(
    vector: Vector, differs: bool, outcome: VectorOutcome
) -> None:
    assert VectorOutcome.of(vector, differs) is outcome


def test_run_passes_only_when_something_was_tried_and_nothing_is_wrong() -> None:
    assert GOOD.passed
    assert not BAD.passed
    assert not RelayRun("none", "", (VectorResult(VECTOR, VectorOutcome.UNSUPPORTED),)).passed


def test_json_has_every_result_and_the_tally() -> None:
    data = json.loads(FORMATS["json"]([GOOD, BAD]))
    assert data["schema"] == "labgen/conformance/1"
    assert [run["tally"]["wrong"] for run in data["runs"]] == [0, 1]
    assert data["runs"][1]["results"][0]["seen"] == ["1 copies at server, not 0"]


def test_vectors_are_counted_by_document_and_by_whose_tests_try_the_same() -> None:
    assert sources(GOOD) == {"RFC 3046": (2, 2), "tests of VPP": (2, 2)}
    assert sources(BAD) == {"RFC 3046": (0, 2), "tests of VPP": (0, 2)}


def test_published_page_has_results_sources_and_differences() -> None:
    text = FORMATS["markdown"]([GOOD, BAD])
    assert "| `one` A <b>title</b> | RFC 3046 5 | pass | WRONG |" in text
    assert "| passed | | 2 of 2 | 0 of 2 |" in text
    assert "| RFC 3046 | 2 of 2 | 0 of 2 |" in text
    assert "* *wrong* `one` (RFC 3046 5): 1 copies at server, not 0" in text
    assert "**good**" not in text


def test_junit_counts_wrong_as_failures_and_the_rest_as_skipped() -> None:
    root = ElementTree.fromstring(FORMATS["junit"]([GOOD, BAD]))
    counts = [(suite.get("tests"), suite.get("failures"), suite.get("skipped")) for suite in root]
    assert counts == [("2", "0", "0"), ("2", "1", "1")]
    failure = root.find("testsuite[@name='bad']/testcase[@name='one']/failure")
    assert failure is not None
    assert failure.get("message") == "wrong: 1 copies at server, not 0"


def test_html_escapes_and_needs_nothing_from_elsewhere() -> None:
    text = FORMATS["html"]([GOOD, BAD])
    assert "A &lt;b&gt;title&lt;/b&gt;" in text
    assert "bad &lt;2.0&gt;" in text
    assert "<b>title" not in text
    assert "http" not in text


def test_table_has_a_column_per_relay_and_says_what_differs() -> None:
    lines = FORMATS["table"]([GOOD, BAD]).splitlines()
    assert lines[0].split() == ["VECTOR", "CLAUSE", "good", "bad"]
    assert lines[1].split()[-2:] == ["pass", "WRONG"]
    assert any("1 copies at server, not 0" in line and "because & so" in line for line in lines)
    assert not any("no x" in line for line in lines)
