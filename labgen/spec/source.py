"""YAML with positions: values, and where in which file each of them stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from labgen.ground import yamldoc
from labgen.ground.errors import Problem, SpecError
from labgen.ground.yamldoc import Document
from labgen.spec.words import faults

Path_ = yamldoc.Place
M = TypeVar("M", bound=BaseModel)


class SpecSource(NamedTuple):
    """A parsed YAML file: plain data, and the document that knows the place of every key and value.

    `overrides` maps paths that the command line replaced to the option that did it.
    """

    file: Path
    data: Any
    document: Document
    overrides: Mapping[Path_, str] = MappingProxyType({})

    def problem(self, path: Sequence[str | int], reason: str, remedy: str) -> Problem:
        """A problem at the nearest known place of `path`."""
        where = tuple(path)
        for replaced, option in self.overrides.items():
            if where[: len(replaced)] == replaced:
                return Problem(f"{option}: {reason}", remedy)
        return self.document.problem(where, reason, remedy)

    def place_of(self, path: Sequence[str | int]) -> str:
        """` (line 12)`, or nothing where the command line said it: for messages that name a second place."""
        where = tuple(path)
        if any(where[: len(replaced)] == replaced for replaced in self.overrides):
            return ""
        while where and where not in self.document.marks:
            where = where[:-1]
        return f" (line {self.document.marks[where].line})" if where else ""

    def parse(self, model: type[M]) -> M:
        """The data as `model`; SpecError that lists every fault with its place."""
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            found = faults(error, self.data, model)
            raise SpecError([self.problem(each.path, each.reason, each.remedy) for each in found]) from error


def read(file: Path) -> SpecSource:
    """Parse a YAML file. SpecError when it cannot be read, is no YAML, is no mapping, or repeats a key."""
    return _source(yamldoc.read(file), file)


def parse(text: str, file: Path) -> SpecSource:
    """Parse YAML text; `file` is only named in errors."""
    return _source(yamldoc.parse(text, file), file)


def _source(document: Document, file: Path) -> SpecSource:
    return SpecSource(file, document.data, document)
