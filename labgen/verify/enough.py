"""Whether as many clients have a lease as the spec expects: those that are to stay without one are not waited for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

from labgen.dhcp.model import Exchange
from labgen.ground.labplan import LabPlan
from labgen.verify import groups

LONG_ENOUGH = 5.0
"""Seconds in which a client without a lease has asked more than once."""
AGAIN = 1.0
"""Seconds for which an answer is good: to look is to read the captures."""


@dataclass
class Enough:
    """Asked by several threads at once. `exchanges` tells what is known of the clients' leases."""

    plan: LabPlan
    exchanges: Callable[[], Sequence[Exchange]]
    _lock: Lock = field(default_factory=Lock)
    _looked: float = 0.0
    _answer: str = ""

    def vain(self, elapsed: float) -> str:
        """Why nothing more is waited for after `elapsed` seconds; empty where it is worth to go on."""
        wanted = expected(self.plan)
        if not wanted or elapsed < LONG_ENOUGH:
            return ""
        with self._lock:
            if time.monotonic() - self._looked >= AGAIN:
                self._answer = (
                    "as many leases as the spec expects were given" if self._reached(wanted) else ""
                )
                self._looked = time.monotonic()
            return self._answer

    def _reached(self, wanted: Mapping[str, int]) -> bool:
        known = self.exchanges()
        for segment in self.plan.segments:
            own = [self.plan.node(name) for name in segment.clients if segment.servers]
            bound = [node for node in own if groups.grants(known, node.client_mac)]
            if len(bound) < wanted.get(segment.name, len(own)):
                return False
        return True


def expected(plan: LabPlan) -> dict[str, int]:
    """By segment, how many clients are to get a lease, where that is not all of them."""
    found = {name: wanted for name, (wanted, total) in plan.expect.leases.items() if wanted < total}
    for segment in plan.segments:
        refused = sum(name in plan.expect.no_lease for name in segment.clients)
        if refused and segment.name not in found:
            found[segment.name] = len(segment.clients) - refused
    return found
