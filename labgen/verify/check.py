"""Checks: typed functions over facts, registered by name; third parties register theirs by entry point `labgen.checks`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from labgen.ground.brought import brought
from labgen.ground.errors import LabgenError
from labgen.ground.labplan import LabPlan
from labgen.verify.facts import Facts
from labgen.verify.judgement import Judgement
from labgen.verify.subject import Subject, title

GROUP = "labgen.checks"
CHECKS = "labgen.verify.checks"
"""The package of labgen's own checks. Named, not imported: they import this module."""


@dataclass(frozen=True, slots=True)
class Check:
    """`subjects` says, from the plan alone, how often the check runs; `judge` concludes from facts.

    `title` may name parts of its subject: `{client}`, `{switch}`, `{server}`, `{segment}`, `{peer}`, `{node}`.
    `reference` is the document that makes the expectation so.
    `sightings`: it judges what its client and server saw of DHCP, and cannot fail where nobody watched them.
    """

    name: str
    title: str
    reference: str
    subjects: Callable[[LabPlan], Iterable[Subject]]
    judge: Callable[[Subject, Facts], Judgement]
    sightings: bool = False

    @property
    def family(self) -> str:
        return self.name.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Planned:
    """One check on one subject, fixed before anything runs."""

    check: Check
    subject: Subject

    @property
    def id(self) -> str:
        return f"{self.check.name}:{self.subject.key}" if self.subject.key else self.check.name

    @property
    def title(self) -> str:
        return title(self.check.title, self.subject)


Judge = Callable[[Subject, Facts], Judgement]


class Catalogue:
    """Checks of one module: `check = Catalogue()`, then `@check("name", ...)` above each judge. `sightings` as in `Check`."""

    def __init__(self, *, sightings: bool = False) -> None:
        self._checks: list[Check] = []
        self._sightings = sightings

    def __call__(
        self, name: str, title: str, subjects: Callable[[LabPlan], Iterable[Subject]], reference: str = ""
    ) -> Callable[[Judge], Judge]:
        def register(judge: Judge) -> Judge:
            self._checks.append(Check(name, title, reference, subjects, judge, self._sightings))
            return judge

        return register

    def __iter__(self) -> Iterator[Check]:
        return iter(self._checks)


@cache
def registry() -> MappingProxyType[str, Check]:
    """All checks by name: families (`renew` of `renew.request`) as they first come in the order of modules, and each family whole.

    A name claimed twice is an error that names both.
    """
    families: dict[str, dict[str, Check]] = {}
    origin: dict[str, str] = {}
    for module, check in _all():
        if check.name in origin:
            raise LabgenError(
                f"check `{check.name}` is defined by both {origin[check.name]} and {module}; rename one"
            )
        families.setdefault(check.family, {})[check.name] = check
        origin[check.name] = module
    return MappingProxyType({name: check for family in families.values() for name, check in family.items()})


def _all() -> Iterator[tuple[str, Check]]:
    package = import_module(CHECKS)
    order: tuple[str, ...] = package.ORDER
    own = {module.name for module in iter_modules(package.__path__)}
    for name in (*order, *sorted(own.difference(order))):
        module = import_module(f"{CHECKS}.{name}")
        yield from ((module.__name__, check) for check in module.check)
    for point in brought(GROUP):
        yield from ((point.value, check) for check in point.load())


def select(patterns: Iterable[str]) -> tuple[Check, ...]:
    """Checks whose name matches one of the patterns (`server.*`). LabgenError for a pattern that matches none."""
    found: dict[str, Check] = {}
    for pattern in patterns:
        matching = {name: check for name, check in registry().items() if fnmatchcase(name, pattern)}
        if not matching:
            raise LabgenError(f"no check is named `{pattern}`; there are: {', '.join(registry())}")
        found |= matching
    return tuple(found.values())


def plan_checks(patterns: Iterable[str], plan: LabPlan) -> tuple[Planned, ...]:
    """The checks a step will run on this plan: their number is fixed here."""
    return tuple(Planned(check, subject) for check in select(patterns) for subject in check.subjects(plan))


__all__ = ["Catalogue", "Check", "Judge", "Planned", "Subject", "plan_checks", "registry", "select"]
