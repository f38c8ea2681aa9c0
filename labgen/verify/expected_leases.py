"""The number of leases that the spec expects: clients that are to stay without one are not waited for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from labgen.dhcp.model import Exchange
from labgen.ground.labplan import LabPlan
from labgen.verify import groups
from labgen.verify.throttle import Throttled

LONG_ENOUGH = 5.0
"""Seconds in which a client without a lease has asked more than once."""


@dataclass
class ExpectedLeases:
    """Asked by several threads at once. `exchanges` tells what is known of the clients' leases: to look is to read the captures."""

    plan: LabPlan
    exchanges: Callable[[], Sequence[Exchange]]

    def __post_init__(self) -> None:
        self._reached = Throttled(self._look)

    def why_stop(self, elapsed: float) -> str:
        """The reason why nothing more is waited for after `elapsed` seconds; empty where it is worth to go on."""
        if elapsed < LONG_ENOUGH or not self._reached():
            return ""
        return "as many leases as the spec expects were given"

    def _look(self) -> bool:
        wanted = expected(self.plan)
        if not wanted:
            return False
        known = self.exchanges()
        for segment in self.plan.segments:
            own = [self.plan.node(name) for name in segment.clients if segment.servers]
            bound = [node for node in own if groups.grants(known, node.client_mac)]
            if len(bound) < wanted.get(segment.name, len(own)):
                return False
        return True


def expected(plan: LabPlan) -> dict[str, int]:
    """The number of clients that should get a lease, by segment, unless it is all of them."""
    found = {name: wanted for name, (wanted, total) in plan.expect.leases.items() if wanted < total}
    for segment in plan.segments:
        refused = sum(name in plan.expect.no_lease for name in segment.clients)
        if refused and segment.name not in found:
            found[segment.name] = len(segment.clients) - refused
    return found
