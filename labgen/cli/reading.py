"""Progress of `labgen analyze`: how far it has read, and how long it will take."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import click

from labgen.ground.printable import printable

FIRST_SECONDS = 2.0
ON_TERMINAL_SECONDS, ELSEWHERE_SECONDS = 0.5, 10.0
_DESCRIPTORS = Path("/proc/self/fd")


class Progress:
    """Says on standard error how far reading is: in place on a terminal, a line now and then elsewhere. `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float], files: Sequence[str]) -> None:
        self._clock = clock
        self._began = clock()
        self._next = self._began + FIRST_SECONDS
        self._files = tuple(dict.fromkeys(files))
        self._sizes = [_size(file) for file in self._files]

    def __call__(self, file: str, read: int, found: int) -> None:
        now = self._clock()
        if now < self._next:
            return
        terminal = sys.stderr.isatty()
        self._next = now + (ON_TERMINAL_SECONDS if terminal else ELSEWHERE_SECONDS)
        text = f"{printable(file)}: {read:,} lines or frames read, {found:,} DHCP messages{self._left(file, now)}"
        click.echo(f"\r{text}\x1b[K" if terminal else text, err=True, nl=not terminal)

    def _left(self, file: str, now: float) -> str:
        """Time that is left for reading, by the octets read so far; empty where files do not tell their size."""
        place = _position(file)
        if place is None or file not in self._files or not all(self._sizes):
            return ""
        done, total = sum(self._sizes[: self._files.index(file)]) + place, sum(self._sizes)
        if not 0 < done <= total:
            return ""
        left = (now - self._began) * (total - done) / done
        return f", {done * 100 // total} %, about {_span(left)} left"


def _size(file: str) -> int:
    """Octets of a file; 0 where it does not tell."""
    with suppress(OSError):
        return Path(file).stat().st_size
    return 0


def _position(file: str) -> int | None:
    """The number of octets that were taken of an open file from the system, compressed or not; None where it is not open."""
    with suppress(OSError, ValueError):
        wanted = Path(file).stat()
        for link in _DESCRIPTORS.iterdir():
            with suppress(OSError):
                if os.path.samestat(link.stat(), wanted):
                    fields = Path(f"/proc/self/fdinfo/{link.name}").read_text().split()
                    return int(fields[fields.index("pos:") + 1])
    return None


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
