"""`netlab up` and `netlab down` in a lab folder, with containerlab below."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from labgen.ground.labplan import LabPlan
from labgen.lab.containerlab.provider import source
from labgen.lab.containers.engine import Engine, tool
from labgen.lab.containers.provider import ContainerProvider
from labgen.lab.containers.register import Entry
from labgen.lab.containers.site import CAPTURES, Here, Site
from labgen.render import netlab

NAME = "netlab"
INSTALL = "pip install networklab ansible, and containerlab: see https://netlab.tools/install/"


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

    def start(self, plan: LabPlan, folder: Path, site: Site) -> Iterator[str]:
        tool(_program(), ("up",), folder, INSTALL)
        yield "containers"

    def tests(self, plan: LabPlan) -> Mapping[str, str]:
        """netlab returns when its nodes are configured."""
        return {}

    def captured(self, folder: Path) -> str:
        return str(folder / CAPTURES)

    def stop(self, folder: Path, entry: Entry) -> None:
        tool(_program(), ("down", "--cleanup"), folder, INSTALL)

    def containers(self, plan: LabPlan) -> dict[str, str]:
        return {node.name: f"clab-{netlab.lab_name(plan.name)}-{node.name}" for node in plan.nodes}

    def addresses(self, folder: Path) -> dict[str, str]:
        """What netlab's Ansible inventory says."""
        data = yaml.safe_load((folder / "hosts.yml").read_text())
        hosts = [group.get("hosts") or {} for group in data.values() if isinstance(group, dict)]
        return {
            str(name): str(values["ansible_host"])
            for group in hosts
            for name, values in group.items()
            if values and str(values.get("ansible_host", "")).count(".") == 3
        }


def _program() -> str:
    """netlab, or the first one named in LABGEN_NETLAB."""
    return os.environ.get("LABGEN_NETLAB", "").split(":")[0] or NAME


class NetlabProvider(ContainerProvider):
    """Labs run by netlab."""

    def __init__(self) -> None:
        super().__init__(Netlab())
