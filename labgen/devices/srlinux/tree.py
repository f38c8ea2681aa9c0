"""Walking the JSON form of SR Linux' YANG tree (`info from state ... | as json`, RFC 7951)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Chain = tuple[dict[str, Any], ...]


def walk(data: Any, *path: str) -> Iterator[Chain]:
    """The list entries along a path, outermost first, and the last container where the path ends in one.

    Containers on the way are passed through. KeyError for a tree that has something, but not the first of `path`.
    """
    if data and child(data, path[0]) is None:
        raise KeyError(path[0])
    yield from _walk(data, path)


def _walk(data: Any, path: tuple[str, ...]) -> Iterator[Chain]:
    if not path:
        yield ()
        return
    found = child(data, path[0])
    if isinstance(found, list):
        for entry in found:
            for rest in _walk(entry, path[1:]):
                yield (entry, *rest)
    elif found is not None and len(path) == 1:
        yield (found,)
    elif found is not None:
        yield from _walk(found, path[1:])


def child(data: Any, name: str) -> Any:
    """The value that a node holds by a name, which may carry its module (`srl_nokia-bgp:bgp`); None where it holds none."""
    if not isinstance(data, dict):
        raise TypeError(f"`{name}` is not looked for in {data!r:.40}")
    return next((value for key, value in data.items() if key.rpartition(":")[2] == name), None)


def text(entry: Any, name: str) -> str:
    """A leaf's value; KeyError where there is none."""
    value = child(entry, name)
    if value is None:
        raise KeyError(name)
    return str(value)


def word(entry: Any, name: str) -> str:
    """An identity or enumeration, without the module it comes from."""
    return text(entry, name).rpartition(":")[2].lower()
