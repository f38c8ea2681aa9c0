"""Every text format labgen reads: `FORMATS` of the module `formats` in a device's or daemon's package, and those of the entry point
group `labgen.formats`.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from labgen import devices
from labgen.dhcp.logs import LogFormat
from labgen.ground.brought import brought
from labgen.ground.errors import InputError, LabgenError

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
    for point in brought(GROUP):
        yield from ((point.module, item) for item in point.load())


def named(name: str) -> LogFormat:
    """The format with this name. InputError, with the names there are, where there is none."""
    found = {item.name: item for item in everything()}
    if name not in found:
        raise InputError(f"no format is called {name!r}; there are: capture, {', '.join(sorted(found))}")
    return found[name]


def recognise(sample: Iterable[str], formats: Sequence[LogFormat] | None = None) -> LogFormat | None:
    """The format most lines of the sample speak for, None when none does. All formats are asked where none are given; those that
    read what no other does come last.
    """
    texts, asked = list(sample), everything() if formats is None else formats
    own = [item for item in asked if not item.last and not item.spare]
    return _most_spoken(texts, own) or _most_spoken(texts, [item for item in asked if item.last])


def _most_spoken(texts: Sequence[str], asked: Sequence[LogFormat]) -> LogFormat | None:
    scores = {item.name: sum(item.telling.search(text) is not None for text in texts) for item in asked}
    best = max(asked, key=lambda item: scores[item.name], default=None)
    return best if best is not None and scores[best.name] else None


def tell(text: str) -> LogFormat | None:
    """The format that a single line is of, by what only that format has; None for a line that does not tell."""
    return next(
        (item for item in everything() if not (item.last or item.spare) and item.telling.search(text)), None
    )


def spare() -> LogFormat | None:
    """The format that reads what no other could."""
    return next((item for item in everything() if item.spare), None)
