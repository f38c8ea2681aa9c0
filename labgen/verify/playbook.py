"""Playbooks: what is done to a running lab, and what must then hold."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from labgen.devices import readers
from labgen.devices.base import Action
from labgen.ground import resources
from labgen.ground.errors import LabgenError, Problem, SpecError
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.vocabulary import Role
from labgen.spec import source
from labgen.verify import expected_leases, groups, timers
from labgen.verify.check import Planned, plan_checks
from labgen.verify.playbook_spec import LAB_ACTIONS, ActionSpec, PlaybookSpec, StepSpec


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
        """The number of checks that will run: known before anything does."""
        return sum(len(step.planned) for step in self.steps)


def find(name: str) -> Path:
    """File of a playbook: a path, or the name of one that comes with labgen. SpecError with the known names
    otherwise.
    """
    path = Path(name)
    if path.suffix in {".yml", ".yaml"} or path.is_file():
        return path
    known = resources.playbook_files()
    if name in known:
        return known[name]
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


def read(name: str) -> tuple[source.SpecSource, PlaybookSpec]:
    """A playbook's file and what it says. SpecError with file and line for what is wrong in it."""
    raw = source.read(find(name))
    return raw, raw.parse(PlaybookSpec)


def load(name: str, plan: LabPlan) -> Playbook:
    """A playbook, bound to a plan. SpecError with file and line for what is wrong in it, or does not fit the
    plan.
    """
    raw, spec = read(name)
    problems = [*_unmet(raw, spec, plan)]
    steps: list[Step] = []
    for n, step in enumerate(spec.steps):
        for m, action in enumerate(step.do):
            problems += _faults(raw, ("steps", n, "do", m), action, plan)
        try:
            steps.append(Step(step, plan_checks(step.checks, plan)))
        except LabgenError as error:
            problems.append(raw.problem(("steps", n, "checks"), str(error), "correct the name"))
    if problems:
        raise SpecError(problems)
    timers.require(spec, plan)
    return Playbook(spec, tuple(steps))


BUDGET = 50
"""Seconds that playbooks run by default may take together."""


def applicable(plan: LabPlan) -> tuple[str, ...]:
    """Names of the playbooks that come with labgen, do something and fit a plan, in the order to run them: the quickest first."""
    found: list[PlaybookSpec] = []
    for file in sorted(resources.playbooks().glob("*.yml")):
        raw, spec = read(str(file))
        if (
            any(step.do for step in spec.steps)
            and not any(_unmet(raw, spec, plan))
            and not any(_misfits(raw, spec, plan))
        ):
            found.append(spec)
    return tuple(spec.name for spec in sorted(found, key=lambda spec: (spec.seconds, spec.name)))


def within(plan: LabPlan, seconds: int = BUDGET) -> tuple[str, ...]:
    """Playbooks that fit a plan and run within so many seconds together, by what each usually takes. Where clients are to stay without a
    lease only `acquire`: the others begin with a lease of every client, and would wait for those in vain.
    """
    if expected_leases.expected(plan):
        return ("acquire",)
    chosen: list[str] = []
    for name in applicable(plan):
        seconds -= read(name)[1].seconds
        if seconds >= 0:
            chosen.append(name)
    return tuple(chosen)


def misfits(name: str, plan: LabPlan) -> tuple[Problem, ...]:
    """Needs and actions of a playbook that a plan, or its devices, have not."""
    raw, spec = read(name)
    return (*_unmet(raw, spec, plan), *_misfits(raw, spec, plan))


def _misfits(raw: source.SpecSource, spec: PlaybookSpec, plan: LabPlan) -> Iterator[Problem]:
    for n, step in enumerate(spec.steps):
        for m, action in enumerate(step.do):
            yield from _faults(raw, ("steps", n, "do", m), action, plan)


def _unmet(raw: source.SpecSource, spec: PlaybookSpec, plan: LabPlan) -> Iterator[Problem]:
    """Needs of a playbook that the lab does not meet."""
    has = {
        "two-servers": len(groups.candidates("selected-server", plan)) > 1,
        "two-relays": len(groups.candidates("renewal-relay", plan)) > 1,
        "two-clients": len(groups.candidates("neighbor", plan)) > 0,
        "spare-address": groups.spares_an_address(plan),
        "two-switches": groups.other_switch(plan) is not None,
        "renewal-relay": groups.renews_through_relay(plan),
        "moving-gateway": groups.gateway_moves(plan),
        "bond": bool(groups.candidates("bonded", plan)),
        "snooping": groups.snooped(plan),
    }
    words = {
        "two-servers": "two servers",
        "two-relays": "two relays",
        "two-clients": "two clients",
        "spare-address": "an address to spare for the first client, which has none reserved,",
        "two-switches": "two switches",
        "snooping": "an access switch that snoops on the first client's port",
        "moving-gateway": "a VRRP gateway on two switches, and renewals that go to the server itself,",
        "bond": "a client with a bond to two switches",
        "renewal-relay": "relays that clients renew through (`server-id-override`, honoured by every server)",
    }
    for need in spec.needs:
        if not has[need]:
            text = (
                f"`{spec.name}` needs {words[need]} on one relayed segment; {plan.name} has no such segment"
            )
            yield raw.problem(("needs",), text, "leave this playbook out, or run it on a lab that has them")


def _faults(
    raw: source.SpecSource, path: tuple[str | int, ...], spec: ActionSpec, plan: LabPlan
) -> Iterator[Problem]:
    if bool(spec.action) == bool(spec.kinds):
        yield raw.problem(path, "say either `action` or `wait`", "one thing a line")
        return
    if spec.on not in (*groups.NAMES, *plan.by_name):
        remedy = f"use {', '.join(groups.NAMES)}, or a node: {', '.join(plan.by_name)}"
        yield raw.problem((*path, "on"), f"there is no node or group `{spec.on}`", remedy)
        return
    if spec.optional or not spec.action or spec.action in LAB_ACTIONS:
        return
    for node in groups.candidates(spec.on, plan):
        if find_action(plan, node, spec.action) is None:
            known = ", ".join(readers.actions(node)) or "none"
            text = f"{node.name}: {node.device} has no action `{spec.action}`"
            yield raw.problem((*path, "action"), text, f"it has: {known}; or say `optional: true`")


def find_action(plan: LabPlan, node: NodePlan, name: str) -> tuple[NodePlan, Action] | None:
    """The action of a node and where it is done: at the node, or at the switch it hangs on (`unplug`, which is
    `unplug-<node>` there).
    """
    own = readers.actions(node).get(name)
    if own is not None:
        return node, own
    for port in node.interfaces:
        for neighbor in port.neighbors:
            switch = plan.node(neighbor.node)
            if switch.role is Role.SWITCH:
                found = readers.actions(switch).get(f"{name}-{node.name}")
                if found is not None:
                    return switch, found
    return None
