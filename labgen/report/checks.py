"""Checks as a report shows them: by playbook step, and within a step by check, with its subjects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod

from labgen.verify.judgement import Outcome
from labgen.verify.subject import Subject, common_title
from labgen.verify.timing import TimedPhase
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
    """The time that a step took; None when nobody measured."""
    own = (
        t.seconds
        for t in verdict.timings
        if t.phase is TimedPhase.STEP and (t.playbook, t.step) == (playbook, step)
    )
    return next(own, None)


def steps(verdict: Verdict) -> tuple[StepGroup, ...]:
    """Steps in the order they ran, each with its checks in the order they were judged."""
    return tuple(
        StepGroup(playbook, step, _groups(results), seconds(verdict, playbook, step))
        for (playbook, step), results in sections(verdict).items()
    )


def _groups(results: Iterable[CheckResult]) -> tuple[CheckGroup, ...]:
    found: dict[str, list[CheckResult]] = {}
    for result in results:
        found.setdefault(result.check, []).append(result)
    return tuple(_group(name, same) for name, same in found.items())


def _group(name: str, results: Sequence[CheckResult]) -> CheckGroup:
    about = [result.subject for result in results]
    title = common_title(results[0].template, about)
    return CheckGroup(name, title, _subjects(about), results[0].reference, tuple(results))


def _subjects(about: Sequence[Subject]) -> str:
    """`sw1 sw2`, or `cl_a cl_b × srv1 srv2` where every pair was judged."""
    names = dict.fromkeys(name for subject in about for name in subject.parts)
    parts = [tuple(dict.fromkeys(getattr(subject, name) for subject in about)) for name in names]
    varied = [part for part in parts if len(part) > 1] or parts
    if prod(len(part) for part in varied) == len(set(about)):
        return " × ".join(" ".join(part) for part in varied)
    return " ".join(subject.key for subject in about)
