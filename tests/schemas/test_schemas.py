"""Published schemas: every property is described, what labgen writes is valid, what it does not write is not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from schema_values import bare, filled

from labgen.cli.main import cli
from labgen.dhcp.model import Analysis
from labgen.ground import resources, yamldoc
from labgen.matrix.model import Matrix
from labgen.plan.build import build
from labgen.schemas.published import NAMES, document
from labgen.spec.load import load
from labgen.verify.verdict import Verdict

LOGS = Path(__file__).parents[1] / "analyze" / "logs"
SCENARIOS = sorted(resources.scenario_files())
PLAYBOOKS = sorted(resources.playbook_files())
VALUES = {"verdict": Verdict, "analysis": Analysis, "matrix": Matrix}


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(document(name))


def complaints(name: str, value: object) -> list[str]:
    found = validator(name).iter_errors(value)
    return [f"{error.json_path}: {error.message}" for error in found]


def properties(schema: Any, place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every property of an object, at any depth."""
    for name, own in schema.get("properties", {}).items():
        yield f"{place}.{name}", own
        yield from properties(own, f"{place}.{name}")
    for name, own in schema.get("$defs", {}).items():
        yield from properties(own, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_command_prints_a_valid_schema(name: str) -> None:
    done = CliRunner().invoke(cli, ["schema", name])
    assert done.exit_code == 0
    printed = json.loads(done.stdout)
    Draft202012Validator.check_schema(printed)
    assert printed == json.loads(json.dumps(document(name)))


def test_the_spec_is_the_schema_nobody_named() -> None:
    assert CliRunner().invoke(cli, ["schema"]).stdout == CliRunner().invoke(cli, ["schema", "spec"]).stdout


def test_an_unknown_schema_is_a_usage_error_that_names_the_known_ones() -> None:
    done = CliRunner().invoke(cli, ["schema", "verdicts"])
    assert done.exit_code == 2
    assert all(name in done.stderr for name in NAMES)


COUNTED = {"pass", "fail", "incomplete", "error", "refused"}
"""Keys of a count by outcome say what they are."""


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_property_is_described(name: str) -> None:
    bare_ones = [place for place, own in properties(document(name), name) if not own.get("description")]
    assert [place for place in bare_ones if place.rpartition(".")[2] not in COUNTED] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_and_its_plan_are_valid(name: str) -> None:
    assert complaints("spec", yamldoc.read(resources.scenario_files()[name]).data) == []
    assert complaints("plan", json.loads(build(load(name)).to_json())) == []


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_every_playbook_is_valid(name: str) -> None:
    assert complaints("playbook", yamldoc.read(resources.playbook_files()[name]).data) == []


def test_an_analysis_of_real_logs_is_valid() -> None:
    files = [str(file) for file in sorted(LOGS.iterdir()) if file.is_file()]
    done = CliRunner().invoke(cli, ["analyze", *files, "--format", "json"])
    found = json.loads(done.stdout)
    assert found["exchanges"]
    assert complaints("analysis", found) == []


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("make", [filled, bare])
def test_a_value_is_valid_with_everything_in_it_and_with_nothing(name: str, make: Any) -> None:
    assert complaints(name, make(VALUES[name]).to_json()) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", VALUES)
def test_what_is_written_always_is_required(name: str) -> None:
    written: dict[str, Any] = bare(VALUES[name]).to_json()
    required = document(name)["required"]
    assert isinstance(required, list)
    assert set(required) <= set(written)
    for key in required:
        assert complaints(name, {other: value for other, value in written.items() if other != key})


@pytest.mark.parametrize("name", VALUES)
def test_another_version_or_an_unknown_property_is_refused(name: str) -> None:
    written: dict[str, Any] = bare(VALUES[name]).to_json()
    assert complaints(name, {**written, "schema": f"labgen/{name}/0"})
    assert complaints(name, {**written, "surprise": 1})


def test_a_plan_of_another_version_is_refused() -> None:
    written = json.loads(build(load("relay")).to_json())
    assert complaints("plan", {**written, "schema": "labgen/plan/0"})
