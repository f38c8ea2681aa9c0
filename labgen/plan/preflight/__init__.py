"""Preflight: what cannot work is an error with its line; what is legal but a known trap is a warning.

`names` asks what the spec alone tells, in rounds: where things are makes sense only once every name does. `plan` asks what
only the addresses tell.
"""

from __future__ import annotations

from labgen.ground.errors import PlanError, Problem
from labgen.ground.labplan import LabPlan, PlanWarning
from labgen.plan import capability, device_warnings
from labgen.plan.ledger import Ledger
from labgen.plan.preflight import (
    bonds,
    classes,
    externals,
    faults,
    leaks,
    links,
    numbers,
    placement,
    policy,
    programs,
    ranges,
    reachability,
    reserved,
    serving,
    snooping,
    space,
    systems,
    timing,
    traps,
)
from labgen.plan.preflight import names as naming
from labgen.plan.preflight.case import Check, PreflightCase
from labgen.spec.load import LoadedSpec

ROUNDS: tuple[tuple[Check, ...], ...] = (
    (*naming.CHECKS, *externals.NAMES, *programs.CHECKS, leaks.named, placement.roles, *timing.CHECKS),
    (
        *reachability.CHECKS,
        *bonds.CHECKS,
        *numbers.CHECKS,
        *systems.CHECKS,
        *serving.CHECKS,
        *space.SPEC_CHECKS,
        *faults.CHECKS,
        *policy.CHECKS,
        *snooping.CHECKS,
    ),
    (
        *ranges.CHECKS,
        *classes.CHECKS,
        *links.CHECKS,
        *placement.CHECKS,
        *reserved.CHECKS,
        *externals.CHECKS,
        *leaks.CHECKS,
    ),
)


def names(loaded: LoadedSpec, ledger: Ledger) -> None:
    """Judge what the spec says by itself. PlanError lists all faults of a round."""
    case = PreflightCase(loaded, ledger)
    for checks in ROUNDS:
        problems = [problem for check in checks for problem in check(case)]
        if problems:
            raise PlanError(_each_once(problems))


def plan(loaded: LoadedSpec, ledger: Ledger, built: LabPlan) -> tuple[PlanWarning, ...]:
    """Addresses and reachability. PlanError lists all faults; the warnings are returned."""
    case = PreflightCase(loaded, ledger)
    problems = [
        *space.problems(case, built),
        *reserved.problems(case, built),
        *policy.known_helpers(case, built),
        *serving.giaddr(case, built),
        *capability.problems(loaded, built),
    ]
    if problems:
        raise PlanError(_each_once(problems))
    return (
        *space.moved(ledger),
        *ranges.warnings(case, built),
        *traps.warnings(built),
        *snooping.warnings(built),
        *device_warnings.warnings(built),
    )


def _each_once(problems: list[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))


__all__ = ["names", "plan"]
