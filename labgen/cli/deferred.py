"""What a command works with, imported when the command runs.

`labgen run --help`, and a shell that completes a word, need the names and options of a command and nothing of what it works with: models,
templates, Nornir. A module of commands imports those under `with deferring():`; type checkers and linters see imports like any other.
"""

from __future__ import annotations

import builtins
import gc
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any


class Deferred:
    """Stands for a module, a class or a function, which is imported when it is called or something of it is asked for."""

    __slots__ = ("_module", "_name")

    def __init__(self, module: str, name: str) -> None:
        self._module = module
        self._name = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._resolved()(*args, **kwargs)

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._resolved(), attribute)

    def _resolved(self) -> Any:
        module = _imported(self._module)
        try:
            return getattr(module, self._name)
        except AttributeError:
            return _imported(f"{self._module}.{self._name}")


@contextmanager
def deferring() -> Iterator[None]:
    """Names imported meanwhile by `from MODULE import NAME` are stand-ins (`Deferred`). They serve modules, classes and functions; a
    constant is asked for by its module. TypeError for any other form of import."""

    def stand_in(
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        if level or not fromlist:
            raise TypeError(f"only `from MODULE import NAME` can be deferred, not {name}")
        return _Names(name)

    usual = builtins.__import__
    builtins.__import__ = stand_in
    try:
        yield
    finally:
        builtins.__import__ = usual


class _Names:
    """What `from` takes names out of."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Deferred:
        return Deferred(self._module, name)


def _imported(name: str) -> Any:
    if name in sys.modules:
        return import_module(name)
    with uncollected():
        return import_module(name)


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for garbage meanwhile, nor later among what was made: modules and classes stay to the end, and to look among them is a
    tenth of the start."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.freeze()
            gc.enable()
