"""The console that tables are drawn on."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from rich.console import Console

PIPED_WIDTH = 110
"""Columns of what goes into a pipe or a file."""


def console(stream: TextIO | None = None) -> Console:
    """A console on a stream, standard output where none is given: as wide as the terminal or COLUMNS says, else `PIPED_WIDTH`."""
    file = stream or sys.stdout
    known = file.isatty() or "COLUMNS" in os.environ
    return Console(file=file, width=None if known else PIPED_WIDTH)
