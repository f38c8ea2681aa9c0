"""Captures and logs that a lab keeps, however long it runs: they lie in memory, and nobody may have looked for a week."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from labgen.lab.embedded.daemons import Daemons
from labgen.lab.embedded.limits import kept_octets

LOOK_SECONDS = 5.0


class LogKeeper:
    """Shortens logs that have grown beyond twice the limit to their newest part; `given_up` counts octets by node and file."""

    def __init__(self, daemons: Daemons, limit: int | None = None) -> None:
        self._daemons = daemons
        self._limit = kept_octets() if limit is None else limit
        self.given_up: dict[tuple[str, str], int] = {}

    async def run(self) -> None:
        """Look now and then, for ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.look()

    def look(self) -> None:
        """Shorten what is too long now."""
        for node, daemons in self._daemons.by_node.items():
            paths = dict.fromkeys(path for daemon in daemons.values() for path in daemon.logs)
            with self._daemons.files(node):
                for path in paths:
                    gone = shorten(Path(path), self._limit)
                    if gone:
                        self.given_up[node, path] = self.given_up.get((node, path), 0) + gone

    def losses(self) -> Iterator[str]:
        """The parts that were given up, in words."""
        for (node, path), octets in self.given_up.items():
            yield f"{node}: {path} reached its limit, its oldest {octets:,} octets were given up"


def shorten(path: Path, limit: int) -> int:
    """Cut a log of more than twice `limit` octets to whole lines of its newest part; how many octets went. Whoever appends to it goes on
    in the same file; what comes while this is done may be lost.
    """
    with contextlib.suppress(OSError), path.open("r+b") as stream:
        size = os.fstat(stream.fileno()).st_size
        if size <= 2 * limit:
            return 0
        stream.seek(size - limit)
        newest = stream.read().partition(b"\n")[2]
        os.ftruncate(stream.fileno(), 0)
        stream.seek(0)
        stream.write(newest)
        return size - len(newest)
    return 0
