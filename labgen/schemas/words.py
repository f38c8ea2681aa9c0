"""Descriptions of classes and of their fields, read where they stand: in docstrings.

A field is described by the string below it. Python keeps no such string, so the source is read, and only when a schema is asked for.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from itertools import pairwise

Words = dict[str, str]


def of_class(cls: type) -> str:
    """The first sentence of its docstring, without the full stop."""
    text = " ".join((inspect.getdoc(cls) or "").split("\n\n")[0].split())
    return text.partition(". ")[0].removesuffix(".")


def of_fields(cls: type) -> Words:
    """The description of each field of `cls` that has one, its own and those it inherits, by name."""
    found: Words = {}
    for each in reversed(cls.__mro__):
        if each.__module__.partition(".")[0] not in ("builtins", "pydantic", "msgspec", "typing", "enum"):
            found |= dict(_own(each))
    return found


def _own(cls: type) -> Iterator[tuple[str, str]]:
    body = _body(cls)
    for field, below in pairwise(body):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, " ".join(text.split())


def _body(cls: type) -> list[ast.stmt]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(definition, ast.ClassDef)
    return definition.body
