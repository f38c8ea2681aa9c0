"""How tests are spread over processes."""

from __future__ import annotations

from collections.abc import Iterable

import pytest


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in this hook, too
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share what is made once for their module, such as a lab, stay in one process; every other goes where there is time for
    it. Labs mostly wait, so they start first, beside tests that only compute."""
    for item in items:
        if isinstance(item, pytest.Function) and (group := _shared(item)):
            item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: item.get_closest_marker("lab") is None)


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
