"""Playbooks: what is done to a running lab, and what must then hold."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from labgen import resources
from labgen.errors import LabgenError, Problem, SpecError
from labgen.plan.model import LabPlan, NodePlan, Role
from labgen.spec import source
from labgen.spec.model import Duration, SpecModel
from labgen.verify.check import Planned, plan_checks

GROUPS = ("clients", "servers", "switches", "relays")


class ActionSpec(SpecModel):
    """One thing done to nodes, all at once. `on` is a group (clients, servers, switches, relays) or one node."""

    action: str
    on: str = "clients"
    timeout: Duration = 15


class StepSpec(SpecModel):
    """Actions in order, then one collection, then checks by name or pattern."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    title: str = ""
    do: tuple[ActionSpec, ...] = ()
    checks: tuple[str, ...] = ()


class PlaybookSpec(SpecModel):
    """A playbook file. `lease` (seconds) shortens the plan's leases so that timers are seen for real."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    title: str = ""
    lease: Duration | None = None
    steps: tuple[StepSpec, ...]


@dataclass(frozen=True)
class Step:
    """A step on a plan: its checks are fixed."""

    spec: StepSpec
    planned: tuple[Planned, ...]


@dataclass(frozen=True)
class Playbook:
    """A playbook on a plan."""

    spec: PlaybookSpec
    steps: tuple[Step, ...]

    @property
    def planned(self) -> int:
        """How many checks will run: known before anything does."""
        return sum(len(step.planned) for step in self.steps)


def find(name: str) -> Path:
    """File of a playbook: a path, or the name of one that comes with labgen. SpecError with the known names otherwise."""
    path = Path(name)
    if path.suffix in {".yml", ".yaml"} or path.is_file():
        return path
    known = sorted(file.stem for file in resources.playbooks().glob("*.yml"))
    if name in known:
        return resources.playbooks() / f"{name}.yml"
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean `{close[0]}`? " if close else ""
    raise SpecError(
        [
            Problem(
                f"no playbook named `{name}`",
                f"{hint}playbooks: {', '.join(known)}; or give a path ending in .yml",
            )
        ]
    )


def load(name: str, plan: LabPlan) -> Playbook:
    """A playbook, bound to a plan. SpecError with file and line for what is wrong in it."""
    raw = source.read(find(name))
    spec = raw.parse(PlaybookSpec)
    problems: list[Problem] = []
    steps: list[Step] = []
    for n, step in enumerate(spec.steps):
        for m, action in enumerate(step.do):
            if action.on not in (*GROUPS, *plan.by_name):
                remedy = f"use {', '.join(GROUPS)}, or a node: {', '.join(plan.by_name)}"
                problems.append(
                    raw.problem(
                        ("steps", n, "do", m, "on"), f"there is no node or group `{action.on}`", remedy
                    )
                )
        try:
            steps.append(Step(step, plan_checks(step.checks, plan)))
        except LabgenError as error:
            problems.append(raw.problem(("steps", n, "checks"), str(error), "correct the name"))
    if problems:
        raise SpecError(problems)
    return Playbook(spec, tuple(steps))


def nodes(group: str, plan: LabPlan) -> tuple[NodePlan, ...]:
    """The nodes an action is for."""
    if group in plan.by_name:
        return (plan.node(group),)
    if group == "relays":
        return tuple(node for node in plan.nodes if node.relays)
    return plan.role({"clients": Role.CLIENT, "servers": Role.SERVER, "switches": Role.SWITCH}[group])
