"""Frozen values made by the hundred thousand: messages, exchanges, and what rules look at.

The `__init__` of a frozen dataclass sets each field through `object.__setattr__`, which for a message of fifty fields takes longer than
decoding the packet. A struct of msgspec is filled in C, and the garbage collector has nothing to look for in it. Everybody else sees a
dataclass: `fields`, `replace` and `is_dataclass` of `dataclasses` know it.
"""

from __future__ import annotations

from dataclasses import Field, field, fields, make_dataclass
from typing import Any, ClassVar, TypeVar

import msgspec

T = TypeVar("T", bound="QuickValue")


class QuickValue(msgspec.Struct, frozen=True, gc=False):
    """The base of such values. None of them holds what could lead back to it."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


def dataclass_like(kind: type[T]) -> type[T]:
    """Tell `dataclasses` the fields of a value."""
    names, defaults = kind.__struct_fields__, kind.__struct_defaults__
    required, hints = len(names) - len(defaults), kind.__annotations__
    columns: list[tuple[str, Any] | tuple[str, Any, Field[Any]]] = [
        (name, hints[name]) for name in names[:required]
    ]
    columns += [
        (name, hints[name], field(default=default))
        for name, default in zip(names[required:], defaults, strict=True)
    ]
    kind.__dataclass_fields__ = {item.name: item for item in fields(make_dataclass(kind.__name__, columns))}
    return kind
