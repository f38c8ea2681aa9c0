"""Versions of installed Debian packages."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable

_SECONDS = 20.0


def installed(packages: Iterable[str]) -> dict[str, str]:
    """Version by package, of those that are installed; empty on systems without dpkg."""
    command = ["dpkg-query", "-W", "-f", "${Package} ${Version}\\n", *sorted(packages)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    pairs = (line.split(" ", 1) for line in done.stdout.splitlines())
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2 and pair[1]}
