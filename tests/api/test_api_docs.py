"""The pytest plugin and the Python interface, as their pages show them, on real labs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


def block(page: str) -> str:
    (found,) = re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    return str(found)


def pytest_run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_dhcp.py", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, check=False)


@pytest.mark.lab
def test_plugin_runs_the_tests_of_its_page(tmp_path: Path) -> None:
    (tmp_path / "test_dhcp.py").write_text(block("howto/pytest.md"))
    done = pytest_run(tmp_path, "--labgen", "relay", "--junitxml", "dhcp.xml")
    assert done.returncode == 0, done.stdout + done.stderr
    cases = list(ElementTree.parse(tmp_path / "dhcp.xml").getroot().iter("testcase"))
    assert len(cases) == 5
    assert all(len(case) == 0 for case in cases), "none failed, none was skipped"


@pytest.mark.lab
def test_plugin_lets_a_wrong_expectation_fail(tmp_path: Path) -> None:
    (tmp_path / "test_dhcp.py").write_text(
        "def test_wrong(verdict, bindings):\n    assert [b.address for b in bindings] == ['192.0.2.1']\n"
    )
    done = pytest_run(tmp_path, "--labgen", "relay")
    assert done.returncode == 1
    assert "172.16.0.1" in done.stdout


@pytest.mark.slow
def test_plugin_skips_where_no_lab_is_named(tmp_path: Path) -> None:
    (tmp_path / "test_dhcp.py").write_text("def test_lab(lab):\n    assert False\n")
    done = pytest_run(tmp_path, "-rs")
    assert done.returncode == 0 and "pytest --labgen SPEC" in done.stdout


@pytest.mark.slow
def test_plugin_ends_with_a_sentence_for_an_unknown_scenario(tmp_path: Path) -> None:
    (tmp_path / "test_dhcp.py").write_text("def test_lab(lab):\n    pass\n")
    done = pytest_run(tmp_path, "--labgen", "no-such-scenario")
    assert done.returncode == 1 and "no-such-scenario" in done.stdout


@pytest.mark.lab
def test_program_of_the_page_works(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", block("reference/api.md")],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.search(r"^acquire bound 172\.16\.0\.1$", done.stdout, re.MULTILINE)
    assert "pass " in done.stdout.splitlines()[-1]


def test_what_is_public_is_what_is_listed() -> None:
    from labgen import api

    assert [name for name in api.__all__ if not hasattr(api, name)] == []
    page = (DOCS / "reference/api.md").read_text(encoding="utf-8")
    for name in ("build", "up", "attach", "judge", "analyze"):
        assert f"`{name}(" in page


def test_unreadable_file_is_an_error_of_labgen(tmp_path: Path) -> None:
    from labgen import api

    with pytest.raises(api.LabgenError):
        api.analyze(tmp_path / "nothing.pcap")


def test_log_is_analyzed() -> None:
    from labgen import api

    found = api.analyze(Path(__file__).resolve().parents[1] / "analyze/logs/dhcpd.log")
    assert found.exchanges
