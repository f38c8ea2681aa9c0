"""Files of a node on standard output."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Sequence
from typing import BinaryIO

POLL_SECONDS = 0.1


def print_files(files: Sequence[BinaryIO]) -> None:
    """Copy open files to standard output, one after the other."""
    for file in files:
        shutil.copyfileobj(file, sys.stdout.buffer)
    sys.stdout.buffer.flush()


def follow_files(files: Sequence[BinaryIO]) -> None:
    """Copy what is appended to open files to standard output until interrupted."""
    while True:
        print_files(files)
        time.sleep(POLL_SECONDS)
