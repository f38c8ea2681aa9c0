"""One verification of a lab at a time: two would break each other's faults and clear each other's logs."""

from __future__ import annotations

import fcntl
import os
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labgen.ground.errors import LabHeldError
from labgen.ground.writing import writing

FILE = "verify.lock"


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Hold the lab of a folder while a block runs. LabHeldError, which says who holds it, where somebody does; it is free again when
    that process ends, whatever ends it.
    """
    runs = folder / "runs"
    if runs.is_symlink():  # nothing is written through it; whoever wants to keep a run there is told
        yield
        return
    with writing(folder):
        runs.mkdir(parents=True, exist_ok=True)
        handle = os.open(runs / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 1000, 0).decode(errors="replace").strip() or "another process"
            raise LabHeldError(
                f"{folder} is being verified by {holder}\n  wait until it has ended, or end that process"
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, _holder().encode(errors="replace"), 0)
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _holder() -> str:
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    return f"process {os.getpid()} (`{command}`), since {time.strftime('%H:%M:%S')}\n"
