"""Folders for what is made once and kept: below XDG_CACHE_HOME (~/.cache), and only those that nobody else can write to, since code is
read out of them. Where Python is to write no bytecode (PYTHONDONTWRITEBYTECODE), nothing is kept.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def own_folder(name: str) -> Path | None:
    """The caller's `labgen/NAME`, made where it is missing; None where nothing is to be kept, or where there is no folder that is the
    caller's alone.
    """
    if sys.dont_write_bytecode:
        return None
    try:
        folder = _caches() / "labgen" / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except (OSError, RuntimeError):  # the latter where nothing tells of a home
        return None
    own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & OTHERS_WRITE
    return folder if own else None


def _caches() -> Path:
    """By the XDG Base Directory Specification, which has relative paths ignored."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return named if named.is_absolute() else Path("~/.cache").expanduser()
