"""Writes files; an error of the system becomes one clear error of labgen."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labgen.ground.errors import WriteError

_REMEDIES = {
    errno.EACCES: "choose a folder of yours with -o DIR, or have its owner give you the right",
    errno.EPERM: "choose a folder of yours with -o DIR, or have its owner give you the right",
    errno.EROFS: "choose a folder on a file system that can be written, with -o DIR",
    errno.ENOSPC: "make room there, or choose a folder elsewhere with -o DIR",
    errno.EDQUOT: "make room there, or choose a folder elsewhere with -o DIR",
    errno.ENOENT: "choose another folder with -o DIR",
    errno.ENOTDIR: "choose another folder with -o DIR",
    errno.EEXIST: "choose another folder with -o DIR",
    errno.ENAMETOOLONG: "choose a shorter name",
}


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """Run a block that writes below `place`. Raises WriteError where the system does not let it; other errors of the system pass."""
    try:
        yield
    except OSError as error:
        raised = refusal(error, place)
        if raised is None:
            raise
        raise raised from error


def refusal(error: OSError, place: Path | None = None) -> WriteError | None:
    """The refusal of the system to write, in words, with the way out; None where the error is about something else."""
    remedy = _REMEDIES.get(error.errno or 0)
    if remedy is None:
        return None
    named = error.filename or place
    where = os.fsdecode(named) if isinstance(named, (str, bytes, os.PathLike)) else "the output"
    return WriteError(f"cannot write {where}: {os.strerror(error.errno or 0)}\n  {remedy}")
