"""`netlab up` and `netlab down`, with containerlab below.

netlab writes and, on cleanup, deletes files in the folder it works in, labgen's own names among them. So it works in a folder of
its own inside the lab folder, which is there while the lab runs: the lab folder itself stays as it was built.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import yaml

from labgen.ground.errors import LabStartError, MissingToolError, ToolHungError
from labgen.ground.labplan import LabPlan
from labgen.lab.containerlab.provider import source
from labgen.lab.containers import free, ready, register
from labgen.lab.containers.engine import Engine
from labgen.lab.containers.provider import ContainerProvider
from labgen.lab.containers.register import Entry
from labgen.lab.containers.site import Here, Site
from labgen.lab.containers.tool import Tell, tool
from labgen.render import netlab

NAME = "netlab"
INSTALL = "pip install networklab ansible, and containerlab: see https://netlab.tools/install/"
WORK = "netlab-run"
"""netlab's working folder in a lab folder."""

SUDO = "sudo"
"""What netlab enters the namespaces of hosts with; without it a start fails after minutes, when all containers are there."""

TOPOLOGY = "clab-netlab.yml"
LOCK = "netlab.lock"


@dataclass(frozen=True, slots=True)
class Netlab:
    """netlab as a `Tool`."""

    @property
    def name(self) -> str:
        return NAME

    def images(self, plan: LabPlan) -> Mapping[str, str]:
        """Only those labgen names; netlab knows the others, and says how to build them."""
        nodes = [(node, netlab.view(plan, node)) for node in plan.nodes]
        return {view.image: source(node.device) for node, view in nodes if view.image}

    def site(self, plan: LabPlan, folder: Path) -> Site:
        return Here(Engine.find())

    def site_of(self, entry: Entry) -> Site:
        return Here(Engine.find())

    def require_free(self, plan: LabPlan, folder: Path, site: Site) -> None:
        """Also refuses a working folder that netlab says is in use: what is in there is needed to end that lab."""
        if shutil.which(SUDO) is None:
            raise MissingToolError(
                "netlab runs `sudo`, as root too, to configure Linux hosts, and it is not installed; on Debian: apt-get install sudo"
            )
        engine = Engine.find()
        free.require_name(engine, netlab.lab_name(plan.name), folder)
        free.require_network(engine, self.network(plan), plan)
        for place in (folder, folder / WORK):
            if (place / LOCK).exists():
                raise LabStartError(
                    f"netlab has a lab in {place} ({LOCK} is there); it was left as it is. "
                    f"End it with `netlab down` in that folder, or remove {LOCK} if none runs"
                )

    def start(self, plan: LabPlan, folder: Path, site: Site, tell: Tell) -> Iterator[str]:
        work = folder / WORK
        work.mkdir(exist_ok=True)
        tool(_program(), ("up", "../topology.yml"), work, INSTALL, ready.starting(plan.nodes), tell)
        yield "containers"

    def tests(self, plan: LabPlan) -> Mapping[str, str]:
        """netlab returns when its nodes are configured."""
        return {}

    def captured(self, folder: Path) -> str:
        return str(register.captures(folder))

    def stop(self, folder: Path, entry: Entry) -> None:
        """A lab somebody else started is ended where it was started, and its files stay."""
        limit = ready.ending(entry.containers)
        if entry.adopted:
            tool(_program(), ("down",), folder, INSTALL, limit)
        elif (folder / WORK).is_dir():
            tool(_program(), ("down", "--cleanup"), folder / WORK, INSTALL, limit)
            shutil.rmtree(folder / WORK)
        else:
            free.drop_containers(Engine.find(), entry.containers.values())
        free.drop_network(Engine.find(), entry.network)

    def undo(self, folder: Path, entry: Entry) -> None:
        """Ends the lab by force, so that netlab forgets it even if what ending needs is what was missing."""
        if (folder / WORK).is_dir():
            limit = ready.ending(entry.containers)
            with suppress(LabStartError, ToolHungError):
                tool(_program(), ("down", "--cleanup", "--force"), folder / WORK, INSTALL, limit)
            shutil.rmtree(folder / WORK)
        free.drop_network(Engine.find(), entry.network)

    def containers(self, plan: LabPlan) -> dict[str, str]:
        return {node.name: f"clab-{netlab.lab_name(plan.name)}-{node.name}" for node in plan.nodes}

    def network(self, plan: LabPlan) -> str:
        return netlab.network(plan)

    def addresses(self, folder: Path, adopted: bool) -> dict[str, str]:
        """Addresses of nodes, by netlab's Ansible inventory."""
        data = yaml.safe_load(((folder if adopted else folder / WORK) / "hosts.yml").read_text())
        hosts = [group.get("hosts") or {} for group in data.values() if isinstance(group, dict)]
        return {
            str(name): str(values["ansible_host"])
            for group in hosts
            for name, values in group.items()
            if values and str(values.get("ansible_host", "")).count(".") == 3
        }

    def by_hand(self, folder: Path) -> Path:
        return folder / TOPOLOGY


def _program() -> str:
    """netlab, or the first one named in LABGEN_NETLAB."""
    return os.environ.get("LABGEN_NETLAB", "").split(":")[0] or NAME


class NetlabProvider(ContainerProvider):
    """Labs run by netlab."""

    def __init__(self) -> None:
        super().__init__(Netlab())
