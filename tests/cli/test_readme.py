"""What the README says is so."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from labgen.cli.main import cli
from labgen.devices import registry
from labgen.ground import resources
from labgen.ground.errors import SpecError
from labgen.plan.build import build
from labgen.spec.load import load

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def example(tmp_path: Path) -> Path:
    """The spec the README shows, as a file."""
    found = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert found
    file = tmp_path / "my.yml"
    file.write_text(found[1])
    return file


def test_the_example_spec_builds_without_a_warning(tmp_path: Path) -> None:
    plan = build(load(str(example(tmp_path))))
    assert [node.name for node in plan.nodes] == ["dhcp1", "dhcp2", "leaf1", "leaf2", "border", "pc1", "pc2"]
    assert plan.warnings == ()


def test_the_error_it_shows_is_the_error_that_comes(tmp_path: Path) -> None:
    file = example(tmp_path)
    file.write_text(file.read_text().replace("circuit-id, link-selection, server-id-override", "circuit-id"))
    with pytest.raises(SpecError) as caught:
        build(load(str(file)))
    problem = caught.value.problems[0]
    assert problem.reason in README
    assert problem.remedy in README
    assert f"my.yml:{problem.line}:{problem.column}:" in README


def test_every_file_it_links_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_command_it_names_exists() -> None:
    named = set(re.findall(r"`labgen ([a-z]+)", README)) | set(
        re.findall(r"^labgen ([a-z]+)", README, re.MULTILINE)
    )
    assert named
    assert named <= set(cli.list_commands(click.Context(cli)))


def test_tables_name_every_scenario_and_every_device() -> None:
    tables = (ROOT / "docs/scenarios.md").read_text() + (ROOT / "docs/devices.md").read_text()
    for name in [file.stem for file in resources.topologies().glob("*.yml")] + list(registry.everything()):
        assert f"| `{name}` |" in tables, name


def test_it_is_short_and_shows_the_report() -> None:
    assert README.count("\n") < 200
    assert (ROOT / "docs/img/report.png").stat().st_size < 400_000
