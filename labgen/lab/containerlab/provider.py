"""`containerlab deploy` and `containerlab destroy` on a lab folder's clab.yml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from labgen.devices import registry
from labgen.ground.labplan import LabPlan
from labgen.lab.containers import free, ready, register
from labgen.lab.containers.engine import Engine
from labgen.lab.containers.provider import ContainerProvider
from labgen.lab.containers.register import Entry
from labgen.lab.containers.site import Here, Site
from labgen.lab.containers.tool import Tell, tool
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

    def require_free(self, plan: LabPlan, folder: Path, site: Site) -> None:
        engine = Engine.find()
        free.require_name(engine, plan.name, folder)
        free.require_network(engine, self.network(plan), plan)

    def start(self, plan: LabPlan, folder: Path, site: Site, tell: Tell) -> Iterator[str]:
        tool(NAME, ("deploy", "-t", TOPOLOGY), folder, INSTALL, ready.starting(plan.nodes), tell)
        yield "containers"

    def tests(self, plan: LabPlan) -> Mapping[str, str]:
        return containerlab.ready_tests(plan)

    def captured(self, folder: Path) -> str:
        return str(register.captures(folder))

    def stop(self, folder: Path, entry: Entry) -> None:
        """A lab somebody else started loses its containers, and keeps the files its user may want."""
        if (folder / TOPOLOGY).exists():
            kept = () if entry.adopted else ("--cleanup",)
            tool(NAME, ("destroy", "-t", TOPOLOGY, *kept), folder, INSTALL, ready.ending(entry.containers))
        else:
            free.drop_containers(Engine.find(), entry.containers.values())
        free.drop_network(Engine.find(), entry.network)

    def undo(self, folder: Path, entry: Entry) -> None:
        """containerlab leaves its network behind where no container came up, whatever it says."""
        try:
            self.stop(folder, entry)
        finally:
            free.drop_network(Engine.find(), entry.network)

    def containers(self, plan: LabPlan) -> dict[str, str]:
        return {node.name: f"clab-{plan.name}-{node.name}" for node in plan.nodes}

    def network(self, plan: LabPlan) -> str:
        return containerlab.network(plan)

    def addresses(self, folder: Path, adopted: bool) -> dict[str, str]:
        return {}

    def by_hand(self, folder: Path) -> Path:
        return folder / TOPOLOGY


def source(device: str) -> str:
    """The source of a device's image."""
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
