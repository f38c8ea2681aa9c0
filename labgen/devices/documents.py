"""Configurations that are YAML documents: mappings walked by their keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import indent
from typing import Any

from labgen.ground import yamldoc


@dataclass(frozen=True, slots=True)
class Branch:
    """A value of a document with its path, which begins at the one key that is put on top to let the top be a list.

    Whatever is not there is an empty branch, so that a path can be walked to its end.
    """

    document: yamldoc.Document
    path: tuple[str | int, ...] = ()
    value: Any = field(default=None)

    @property
    def line(self) -> int:
        """The line that it is written in, from 1; 0 if it is missing."""
        mark = self.document.marks.get(self.path)
        return mark.line - 1 if mark else 0

    @property
    def text(self) -> str:
        return "" if self.value is None or isinstance(self.value, Mapping | list) else str(self.value)

    def at(self, *keys: str) -> Branch:
        """The value below these keys."""
        here: Branch = self
        for key in keys:
            found = here.value.get(key) if isinstance(here.value, Mapping) else None
            here = Branch(self.document, (*here.path, key), found)
        return here

    def items(self) -> Iterator[tuple[str, Branch]]:
        """Key and value of a mapping; nothing of anything else."""
        for key in self.value if isinstance(self.value, Mapping) else ():
            yield str(key), self.at(key)

    def list(self) -> Sequence[Branch]:
        """The elements of a list; a single value is a list of one."""
        if self.value is None:
            return ()
        if not isinstance(self.value, list):
            return (self,)
        return [Branch(self.document, (*self.path, n), each) for n, each in enumerate(self.value)]


def document(text: str) -> Branch:
    """The root of a document, whatever it is. SpecError, with its line, where a text is none."""
    parsed = yamldoc.parse(f"{_TOP}:\n{indent(text, ' ')}")
    return Branch(parsed, (_TOP,), parsed.data[_TOP])


_TOP = "document"
