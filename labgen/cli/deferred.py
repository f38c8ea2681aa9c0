"""Commands whose work is imported when they run.

`labgen run --help`, and a shell that completes a word, need the names and options of a command and nothing of what it works with: models,
templates, Nornir. So a command is declared in `cli/commands`, and names the function in `cli` that does its work.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

import click


class DeferredCommand(click.Command):
    """A command that names its work as `package.module:function`. The function takes the command's arguments and options by their names
    and returns the exit code, or None for 0."""

    def __init__(self, *args: Any, work: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._work = work

    def work(self) -> Callable[..., int | None]:
        """The function, imported now if it was not before."""
        found: Callable[..., int | None] = imported(self._work)
        return found

    def invoke(self, ctx: click.Context) -> Any:
        return ctx.invoke(self.work(), **ctx.params)


def imported(name: str) -> Any:
    """The object that `package.module:name` names, for what a command seldom needs of a module that it does not load."""
    module, _, attribute = name.partition(":")
    if module in sys.modules:
        return getattr(sys.modules[module], attribute)
    with uncollected(), without("invoke"):
        return getattr(import_module(module), attribute)


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


@contextmanager
def without(package: str) -> Iterator[None]:
    """As if a package were not installed, for those who do without it: paramiko has `invoke` (and with it asyncio, `unittest.mock` and a
    second YAML) run what `Match exec` says in a file of OpenSSH's, which labgen never has it read, and that is a tenth of the start.
    """
    if package in sys.modules:
        yield
        return
    modules: MutableMapping[str, ModuleType | None] = sys.modules  # type: ignore[assignment]  # None: not to be found
    modules[package] = None
    try:
        yield
    finally:
        del modules[package]
