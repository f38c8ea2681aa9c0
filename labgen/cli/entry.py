"""The console script: what must hold before anything else of labgen is imported."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run labgen. A Ctrl-C while it is still being imported ends it as one later does, and standard streams that are closed swallow
    what comes, instead of lending their numbers to the first files that are opened.
    """
    _open_streams()
    try:
        from labgen.cli.main import main as run  # with streams open, and Ctrl-C heard

        run()
    except KeyboardInterrupt:
        os.write(2, b"interrupted\n")
        sys.exit(130)


def _open_streams() -> None:
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115  open as long as the process is
