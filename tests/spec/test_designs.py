"""Designs of others as specs: each says what it is, builds, and has relays or a server for every segment with clients."""

from __future__ import annotations

from pathlib import Path

import pytest

from labgen.plan.build import build
from labgen.spec.load import load

DESIGNS = sorted((Path(__file__).parents[2] / "examples" / "designs").glob("*.yml"))


@pytest.mark.parametrize("file", DESIGNS, ids=lambda file: file.stem)
def test_a_design_is_said_and_serves_every_client(file: Path) -> None:
    plan = build(load(str(file)))
    assert plan.name == file.stem
    assert plan.summary
    unserved = [segment.name for segment in plan.segments if segment.clients and not segment.servers]
    assert unserved == []
