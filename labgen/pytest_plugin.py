"""The pytest plugin: `pytest --labgen SPEC` gives tests a running lab. Documented in docs/howto/pytest.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from nornir.core import Nornir

    from labgen.api import Binding, Exchange, RunningLab, Verdict


def pytest_addoption(parser: pytest.Parser) -> None:
    """--labgen and what goes with it."""
    group = parser.getgroup("labgen", "DHCP labs")
    group.addoption(
        "--labgen", metavar="SPEC", help="spec, scenario or lab folder whose lab the fixture `lab` is"
    )
    group.addoption(
        "--labgen-provider", metavar="NAME", default="embedded", help="what runs the lab [embedded]"
    )
    group.addoption("--labgen-playbook", metavar="NAME", action="append", default=[],
                    help="playbook of the fixture `verdict` instead of the spec's; repeatable")  # fmt: skip


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """A running lab, one for the whole session. Tests that want it are skipped without `--labgen`."""
    from labgen import api  # every pytest run loads this plugin, few use it

    spec = request.config.getoption("--labgen")
    if not spec:
        pytest.skip("no lab: name one with `pytest --labgen SPEC`")
    output = None if Path(spec).is_dir() else tmp_path_factory.mktemp("labgen") / "lab"
    books = request.config.getoption("--labgen-playbook")
    provider = request.config.getoption("--labgen-provider")
    with api.up(spec, output, provider=provider, playbooks=books) as running:
        yield running


@pytest.fixture(scope="session")
def nornir(lab: RunningLab) -> Nornir:
    """Nornir with the lab's nodes as hosts."""
    return lab.nornir()


@pytest.fixture(scope="session")
def verdict(lab: RunningLab, request: pytest.FixtureRequest) -> Verdict:
    """The verdict of the spec's playbooks, or of those named with `--labgen-playbook`; they are run once."""
    return lab.verify(*request.config.getoption("--labgen-playbook"))


@pytest.fixture
def exchanges(lab: RunningLab) -> tuple[Exchange, ...]:
    """Every DHCP exchange up to now."""
    return lab.exchanges()


@pytest.fixture
def bindings(lab: RunningLab) -> tuple[Binding, ...]:
    """Leases as the servers tell them now."""
    return lab.bindings()
