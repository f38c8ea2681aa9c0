"""`containerlab deploy` and `containerlab destroy` on a lab folder's clab.yml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from labgen.devices import registry
from labgen.ground.labplan import LabPlan
from labgen.lab.containers.engine import Engine, tool
from labgen.lab.containers.provider import ContainerProvider
from labgen.lab.containers.register import Entry
from labgen.lab.containers.site import CAPTURES, Here, Site
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

    def site(self, plan: LabPlan, folder: Path) -> Site:
        return Here(Engine.find())

    def site_of(self, entry: Entry) -> Site:
        return Here(Engine.find())

    def start(self, plan: LabPlan, folder: Path, site: Site) -> Iterator[str]:
        tool(NAME, ("deploy", "-t", TOPOLOGY), folder, INSTALL)
        yield "containers"

    def tests(self, plan: LabPlan) -> Mapping[str, str]:
        return containerlab.health_tests(plan)

    def captured(self, folder: Path) -> str:
        return str(folder / CAPTURES)

    def stop(self, folder: Path, entry: Entry) -> None:
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
