"""Walking `| display json` of Junos, where every element is a list and every leaf an object with `data`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def under(data: Any, *path: str) -> Iterator[dict[str, Any]]:
    """Every element at the end of a path. KeyError for an answer that is something else altogether."""
    if data and path[0] not in data:
        raise KeyError(path[0])
    yield from below(data, *path)


def below(element: Any, *path: str) -> Iterator[dict[str, Any]]:
    """Every element at the end of a path from an element; none where it has none."""
    if not path:
        yield element
        return
    for inner in element.get(path[0], ()):
        yield from below(inner, *path[1:])


def leaf(element: dict[str, Any], name: str) -> str:
    """A leaf's text; KeyError where there is none."""
    return str(element[name][0]["data"]).strip()


def has(element: dict[str, Any], name: str) -> bool:
    """True if a leaf is there with a text."""
    return bool(element.get(name)) and element[name][0].get("data") is not None
