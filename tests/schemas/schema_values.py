"""Values with every field set, and with none that may be left out, made from their annotations."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

T = TypeVar("T")

_SAMPLES: Mapping[type, object] = {str: "text", int: 7, float: 1.5, bool: True, bytes: b"\0"}


def filled(cls: type[T]) -> T:
    """Every field has a value other than nothing."""
    hints = get_type_hints(cls)
    return cls(**{item.name: _sample(hints[item.name], item.name) for item in fields(cls) if item.init})  # type: ignore[arg-type]


def bare(cls: type[T]) -> T:
    """Only fields without default have a value; lists are empty."""
    hints = get_type_hints(cls)
    needed = (item for item in fields(cls) if item.default is MISSING and item.default_factory is MISSING)  # type: ignore[arg-type]
    return cls(**{item.name: _least(hints[item.name], item.name) for item in needed})


def _sample(hint: Any, name: str) -> object:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _sample(next(each for each in inner if each is not type(None)), name)
    if origin is tuple:
        items = inner[:1] if inner[-1] is Ellipsis else inner
        return tuple(_sample(each, name) for each in items)
    if origin is not None and issubclass(origin, Mapping):
        return {"key": _sample(inner[1], name)}
    if origin is frozenset:
        return frozenset()
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return hint(**{key: _sample(item.annotation, key) for key, item in hint.model_fields.items()})
    if issubclass(hint, tuple):  # a named one
        return hint(*(_sample(each, name) for each in get_type_hints(hint).values()))
    if issubclass(hint, StrEnum):
        return next(iter(hint))
    return filled(hint) if isinstance(hint, type) and is_dataclass(hint) else _SAMPLES[hint]


def _least(hint: Any, name: str) -> object:
    origin = get_origin(hint)
    if origin is tuple:
        return ()
    if origin is not None and origin not in (Union, types.UnionType) and issubclass(origin, Mapping):
        return {}
    if isinstance(hint, type) and is_dataclass(hint):
        return bare(hint)
    return None if type(None) in get_args(hint) else _sample(hint, name)
