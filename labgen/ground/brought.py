"""Objects that installed packages bring by entry points.

Most machines have no package that brings anything, and to parse what every installed package says of itself takes milliseconds: it is
asked first whether one mentions labgen's groups at all, and parsed once.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import SelectableGroups

_GROUPS = b"[labgen."


def brought(group: str) -> tuple[EntryPoint, ...]:
    """Entry points of a group (`labgen.devices`), as packages have them."""
    return tuple(_installed().select(group=group)) if _anything() else ()


@cache
def _installed() -> SelectableGroups:
    return entry_points()


@cache
def _anything() -> bool:
    return any(_mentioned(place or os.curdir) for place in sys.path)


def _mentioned(place: str) -> bool:
    """True if a package in a folder of `sys.path` has a group of labgen's. An archive is not looked into: it may."""
    try:
        names = os.listdir(place)  # noqa: PTH208  text: a hundred `Path` would cost more than reading
    except OSError:
        return Path(place).is_file()
    packages = [name for name in names if name.endswith((".dist-info", ".egg-info"))]
    return any(_GROUPS in _octets(f"{place}/{name}/entry_points.txt") for name in packages)


def _octets(file: str) -> bytes:
    try:
        with open(file, "rb") as stream:  # noqa: PTH123
            return stream.read()
    except OSError:
        return b""
