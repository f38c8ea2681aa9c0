"""What a spec says of checks: every pattern of `expect.failures` means a check that its playbooks run."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from labgen.ground.errors import LabgenError, PlanError, Problem
from labgen.ground.labplan import LabPlan
from labgen.spec.load import LoadedSpec
from labgen.spec.values import closest
from labgen.verify import playbook
from labgen.verify.check import plan_checks


def require(loaded: LoadedSpec, plan: LabPlan) -> None:
    """PlanError with the line of every pattern that no check of the spec's playbooks can match."""
    problems = list(_problems(loaded, plan))
    if problems:
        raise PlanError(problems)


def _problems(loaded: LoadedSpec, plan: LabPlan) -> Iterator[Problem]:
    patterns = loaded.spec.expect.failures
    if not patterns:
        return
    ids = list(_planned(loaded, plan))
    names = sorted({each.partition("/")[2] for each in ids})
    for n, pattern in enumerate(patterns):
        if any(fault.on == pattern for fault in plan.faults):
            continue
        if any(fnmatchcase(each if "/" in pattern else each.partition("/")[2], pattern) for each in ids):
            continue
        yield loaded.source.problem(
            ("expect", "failures", n),
            f"no check of {', '.join(loaded.spec.playbooks)} is named `{pattern}`",
            _remedy(pattern, names),
        )


def _planned(loaded: LoadedSpec, plan: LabPlan) -> Iterator[str]:
    """`playbook/check:subject` of every check the spec's playbooks run on its plan."""
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
            yield from (f"{book.name}/{each.id}" for each in planned)


def _remedy(pattern: str, names: list[str]) -> str:
    name, colon, subject = pattern.rpartition("/")[2].partition(":")
    checks = sorted({each.partition(":")[0] for each in names})
    if name in checks:
        subjects = ", ".join(each.partition(":")[2] for each in names if each.partition(":")[0] == name)
        return f"its subjects here are: {subjects}" if subjects else f"write `{name}`, which has no subject"
    near = closest(name, checks)
    if near is not None:
        return f"did you mean `{near}{colon}{subject}`?"
    return f"the checks here are: {', '.join(checks)}"
