"""Between the domain values and JSON: what the `to_json` and `from_json` methods share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
from typing import Any, TypeAlias

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None


_NAMES: dict[type, tuple[str, ...]] = {}
_PLAIN = frozenset((str, int, float, bool))


def xid_text(xid: int) -> str:
    """A transaction identifier as eight hexadecimal digits with 0x."""
    return f"0x{xid:08x}"


def field_names(cls: type) -> tuple[str, ...]:
    """Names of a dataclass's fields, in their order."""
    known = _NAMES.get(cls)
    if known is None:
        known = _NAMES[cls] = tuple(item.name for item in fields(cls))
    return known


def scalars(value: object) -> dict[str, Json]:
    """The scalar fields of a dataclass that are set; callers add the structured ones."""
    result: dict[str, Json] = {}
    for name in field_names(type(value)):
        item: Any = getattr(value, name)
        if item is None:
            continue
        kind: object = item.__class__
        if kind in _PLAIN:
            result[name] = item
        elif isinstance(item, StrEnum):
            result[name] = item.value
        elif isinstance(item, str | int | float):
            result[name] = item
    return result


def as_mapping(data: Json) -> Mapping[str, Json]:
    """An object of JSON, empty for null. ValueError for anything else."""
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise ValueError(f"expected an object, not {type(data).__name__}")
    return data


def as_list(data: Json) -> list[Json]:
    """A list of JSON, empty for null. ValueError for anything else."""
    if data is None:
        return []
    if not isinstance(data, list):
        raise ValueError(f"expected a list, not {type(data).__name__}")
    return data


def as_text(data: Json) -> str | None:
    """A text of JSON, None for null."""
    return None if data is None else str(data)
