"""Every text format labgen reads: `FORMATS` of the module `formats` in a device's or daemon's package, and those of the entry point
group `labgen.formats`.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec

from labgen import devices
from labgen.dhcp.logs import LogFormat
from labgen.ground.errors import LabgenError

GROUP = "labgen.formats"


@cache
def everything() -> tuple[LogFormat, ...]:
    """All formats, labgen's own first. A name claimed twice is an error that names both modules."""
    found: dict[str, LogFormat] = {}
    origin: dict[str, str] = {}
    for module, item in [*_own(), *_foreign()]:
        if item.name in found:
            both = f"{origin[item.name]} and {module}"
            raise LabgenError(f"log format `{item.name}` is defined by both {both}; remove one of them")
        found[item.name], origin[item.name] = item, module
    return tuple(found.values())


def _own() -> Iterator[tuple[str, LogFormat]]:
    for package in pkgutil.iter_modules(devices.__path__, f"{devices.__name__}."):
        module = f"{package.name}.formats"
        if package.ispkg and find_spec(module) is not None:
            yield from ((module, item) for item in import_module(module).FORMATS)


def _foreign() -> Iterator[tuple[str, LogFormat]]:
    for point in entry_points(group=GROUP):
        yield from ((point.module, item) for item in point.load())


def named(name: str) -> LogFormat | None:
    """The format with this name."""
    return next((item for item in everything() if item.name == name), None)


def recognise(sample: Iterable[str], formats: Sequence[LogFormat] | None = None) -> LogFormat | None:
    """The format most lines of the sample speak for, None when none does. All formats are asked where none are given."""
    asked = everything() if formats is None else formats
    scores = dict.fromkeys((item.name for item in asked), 0)
    for text in sample:
        for item in asked:
            if item.telling.search(text):
                scores[item.name] += 1
    best = max(asked, key=lambda item: scores[item.name])
    return best if scores[best.name] else None


def tell(text: str) -> LogFormat | None:
    """The format that a single line is of, by what only that format has; None for a line that does not tell."""
    return next((item for item in everything() if item.telling.search(text)), None)
