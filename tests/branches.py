"""Branches of checks and devices that their own tests, those of `analyze` and those of plans reach, measured while all tests run.

Only those tests are traced, so that what labs and the rest of the suite take stays as it is. `make check` has LABGEN_BRANCHES set; the
floor is `fail_under` in pyproject.toml.
"""

from __future__ import annotations

import importlib
import io
import pkgutil
import shutil
from collections.abc import Generator

import pytest
from coverage import Coverage

ASKED = "LABGEN_BRANCHES"
TRACED = ("tests/verify/", "tests/devices/", "tests/analyze/", "tests/plan/")
UNTRACED = (
    "tests/devices/test_devices_shapes.py",
    "tests/devices/test_devices_docs.py",
    "tests/verify/test_rejudge.py",
)
"""Hundreds of builds, and programs of their own: they reach nothing that the others do not."""


class Branches:
    """In the process that starts the tests and in each that runs some of them. Modules are imported while the tracer is on."""

    def __init__(self, config: pytest.Config) -> None:
        self._folder = config.rootpath / ".coverage-parts"
        self._worker = hasattr(config, "workerinput")
        self._told = ""
        self._alone = not self._worker and not config.getoption("numprocesses", None)
        self._coverage = Coverage(
            data_file=str(self._folder / "part"),
            data_suffix=True,
            config_file=str(config.rootpath / "pyproject.toml"),
        )
        if not self._worker:
            shutil.rmtree(self._folder, ignore_errors=True)
        if self._worker or self._alone:
            self._folder.mkdir(exist_ok=True)
            self._coverage.start()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if self._worker or self._alone:
            for name in self._packages():
                package = importlib.import_module(name)
                for module in pkgutil.walk_packages(package.__path__, f"{name}."):
                    importlib.import_module(module.name)
            self._coverage.stop()

    def _packages(self) -> list[str]:
        found = self._coverage.get_option("run:source")
        assert isinstance(found, list)
        return [str(name) for name in found]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        path = item.nodeid
        if not path.startswith(TRACED) or path.startswith(UNTRACED) or item.get_closest_marker("lab"):
            return (yield)
        self._coverage.start()
        try:
            return (yield)
        finally:
            self._coverage.stop()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._worker or self._alone:
            self._coverage.stop()
            self._coverage.save()
        if not self._worker:
            self._told = self._report(session)

    def _report(self, session: pytest.Session) -> str:
        """What is below the floor fails the run."""
        whole = Coverage(
            data_file=str(self._folder / "whole"), config_file=str(session.config.rootpath / "pyproject.toml")
        )
        parts = [str(file) for file in self._folder.glob("part.*")]
        if not parts:
            session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED
            return "no branches were measured"
        whole.combine(parts)
        text = io.StringIO()
        reached = whole.report(file=text, skip_covered=True, show_missing=False)
        floor = whole.get_option("report:fail_under")
        assert isinstance(floor, int | float)
        if reached < floor and not session.exitstatus:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        return (
            f"{text.getvalue()}branches of {' and '.join(self._packages())}: {reached:.1f} %, floor {floor} %"
        )

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("branches")
        terminalreporter.write_line(self._told)
