"""Fixtures of the relay's tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from relay_bench import CONFIG, Bench, MakeBench, bench

from labgen.relay.netlink import Interfaces


@pytest.fixture
def make_bench() -> Iterator[MakeBench]:
    """Benches that are closed after the test."""
    with ExitStack() as stack:

        def make(config: str = CONFIG, state: Interfaces | None = None, mtu: int = 1500) -> Bench:
            made = bench(config, state, mtu)
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def relay(make_bench: MakeBench) -> Bench:
    """The bench of `relay_bench.CONFIG`."""
    return make_bench()
