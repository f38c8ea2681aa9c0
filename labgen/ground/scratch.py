"""Folders for the time of a command. What a killed command left is removed when the next one makes its own."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOCK = ".in-use"
_UNLOCKED_SECONDS = 60.0
"""A folder this young without a lock may belong to a command that has not got to it yet."""


@contextmanager
def scratch(purpose: str) -> Iterator[Path]:
    """A private folder `labgen-PURPOSE-*` below the temporary folder, gone afterwards. OSError where none can be made."""
    beginning = f"labgen-{purpose}-"
    _sweep(Path(tempfile.gettempdir()), beginning)
    with tempfile.TemporaryDirectory(prefix=beginning, ignore_cleanup_errors=True) as name:
        lock = os.open(Path(name, _LOCK), os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield Path(name)
        finally:
            os.close(lock)


def _sweep(base: Path, beginning: str) -> None:
    """Remove such folders of this user whose command has ended: the kernel took its lock away."""
    for folder in base.glob(f"{beginning}*"):
        if _left(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _left(folder: Path) -> bool:
    try:
        found = folder.lstat()
        if not folder.is_dir() or folder.is_symlink() or found.st_uid != os.geteuid():
            return False
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return time.time() - found.st_mtime > _UNLOCKED_SECONDS
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(lock)
    return True
