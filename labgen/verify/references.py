"""The checks that a spec means: every pattern of `expect.failures` names one that its playbooks run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from labgen.ground.errors import LabgenError, PlanError, Problem
from labgen.ground.labplan import LabPlan
from labgen.spec.load import LoadedSpec
from labgen.spec.values import closest
from labgen.verify import playbook
from labgen.verify.check import Planned, plan_checks


def require(loaded: LoadedSpec, plan: LabPlan) -> None:
    """PlanError with the line of every pattern that no check of the spec's playbooks can match."""
    problems = list(_problems(loaded, plan))
    if problems:
        raise PlanError(problems)


def unfit(loaded: LoadedSpec, plan: LabPlan, names: Sequence[str] = ()) -> Iterator[Problem]:
    """Playbooks of the spec, or those named in their place, that its plan is nothing for: with the line that names them."""
    for n, name in enumerate(names or loaded.spec.playbooks):
        for problem in playbook.misfits(name, plan)[:1]:
            if names:
                yield problem
            else:
                yield loaded.source.problem(
                    ("playbooks", n), problem.reason, f"leave `{name}` out, or change the lab"
                )


def _problems(loaded: LoadedSpec, plan: LabPlan) -> Iterator[Problem]:
    patterns = loaded.spec.expect.failures
    if not patterns:
        return
    planned = list(_planned(loaded, plan))
    for n, pattern in enumerate(patterns):
        if any(fault.on == pattern for fault in plan.faults):
            continue
        ids = (f"{book}/{each.id}" if "/" in pattern else each.id for book, each in planned)
        if any(fnmatchcase(each, pattern) for each in ids):
            continue
        yield loaded.source.problem(
            ("expect", "failures", n),
            f"no check of {', '.join(loaded.spec.playbooks)} is named `{pattern}`",
            _remedy(pattern, [each for _, each in planned]),
        )


def _planned(loaded: LoadedSpec, plan: LabPlan) -> Iterator[tuple[str, Planned]]:
    """Every check that the spec's playbooks run on its plan, with its playbook's name."""
    for n, name in enumerate(loaded.spec.playbooks):
        book = playbook.read(name)[1]
        for step in book.steps:
            try:
                planned = plan_checks(step.checks, plan)
            except LabgenError as error:
                text = f"playbook `{name}`: {error}"
                raise PlanError(
                    [loaded.source.problem(("playbooks", n), text, "correct the playbook")]
                ) from error
            yield from ((book.name, each) for each in planned)


def _remedy(pattern: str, planned: list[Planned]) -> str:
    name, colon, subject = pattern.rpartition("/")[2].partition(":")
    checks = sorted({each.check.name for each in planned})
    if name in checks:
        keys = sorted({each.subject.key for each in planned if each.check.name == name} - {""})
        return (
            f"its subjects here are: {', '.join(keys)}" if keys else f"write `{name}`, which has no subject"
        )
    near = closest(name, checks)
    if near is not None:
        return f"did you mean `{near}{colon}{subject}`?"
    return f"the checks here are: {', '.join(checks)}"
