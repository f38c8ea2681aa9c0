"""The network in the guide is one that labgen builds."""

from __future__ import annotations

import textwrap
from pathlib import Path

from labgen.plan.build import build
from labgen.spec.load import load

GUIDE = Path(__file__).parents[2] / "docs" / "spec.md"


def test_the_network_of_the_guide_is_built_as_it_stands_there(tmp_path: Path) -> None:
    section = GUIDE.read_text().split("## A network of your own")[1].split("\n\n")
    written = next(part for part in section if part.strip().startswith("name:"))
    file = tmp_path / "campus.yml"
    file.write_text(textwrap.dedent(written))
    plan = build(load(str(file)))
    assert str(plan.segment("users").gateway) == "10.1.1.254"
    assert plan.segment("users").mode == "hot-standby"
