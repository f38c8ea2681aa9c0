"""A lab of containers tells whether its routed core is as it was at the start."""

from __future__ import annotations

from pathlib import Path

import pytest
from container_world import World, world

from labgen.lab.containerlab.provider import ContainerlabProvider
from labgen.lab.containers import ready
from labgen.plan.build import build
from labgen.render import folder
from labgen.spec import load
from labgen.verify.acting import Settling

__all__ = ["world"]


@pytest.mark.slow
def test_a_lab_of_containers_settles_and_names_what_keeps_it_from_that(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write(build(load.load("relay")), tmp_path / "lab")
    provider = ContainerlabProvider()
    lab = provider.up(tmp_path / "lab", lambda _: None)
    assert isinstance(lab, Settling)
    assert lab.settle(60) == ""
    monkeypatch.setattr(ready, "GIVEN_UP", 0.1)
    world.change(dead=["ospfd"])
    assert "ospfd" in lab.settle(60)
    world.change(dead=[])
    provider.end(tmp_path / "lab")
