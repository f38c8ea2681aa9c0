"""What a matrix concludes from its cells, and its JSON form."""

from __future__ import annotations

import json

import pytest
from matrix_values import EVERYTHING, row

from labgen.matrix.model import CellOutcome
from labgen.verify.verdict import Conclusion

PASS, FAIL, INCOMPLETE, ERROR, REFUSED = CellOutcome


@pytest.mark.parametrize(
    ("outcomes", "conclusion", "code"),
    [
        pytest.param((PASS, PASS), Conclusion.PASS, 0, id="all passed"),
        pytest.param((PASS, REFUSED), Conclusion.PASS, 0, id="all that were built passed"),
        pytest.param((PASS, FAIL, REFUSED), Conclusion.FAIL, 1, id="one failed"),
        pytest.param((FAIL, ERROR, INCOMPLETE), Conclusion.FAIL, 1, id="a failure outweighs the rest"),
        pytest.param((PASS, ERROR), Conclusion.ERROR, 3, id="one could not be run"),
        pytest.param((PASS, INCOMPLETE), Conclusion.INCOMPLETE, 4, id="one is incomplete"),
        pytest.param((REFUSED, REFUSED), Conclusion.INCOMPLETE, 4, id="nothing ran"),
        pytest.param((), Conclusion.INCOMPLETE, 4, id="nothing there"),
    ],
)
def test_conclusion(outcomes: tuple[CellOutcome, ...], conclusion: Conclusion, code: int) -> None:
    assert row(*outcomes).conclusion is conclusion
    assert row(*outcomes).exit_code == code


def test_an_interrupted_matrix_says_so_by_its_exit_code() -> None:
    assert row(PASS, FAIL, interrupted=True).exit_code == 130


@pytest.mark.parametrize(
    ("outcomes", "text"),
    [
        ((PASS,), "1 of 1 combination passed"),
        ((PASS, REFUSED, PASS), "2 of 3 combinations passed, 1 refused"),
        ((PASS, FAIL, ERROR), "1 of 3 combinations failed, 1 could not be run, 1 passed"),
    ],
)
def test_tally_names_the_worst_first(outcomes: tuple[CellOutcome, ...], text: str) -> None:
    assert row(*outcomes).tally == text


def test_json_form_holds_every_cell() -> None:
    data = json.loads(json.dumps(EVERYTHING.to_json()))
    assert data["schema"] == "labgen/matrix/1"
    assert (data["verdict"], data["interrupted"]) == ("fail", False)
    assert data["counts"] == dict.fromkeys(("pass", "fail", "incomplete", "error", "refused"), 1)
    assert data["axes"]["server"] == ["server0", "server1", "server2", "server3", "server4"]
    assert [cell["outcome"] for cell in data["cells"]] == [outcome.value for outcome in CellOutcome]
    failed = data["cells"][1]
    assert (failed["planned"], failed["ran"], failed["passed"]) == (70, 70, 66)
    assert failed["unpassed"][0]["title"] == "each client is never refused"
    assert failed["findings"] == [
        {"code": "unexpected-address", "severity": "warning", "count": 2, "expected": False}
    ]
    assert failed["run"] == "dhclient_frr_server1/runs/1-acquire"


def test_a_cell_is_found_by_its_devices() -> None:
    assert EVERYTHING.cell("dhclient", "frr", "server4").outcome is REFUSED
    with pytest.raises(KeyError):
        EVERYTHING.cell("dhclient", "frr", "nobody")
