"""The recipes of CONTRIBUTING.md, followed in a copy of the project: every place they name is there, and their own tests pass."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import branches
import pytest

ROOT = Path(__file__).parents[2]
STEP = re.compile(
    r"^ *<!-- (?P<kind>file|replace): (?P<head>.*?) -->\n *```\w*\n(?P<body>.*?)\n *```$",
    re.DOTALL | re.MULTILINE,
)
TESTS = (
    "tests/devices/test_devices_routeros.py",
    "tests/verify/test_lengths.py",
    "tests/dhcp/test_rfc_citations.py",
)


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which each recipe was followed to the letter."""
    copy = tmp_path_factory.mktemp("recipes") / "labgen"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "site", "__pycache__", "labs", "shared"))
    for step in STEP.finditer((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")):
        name, _, place = step["head"].partition("\n")
        _follow(copy / name.strip(), dedent(place), dedent(step["body"]) + "\n")
    return copy


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
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=followed,
        env={**os.environ, "PYTHONPATH": str(followed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "Clients vanish and come back\n"
