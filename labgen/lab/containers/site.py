"""The site that the containers of a lab run at, and what labgen needs to do there."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from labgen.devices import registry
from labgen.devices.linux import dataplane
from labgen.ground.errors import LabStartError
from labgen.ground.labplan import LabPlan
from labgen.lab import doctor
from labgen.lab.containers import captures
from labgen.lab.containers.engine import Engine, State

CONNECT_TIMEOUT = 10.0


class Site(Protocol):
    """This machine, or a cluster. Containers are given as their names by node."""

    @property
    def place(self) -> dict[str, str]:
        """The values by which the register finds the site again."""
        ...

    def engine(self, node: str) -> Engine:
        """The engine that runs a node's container; LabNotUpError where there is none any more."""
        ...

    def require(self, plan: LabPlan) -> None:
        """Raises MissingToolError or LabStartError where a lab could not run, or nothing could be captured, for a reason
        that is known beforehand."""
        ...

    def has_image(self, name: str) -> bool: ...

    def alive(self, containers: Mapping[str, str]) -> bool:
        """True if anything of the lab still runs."""
        ...

    def states(self, containers: Mapping[str, str]) -> Mapping[str, State]:
        """States of those containers that exist, by node."""
        ...

    def connect(self, node: str, address: str, port: int) -> socket.socket:
        """A connection to an address of the management network; OSError where nothing answers."""
        ...

    def start_captures(
        self, plan: LabPlan, states: Mapping[str, State], captured: str, already: tuple[int, ...] = ()
    ) -> tuple[int, ...]:
        """Capture on every data port into the folder `captured`, but where a process of `already` does. Returns the processes of
        this machine that do."""
        ...

    def save_captures(self, plan: LabPlan, captured: str, target: Path) -> tuple[Path, ...]:
        """Copies of every capture, complete up to now."""
        ...


@dataclass(frozen=True, slots=True)
class Here:
    """This machine, with one engine for all nodes."""

    local: Engine

    @property
    def place(self) -> dict[str, str]:
        return {}

    def engine(self, node: str) -> Engine:
        return self.local

    def require(self, plan: LabPlan) -> None:
        captures.require()
        routed = any(node.vrfs and registry.get(node.device).facts.embedded for node in plan.nodes)
        if routed and (reason := doctor.features().get("vrf")):
            raise LabStartError(
                f"VRFs of containers are `vrf` devices, and this kernel has none ({reason}); try `sudo modprobe vrf`, "
                "or run the lab embedded (--provider embedded), where VRFs can be namespaces"
            )

        tagged = any(
            dataplane.tagged(node) for node in plan.nodes if registry.get(node.device).facts.embedded
        )
        if tagged and (reason := doctor.features().get("vlan")):
            raise LabStartError(
                f"trunks of containers are 802.1Q ports, and this kernel has none ({reason}); try `sudo modprobe 8021q`, "
                "or run the lab embedded (--provider embedded), where they are carried without"
            )

    def has_image(self, name: str) -> bool:
        return self.local.has_image(name)

    def alive(self, containers: Mapping[str, str]) -> bool:
        return any(state.running for state in self.states(containers).values())

    def states(self, containers: Mapping[str, str]) -> Mapping[str, State]:
        found = self.local.states(list(containers.values()))
        return {node: found[name] for node, name in containers.items() if name in found}

    def connect(self, node: str, address: str, port: int) -> socket.socket:
        return socket.create_connection((address, port), CONNECT_TIMEOUT)

    def start_captures(
        self, plan: LabPlan, states: Mapping[str, State], captured: str, already: tuple[int, ...] = ()
    ) -> tuple[int, ...]:
        return captures.start(plan, states, Path(captured), already)

    def save_captures(self, plan: LabPlan, captured: str, target: Path) -> tuple[Path, ...]:
        return captures.save(Path(captured), target)
