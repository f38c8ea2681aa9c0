"""The recipes of CONTRIBUTING.md, followed in a copy of the project: every place they name is there, and their own tests pass."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import branches
import pytest

ROOT = Path(__file__).parents[2]
STEP = re.compile(
    r"^(?P<indent> *)<!-- (?P<kind>file|replace): (?P<head>.*?) -->\n *```\w*\n(?P<body>.*?)\n *```$",
    re.DOTALL | re.MULTILINE,
)
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TESTS = (
    "tests/devices/test_devices_routeros.py",
    "tests/verify/test_lengths.py",
    "tests/verify/test_check_stories.py",
    "tests/verify/test_check_rows.py::test_every_registered_check_has_a_row_in_which_it_holds_and_fails",
    "tests/verify/test_playbooks.py::test_checks_of_a_family_stand_together_in_a_fixed_order",
    "tests/dhcp/test_rfc_citations.py",
)


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which each recipe was followed to the letter."""
    copy = tmp_path_factory.mktemp("recipes") / "labgen"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "site", "__pycache__", "labs", "shared"))
    for step in STEP.finditer(PAGE):
        name, _, place = step["head"].partition("\n")
        _follow(
            copy / name.strip(), *(_outdented(each, step["indent"]) for each in (place, step["body"] + "\n"))
        )
    return copy


def _outdented(text: str, indent: str) -> str:
    """A text without the indent of the list that it stands in; its own stays."""
    return "\n".join(line.removeprefix(indent) for line in text.split("\n"))


def _follow(file: Path, place: str, text: str) -> None:
    """Write a file, or put a text in the only place that is like the one named; lines keep the indent that the page gives them there."""
    if not place:
        assert not file.exists(), f"{file} is there already"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return
    old = file.read_text(encoding="utf-8")
    assert old.count(place) == 1, f"{place!r} stands {old.count(place)} times in {file}"
    file.write_text(old.replace(place, text.rstrip("\n")), encoding="utf-8")


def pytest_in(copy: Path, *arguments: str) -> str:
    """What pytest says, whose tests passed."""
    inherited = {name: value for name, value in os.environ.items() if name != branches.ASKED}
    environment = {**inherited, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments]
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_recipes_own_tests_pass(followed: Path) -> None:
    assert "passed" in pytest_in(followed, *TESTS)


@pytest.mark.slow
def test_the_recipes_finding_is_found_and_the_playbook_is_bound(followed: Path) -> None:
    assert "2 passed" in pytest_in(followed, "tests/dhcp/test_dhcp_findings.py", "-k", "short-lease")
    code = "from labgen.verify import playbook; print(playbook.read('come-back')[1].title)"
    assert said_in(followed, "-c", code) == "Clients vanish and come back\n"


@pytest.mark.slow
def test_a_playbook_asks_the_recipes_check(followed: Path) -> None:
    code = "from labgen.verify import playbook; print([c for s in playbook.read('acquire')[1].steps for c in s.checks])"
    assert "'lease.minute'" in said_in(followed, "-c", code)


@pytest.mark.slow
def test_what_the_recipes_write_is_in_the_form_of_the_house(followed: Path) -> None:
    written = [str(followed / name.strip()) for name in re.findall(r"<!-- (?:file|replace): (\S+\.py)", PAGE)]
    assert len(written) > 8
    said_in(followed, "-m", "ruff", "format", "--check", *written)
    said_in(followed, "-m", "ruff", "check", *written)


def said_in(copy: Path, *arguments: str) -> str:
    """What Python says in the copy, where it ends well."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
