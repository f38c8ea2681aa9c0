"""The message of a command that ends early: one sentence, and the exit code of its kind. Exit 1 is for failed checks alone."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Final

import click

from labgen.lab import state

INVALID: Final = 2
INFRASTRUCTURE: Final = 3
INTERRUPTED: Final = 130
KEPT: Final = 20
"""Tracebacks that are kept; the oldest go first."""

_MACHINE = {
    errno.ENOSPC: "no space is left there; free some, or choose another folder with -o DIR",
    errno.EDQUOT: "your quota there is used up; free some, or choose another folder with -o DIR",
    errno.EFBIG: "a file may not grow that large for this process; raise the limit: `ulimit -f unlimited`",
    errno.EROFS: "the file system is read-only; choose another folder with -o DIR",
    errno.EACCES: "you may not do that there; choose a folder of your own with -o DIR, or check its owner and mode",
    errno.EPERM: "you may not do that; `labgen doctor` says which rights labs need",
    errno.ENOENT: "there is no such file or folder; make it, or check the path",
    errno.ENOTDIR: "a part of that path is no folder; check the path",
    errno.EISDIR: "that is a folder, and a file is needed; check the path",
    errno.EEXIST: "something is there already; choose another name",
    errno.ENAMETOOLONG: "that name is longer than the file system takes; choose a shorter one",
    errno.ELOOP: "that path leads through links in a circle; name the place they should lead to",
    errno.EIO: "the system cannot read or write there: it may be damaged, or nothing a file holds",
    errno.EMFILE: "too many files are open for this process; raise the limit: `ulimit -n 4096`",
    errno.ENFILE: "too many files are open on this machine; close some programs",
    errno.ENOMEM: "the machine has no memory left; end other labs: `labgen status`",
    errno.EAGAIN: "the machine gives no more processes or memory; end other labs: `labgen status`",
}

_NAMED = frozenset((errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP))
"""What says nothing without the place it is about."""


def message_of(error: BaseException) -> tuple[str, int]:
    """A message about an exception nobody expected, and the exit code. Its traceback goes to a file that the message names."""
    if (
        isinstance(error, OSError)
        and error.errno in _MACHINE
        and (error.errno not in _NAMED or _place(error))
    ):
        code = INVALID if error.errno == errno.ENAMETOOLONG else INFRASTRUCTURE
        return f"{_place(error)}{_MACHINE[error.errno]}", code
    if isinstance(error, MemoryError):
        return _MACHINE[errno.ENOMEM], INFRASTRUCTURE
    kind = type(error).__name__
    words = " ".join(str(error).split())[:200]
    where = _keep(error)
    kept = f"details are in {where}" if where else "details could not be written anywhere"
    return (
        f"labgen came upon something it does not handle ({kind}{': ' if words else ''}{words}); this is a fault of labgen, "
        f"not of your network. {kept}; please report it with the command you used",
        INFRASTRUCTURE,
    )


def _place(error: OSError) -> str:
    name = str(error.filename) if isinstance(error.filename, str | os.PathLike) else ""
    return f"{name}: " if name else ""


def _keep(error: BaseException) -> Path | None:
    """Write a traceback for a report of the fault; None where it cannot be kept."""
    text = "".join(traceback.format_exception(error))
    command = " ".join(sys.argv)
    body = f"{command}\n{sys.version}\n\n{text}"
    with suppress(Exception):
        return _kept_in_state(body)
    with suppress(OSError):
        handle, name = tempfile.mkstemp(prefix="labgen-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(body)
        return Path(name)
    return None


def _kept_in_state(body: str) -> Path:
    with state.opened() as own:
        old = [name for name in own.names() if name.startswith("fault-")]
        for name in old[: max(0, len(old) + 1 - KEPT)]:
            own.remove(name)
        name = f"fault-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.txt"
        own.write(name, body.encode(errors="backslashreplace"))
        return own.path / name


def usage_code(error: click.ClickException) -> int:
    """click's own errors are about the command line; some carry 1, which says that a check failed."""
    return INVALID if error.exit_code == 1 else error.exit_code
