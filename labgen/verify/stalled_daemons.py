"""Daemons that stand still, so that waiting is in vain: what they take part in does not come about."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from labgen.lab.provider import BrokenDaemon, Lab, Watched
from labgen.verify.throttle import Throttled

FIRST_SECONDS = 10.0
"""How long to wait in spite of a broken daemon: others may do without it, such as a second server."""

AGAIN_SECONDS = 3.0
"""How long once that was waited for in vain."""


@dataclass
class StalledDaemons:
    """Says when to give up, to several threads at once. `excused` are nodes whose daemons a playbook stopped on purpose."""

    lab: Lab
    excused: Callable[[], Collection[str]]
    clock: Callable[[], float] = time.monotonic
    _known: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._broken = Throttled(self._look, self.clock)

    def _look(self) -> tuple[BrokenDaemon, ...]:
        return tuple(self.lab.broken()) if isinstance(self.lab, Watched) else ()

    def why_stop(self, elapsed: float) -> str:
        """The broken daemons for which nothing more is waited for after `elapsed` seconds; empty where it is worth to go on."""
        if elapsed < AGAIN_SECONDS:
            return ""
        excused = self.excused()
        broken = ", ".join(str(each) for each in self._broken() if each.frozen or each.node not in excused)
        if not broken or elapsed < (AGAIN_SECONDS if broken in self._known else FIRST_SECONDS):
            return ""
        self._known.add(broken)
        return broken
