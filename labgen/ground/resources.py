"""Where templates, scenarios and playbooks are: in the wheel, or at the top of a checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def _root() -> Path:
    package = Path(__file__).resolve().parents[1]
    shipped = package / "_data"
    return shipped if shipped.is_dir() else package.parent


def templates() -> Path:
    """Folder of Jinja2 templates, one folder per device."""
    return _root() / "templates"


def topologies() -> Path:
    """Folder of scenarios, one spec each."""
    return _root() / "topologies"


def playbooks() -> Path:
    """Folder of playbooks."""
    return _root() / "playbooks"
