"""Tables printed at a prompt, read row by row.

A parser raises ValueError for a text that is no answer to its command; `Tables` turns that into a problem that names the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol, TypeVar

from labgen.devices.observed import Raw
from labgen.ground.labplan import NodePlan

T = TypeVar("T")
Parser = Callable[[NodePlan, Raw], Iterable[T]]
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


class Named(Protocol):
    """Something with a name: a probe, or what one is made of."""

    @property
    def name(self) -> str: ...


class Tables:
    """Texts collected from one node, read by parser after parser; `problems` are those that could not be read."""

    def __init__(self, node: NodePlan, raw: Mapping[str, Raw]) -> None:
        self.node = node
        self._raw = raw
        self.problems: list[str] = []

    def read(self, probe: Named, parse: Parser[T]) -> tuple[T, ...]:
        """The facts of one text, none where it was not collected."""
        found = self._raw.get(probe.name)
        if found is None:
            return ()
        try:
            return tuple(parse(self.node, found))
        except _UNREADABLE as error:
            self.problems.append(f"{found.file}: not understood ({type(error).__name__}: {error})")
            return ()


def lines(raw: Raw, known: re.Pattern[str]) -> list[str]:
    """Lines of an answer in which `known` occurs: a heading, or what the device says when there is nothing.

    Raises ValueError for any other text; an empty answer is an empty table.
    """
    if raw.text.strip() and not known.search(raw.text):
        raise ValueError(f"no table: {raw.text.strip().splitlines()[0][:80]!r}")
    return raw.text.splitlines()


def rows(raw: Raw, known: re.Pattern[str], row: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """The lines of an answer that are rows."""
    yield from filter(None, map(row.match, lines(raw, known)))
