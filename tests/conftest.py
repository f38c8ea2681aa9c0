"""How tests are spread over processes."""

from __future__ import annotations

from collections.abc import Iterable

import pytest


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Tests of a module that boots labs share them, so they stay in one process; every other test goes where there is time for it."""
    for item in items:
        if item.get_closest_marker("lab"):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
