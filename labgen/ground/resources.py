"""Locates templates, scenarios and playbooks: in the wheel, or at the top of a checkout; and in packages of others.

A package that brings its own names itself in the entry point group `labgen.resources`; its folders `templates`, `topologies` and
`playbooks` stand beside labgen's.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from labgen.ground.brought import brought
from labgen.ground.errors import LabgenError

GROUP = "labgen.resources"


@cache
def _root() -> Path:
    package = Path(__file__).resolve().parents[1]
    shipped = package / "_data"
    return shipped if shipped.is_dir() else package.parent


def templates() -> Path:
    """Folder of labgen's Jinja2 templates, one folder per device."""
    return _root() / "templates"


def topologies() -> Path:
    """Folder of labgen's scenarios, one spec each."""
    return _root() / "topologies"


def playbooks() -> Path:
    """Folder of labgen's playbooks."""
    return _root() / "playbooks"


@cache
def template_folders() -> tuple[Path, ...]:
    """Every folder of templates, labgen's first."""
    return (templates(), *_foreign("templates"))


@cache
def scenario_files() -> Mapping[str, Path]:
    """Every scenario by name. LabgenError for a name that two packages claim."""
    return _named((topologies(), *_foreign("topologies")))


@cache
def playbook_files() -> Mapping[str, Path]:
    """Every playbook by name. LabgenError for a name that two packages claim."""
    return _named((playbooks(), *_foreign("playbooks")))


def _named(folders: tuple[Path, ...]) -> Mapping[str, Path]:
    found: dict[str, Path] = {}
    for file in (file for folder in folders for file in sorted(folder.glob("*.yml"))):
        if file.stem in found:
            raise LabgenError(f"`{file.stem}` is both {found[file.stem]} and {file}; rename one of them")
        found[file.stem] = file
    return MappingProxyType(dict(sorted(found.items())))


def _foreign(kind: str) -> tuple[Path, ...]:
    """Folders of this kind in packages that name themselves; a package without it brings none."""
    roots = (
        Path(root)
        for point in brought(GROUP)
        if (spec := find_spec(point.module)) is not None
        for root in spec.submodule_search_locations or ()
    )
    return tuple(folder for root in roots if (folder := root / kind).is_dir())
