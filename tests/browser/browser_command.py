"""labgen as somebody types it."""

from __future__ import annotations

import subprocess
import sys

LABGEN = (sys.executable, "-c", "from labgen.cli.main import main; main()")


def run(*arguments: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*LABGEN, *arguments], capture_output=True, text=True, timeout=seconds, check=False)
