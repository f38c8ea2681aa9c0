"""Whether it is worth waiting: while a daemon of the lab stands still, what it takes part in does not come about."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from labgen.lab.provider import Lab, Watched

FIRST_SECONDS = 10.0
"""How long to wait in spite of a broken daemon: others may do without it, such as a second server."""

AGAIN_SECONDS = 3.0
"""How long once that was waited for in vain."""


@dataclass
class Hope:
    """Says when to give up. `excused` are nodes whose daemons a playbook stopped on purpose."""

    lab: Lab
    excused: Callable[[], Collection[str]]
    _known: set[str] = field(default_factory=set)

    def vain(self, elapsed: float) -> str:
        """The broken daemons for which nothing more is waited for after `elapsed` seconds; empty where it is worth to go on."""
        if elapsed < AGAIN_SECONDS or not isinstance(self.lab, Watched):
            return ""
        excused = self.excused()
        told = ", ".join(str(each) for each in self.lab.broken() if each.frozen or each.node not in excused)
        if not told or elapsed < (AGAIN_SECONDS if told in self._known else FIRST_SECONDS):
            return ""
        self._known.add(told)
        return told
