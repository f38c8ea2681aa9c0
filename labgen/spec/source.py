"""YAML with positions: values, and where in which file each of them stands."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from labgen.ground import yamldoc
from labgen.ground.errors import Problem, SpecError
from labgen.ground.yamldoc import Document

Path_ = yamldoc.Place
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Source:
    """A parsed YAML file: plain data, and the document that knows the place of every key and value.

    `overrides` maps paths that the command line replaced to the option that did it.
    """

    file: Path
    data: Any
    document: Document
    overrides: Mapping[Path_, str] = field(default_factory=dict)

    def problem(self, path: Sequence[str | int], reason: str, remedy: str) -> Problem:
        """A problem at the nearest known place of `path`."""
        where = tuple(path)
        for replaced, option in self.overrides.items():
            if where[: len(replaced)] == replaced:
                return Problem(f"{option}: {reason}", remedy)
        return self.document.problem(where, reason, remedy)

    def parse(self, model: type[M]) -> M:
        """The data as `model`; SpecError that lists every fault with its place."""
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            problems = [self._explain(item, model) for item in _worth_telling(error)]
            raise SpecError(problems) from error

    def _explain(self, item: dict[str, Any], model: type[BaseModel]) -> Problem:
        path = tuple(part for part in item["loc"] if self._is_own(part, item["loc"]))
        if item["type"] == "extra_forbidden":
            return self._unknown_key(path, model)
        if item["type"] == "missing":
            return self.problem(
                path[:-1], f"`{path[-1]}` is missing", f"add `{path[-1]}:` here; `labgen schema` describes it"
            )
        shown = ".".join(str(part) for part in path) or "the file"
        return self.problem(path, f"{shown}: {item['msg']}", "`labgen schema` prints what is allowed here")

    def _unknown_key(self, path: Path_, model: type[BaseModel]) -> Problem:
        known = sorted(_keys_at(model, path[:-1]))
        close = difflib.get_close_matches(str(path[-1]), known, n=1)
        remedy = f"did you mean `{close[0]}`?" if close else "remove it, or use one of: " + ", ".join(known)
        where = ".".join(str(part) for part in path[:-1])
        return self.problem(path, f"unknown key `{path[-1]}`" + (f" in {where}" if where else ""), remedy)

    def _is_own(self, part: str | int, loc: Sequence[str | int]) -> bool:
        """pydantic puts names of union members and validators into `loc`; those are no keys of the file."""
        for end in range(len(loc)):
            if loc[end] == part and self._reaches(loc[: end + 1]):
                return True
        return part == loc[-1] and not _looks_like_type(part)

    def _reaches(self, loc: Sequence[str | int]) -> bool:
        value: Any = self.data
        reached = False
        for part in loc:
            in_list = isinstance(value, list) and isinstance(part, int) and part < len(value)
            reached = in_list or (isinstance(value, dict) and part in value)
            if reached:
                value = value[part]
        return reached


def _looks_like_type(part: str | int) -> bool:
    return isinstance(part, str) and (not part.replace("_", "").isalnum() or part in _TYPE_NAMES)


_TYPE_NAMES = frozenset({"int", "bool", "str", "is_instance", "lax-or-strict"})


def _worth_telling(error: ValidationError) -> Iterator[dict[str, Any]]:
    """One fault per place: a union reports each member's complaint, the first is enough."""
    seen: set[str] = set()
    for item in error.errors(include_url=False, include_context=False):
        key = ".".join(str(part) for part in item["loc"][:3])
        if key not in seen or item["type"] == "extra_forbidden":
            seen.add(key)
            yield dict(item)


def _keys_at(model: type[BaseModel], path: Sequence[str | int]) -> set[str]:
    """Keys allowed at `path`, by walking the JSON Schema of the model."""
    schema = model.model_json_schema()
    node: dict[str, Any] = schema
    for part in path:
        node = _step(schema, node, part)
    return set(_resolve(schema, node).get("properties", {}))


def _resolve(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    for choice in [node, *node.get("anyOf", [])]:
        if "$ref" in choice:
            resolved: dict[str, Any] = schema["$defs"][choice["$ref"].rsplit("/", 1)[1]]
            return resolved
    return node


def _step(schema: dict[str, Any], node: dict[str, Any], part: str | int) -> dict[str, Any]:
    here = _resolve(schema, node)
    if isinstance(part, int):
        items: dict[str, Any] = here.get("items", {})
        return items
    properties: dict[str, Any] = here.get("properties", {})
    if part in properties:
        found: dict[str, Any] = properties[part]
        return found
    more = next(iter(here.get("patternProperties", {}).values()), here.get("additionalProperties", {}))
    return more if isinstance(more, dict) else {}


def read(file: Path) -> Source:
    """Parse a YAML file. SpecError when it cannot be read, is no YAML, is no mapping, or repeats a key."""
    return _source(yamldoc.read(file), file)


def parse(text: str, file: Path) -> Source:
    """Parse YAML text; `file` is only named in errors."""
    return _source(yamldoc.parse(text, file), file)


def _source(document: Document, file: Path) -> Source:
    return Source(file, document.data, document)
