"""Paths as one gives them to a command."""

from __future__ import annotations

from pathlib import Path


def from_here(path: Path) -> Path:
    """The shortest form of a path that another command takes: relative if it is below the working folder, else absolute."""
    absolute, here = path.absolute(), Path.cwd()
    return absolute.relative_to(here) if absolute.is_relative_to(here) else absolute
