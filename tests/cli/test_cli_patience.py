"""--patience: one factor for everything that waits, handed on by the environment."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from labgen.cli.main import cli
from labgen.ground.errors import LabNotUpError
from labgen.lab import find, slowness
from labgen.lab.deadline import PATIENCE, patience
from labgen.lab.provider import Lab


@pytest.fixture(autouse=True)
def in_force(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The factors in force when `verify` looked for its lab."""
    found: list[float] = []

    def adopt(folder: Path | None) -> Lab:
        found.append(patience())
        raise LabNotUpError("no lab is running")

    monkeypatch.delenv(PATIENCE, raising=False)
    monkeypatch.setattr(find, "adopt", adopt)
    return found


@pytest.mark.parametrize(
    ("options", "measured", "factor"),
    [
        pytest.param((), 1.0, 1.0, id="a usual machine"),
        pytest.param((), 2.5, 2.5, id="a slow one, measured"),
        pytest.param(("--patience", "3"), 2.0, 6.0, id="asked for as well"),
    ],
)
def test_the_factor_is_what_was_asked_times_what_was_measured(
    options: tuple[str, ...],
    measured: float,
    factor: float,
    in_force: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(slowness, "slowness", lambda: measured)
    result = CliRunner().invoke(cli, ["verify", *options])
    assert in_force == [factor]
    assert patience() == 1, "the next command in this process begins anew"
    assert ("waiting up to" in result.stderr) is (factor > 1)


def test_a_factor_that_is_set_already_is_not_multiplied(
    in_force: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slowness, "slowness", lambda: 5.0)
    monkeypatch.setenv(PATIENCE, "2")
    CliRunner().invoke(cli, ["verify"])
    assert (in_force, patience()) == ([2.0], 2.0)


@pytest.mark.parametrize("text", ["0", "-1", "soon"])
def test_a_factor_that_makes_no_sense_is_refused(text: str) -> None:
    result = CliRunner().invoke(cli, ["up", "relay", "--patience", text])
    assert result.exit_code == 2
    assert "--patience" in result.stderr


def test_slowness_is_between_one_and_four() -> None:
    assert 1.0 <= slowness.slowness() <= slowness.MOST


@pytest.mark.parametrize(
    ("told", "factor"), [("nan", 1.0), ("inf", 1.0), ("-3", 1.0), ("1e9", 100.0), ("word", 1.0)]
)
def test_nobody_waits_for_ever(told: str, factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PATIENCE, told)
    assert patience() == factor


@pytest.mark.parametrize("asked", ["nan", "inf"])
def test_patience_is_a_number(asked: str, in_force: list[float]) -> None:
    assert CliRunner().invoke(cli, ["verify", "--patience", asked]).exit_code == 2
    assert in_force == []
