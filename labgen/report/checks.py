"""Checks as a report shows them: by playbook step, and within a step by check, with its subjects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod

from labgen.ground.labplan import LabPlan
from labgen.verify.judgement import Outcome
from labgen.verify.verdict import CheckResult, Verdict

# Worst first: a group is as bad as its worst check.
_RANK = (Outcome.FAIL, Outcome.ERROR, Outcome.BLOCKED, Outcome.SKIPPED, Outcome.PASS)


@dataclass(frozen=True, slots=True)
class CheckGroup:
    """One check of one step on all its subjects.

    `title` speaks of all of them (`each server answers every relayed DISCOVER of each client`), `subjects` names them
    (`cl_a cl_b × srv1 srv2`).
    """

    name: str
    title: str
    subjects: str
    reference: str
    results: tuple[CheckResult, ...]

    def those(self, *outcomes: Outcome) -> tuple[CheckResult, ...]:
        return tuple(r for r in self.results if r.judgement.outcome in outcomes)

    @property
    def passed(self) -> tuple[CheckResult, ...]:
        return self.those(Outcome.PASS)

    @property
    def unpassed(self) -> tuple[CheckResult, ...]:
        """Whatever did not pass, in the order it was judged."""
        return tuple(r for r in self.results if r.judgement.outcome is not Outcome.PASS)

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Those that occur, worst first."""
        present = {r.judgement.outcome for r in self.results}
        return tuple(outcome for outcome in _RANK if outcome in present)

    @property
    def worst(self) -> Outcome:
        return self.outcomes[0]


@dataclass(frozen=True, slots=True)
class StepGroup:
    """One step of a playbook. `seconds` it took, None when nobody measured."""

    playbook: str
    step: str
    groups: tuple[CheckGroup, ...]
    seconds: float | None = None

    @property
    def title(self) -> str:
        return step_title(self.playbook, self.step)

    @property
    def results(self) -> tuple[CheckResult, ...]:
        return tuple(result for group in self.groups for result in group.results)

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Those that occur, worst first."""
        return tuple(outcome for outcome in _RANK if any(outcome in group.outcomes for group in self.groups))

    @property
    def passed(self) -> int:
        return sum(len(group.passed) for group in self.groups)

    @property
    def total(self) -> int:
        return sum(len(group.results) for group in self.groups)


def step_title(playbook: str, step: str) -> str:
    """`renew · t1`, or only the name where playbook and step share it."""
    return playbook if playbook == step else f"{playbook} · {step}"


def sections(verdict: Verdict) -> dict[tuple[str, str], tuple[CheckResult, ...]]:
    """Results by playbook and step, in the order they ran."""
    found: dict[tuple[str, str], list[CheckResult]] = {}
    for result in verdict.checks:
        found.setdefault((result.playbook, result.step), []).append(result)
    return {key: tuple(results) for key, results in found.items()}


def seconds(verdict: Verdict, playbook: str, step: str) -> float | None:
    """How long a step took, None when nobody measured."""
    return verdict.timings.get(f"{playbook}.{step}")


def steps(verdict: Verdict, plan: LabPlan) -> tuple[StepGroup, ...]:
    """Steps in the order they ran, each with its checks in the order they were judged."""
    return tuple(
        StepGroup(playbook, step, _groups(results, plan), seconds(verdict, playbook, step))
        for (playbook, step), results in sections(verdict).items()
    )


def _groups(results: Iterable[CheckResult], plan: LabPlan) -> tuple[CheckGroup, ...]:
    found: dict[str, list[CheckResult]] = {}
    for result in results:
        found.setdefault(result.id.partition(":")[0], []).append(result)
    return tuple(_group(name, same, plan) for name, same in found.items())


def _group(name: str, results: Sequence[CheckResult], plan: LabPlan) -> CheckGroup:
    keys = [tuple(result.id.split(":")[1:]) for result in results]
    title = _common_title(results[0].title, keys, plan)
    return CheckGroup(name, title, _subjects(keys), results[0].reference, tuple(results))


def _common_title(title: str, keys: Sequence[tuple[str, ...]], plan: LabPlan) -> str:
    """The title of one check, with the names that differ between its subjects replaced by what they are."""
    for at, part in enumerate(keys[0]):
        values = {key[at] for key in keys if len(key) > at}
        if len(values) > 1:
            noun = _noun(values, plan)
            title = re.sub(rf"(?:\b{noun} )?(?<![\w-]){re.escape(part)}(?![\w-])", f"each {noun}", title)
    return title


def _noun(names: Iterable[str], plan: LabPlan) -> str:
    kinds = {plan.by_name[name].role.value if name in plan.by_name else "segment" for name in names}
    return kinds.pop() if len(kinds) == 1 else "node"


def _subjects(keys: Sequence[tuple[str, ...]]) -> str:
    """`sw1 sw2`, or `cl_a cl_b × srv1 srv2` where every pair was judged."""
    if not any(keys):
        return ""
    parts = [tuple(dict.fromkeys(column)) for column in zip(*keys, strict=False)]
    varied = [part for part in parts if len(part) > 1] or parts
    if prod(len(part) for part in varied) == len(set(keys)):
        return " × ".join(" ".join(part) for part in varied)
    return " ".join(":".join(key) for key in keys)
