"""A lab of containers that tells when its routed core is as it was at the start."""

from __future__ import annotations

from dataclasses import dataclass

from labgen.ground.errors import LabStartError
from labgen.lab.containers import ready
from labgen.lab.containers.lab import ContainerLab
from labgen.lab.deadline import Deadline


@dataclass(frozen=True, slots=True)
class SettlingLab(ContainerLab):
    """Open nodes that speak OSPF are asked for their routes; what others have is not known, and not waited for."""

    def settle(self, seconds: float) -> str:
        """Wait until the routes that the plan needs are there. What is missing after so many seconds; empty where nothing is."""
        try:
            ready.converged(self, Deadline.patient(seconds))
        except LabStartError as error:
            return str(error)
        return ""
