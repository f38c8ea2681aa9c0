"""`containerlab deploy` and `containerlab destroy` on a lab folder's clab.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from labgen.devices import registry
from labgen.lab.containers.engine import tool
from labgen.lab.containers.provider import ContainerProvider
from labgen.plan.model import LabPlan
from labgen.render import containerlab

NAME = "containerlab"
INSTALL = 'see https://containerlab.dev/install/: bash -c "$(curl -sL https://get.containerlab.dev)"'
TOPOLOGY = "clab.yml"
BUILD = "python -m labgen.lab.containers.image"


@dataclass(frozen=True, slots=True)
class Containerlab:
    """containerlab as a `Tool`."""

    @property
    def name(self) -> str:
        return NAME

    def images(self, plan: LabPlan) -> Mapping[str, str]:
        nodes = containerlab.containers(plan)
        return {container.image: source(plan.node(name).device) for name, container in nodes.items()}

    def start(self, folder: Path) -> None:
        tool(NAME, ("deploy", "-t", TOPOLOGY), folder, INSTALL)

    def stop(self, folder: Path) -> None:
        tool(NAME, ("destroy", "-t", TOPOLOGY, "--cleanup"), folder, INSTALL)

    def containers(self, plan: LabPlan) -> dict[str, str]:
        return {node.name: f"clab-{plan.name}-{node.name}" for node in plan.nodes}

    def addresses(self, folder: Path) -> dict[str, str]:
        return {}


def source(device: str) -> str:
    """Where the image of a device comes from."""
    facts = registry.get(device).facts
    if facts.embedded:
        return f"build it with `{BUILD}`"
    return (
        f"{facts.title} is yours to provide; see https://containerlab.dev/manual/kinds/{facts.containerlab}/"
    )


class ContainerlabProvider(ContainerProvider):
    """Labs run by containerlab."""

    def __init__(self) -> None:
        super().__init__(Containerlab())
