"""A plan from the text of a spec, and what devices make of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from labgen.devices import registry
from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan, ScopePlan
from labgen.plan.build import build
from labgen.spec.load import load


def plan(text: str, folder: Path) -> LabPlan:
    file = folder / "own.yml"
    file.write_text(text)
    return build(load(str(file)))


def refusal(text: str, folder: Path) -> str:
    """What labgen says to a spec that it does not take."""
    with pytest.raises(SpecError) as error:
        plan(text, folder)
    return str(error.value)


def config(built: LabPlan, name: str, ending: str) -> str:
    """A file of a node, by the end of its path."""
    node = built.node(name)
    artifacts = registry.get(node.device).artifacts(built, node)
    return next(each.text for each in artifacts if each.path.endswith(ending))


def scope(built: LabPlan, server: str) -> ScopePlan:
    """What a server hands out on its only segment."""
    planned = built.node(server).server
    assert planned is not None
    (found,) = planned.scopes
    return found
