"""How tests are spread over processes, and which may be run again."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Generator, Iterable

import branches
import pytest
from hypothesis import HealthCheck, settings

LONG = ("lab", "uml", "netlab")
"""Markers of tests that take long."""

LONGEST = ("tests/scenarios/", "tests/verify/", "tests/uml/", "tests/browser/", "tests/lab/test_lab_pages.py")
"""Where labs run for minutes: what starts last is waited for alone."""

WAITING = (
    "tests/devices/test_devices_verify.py",
    "tests/devices/test_devices_prompts.py",
    "tests/devices/test_devices_sessions.py",
    "tests/clabernetes/",
)
"""Where tests without a lab wait for devices that answer late, or never."""


def pytest_configure(config: pytest.Config) -> None:
    """A shell that starts tests in the background has them ignore Ctrl-C, and what they start as well; some tests send it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("busy")  # a machine with other things to do is no fault of an example
    if os.environ.get(branches.ASKED):
        config.pluginmanager.register(branches.Branches(config))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Modules and thousands of tests stay to the end: to search them for garbage, again and again, is an eighth of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in this hook, too
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share what is made once for their module, such as a lab, stay in one process; every other goes where there is time for
    it. Labs mostly wait, so they start first, beside tests that only compute; so do other long ones, which would be waited for in the end.

    A lab with leases of seconds comes too late on a machine that has other things to do: its test is run once more before it counts as
    failed, and the summary says so. Tests without a lab are never run again.
    """
    for item in items:
        if isinstance(item, pytest.Function) and (group := _shared(item)):
            item.add_marker(pytest.mark.xdist_group(group))
        if item.get_closest_marker("lab"):
            item.add_marker(pytest.mark.flaky(reruns=1, reruns_delay=2))
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """Tests with a smaller number start earlier."""
    if not any(item.get_closest_marker(name) for name in LONG):
        return 1 if item.nodeid.startswith(WAITING) else 2
    return 0 if item.nodeid.startswith(LONGEST) else 1


def _shared(item: pytest.Function) -> str:
    """A name for what the test shares with others of its module; empty when it shares nothing."""
    shared = [
        name for name in _fixtures(item) if item._fixtureinfo.name2fixturedefs[name][-1].scope == "module"
    ]
    if not shared:
        return ""
    indices = item.callspec.indices if hasattr(item, "callspec") else {}
    instance = [f"{name}{indices[name]}" for name in shared if name in indices]
    return "-".join([item.nodeid.partition("::")[0], *instance])


def _fixtures(item: pytest.Function) -> Iterable[str]:
    return [name for name in item.fixturenames if name in item._fixtureinfo.name2fixturedefs]
