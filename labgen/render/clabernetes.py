"""LabPlan -> clabernetes: c9s.yml, a Topology with its files in ConfigMaps, one per node.

Kubernetes allows no underscores in names, so nodes are called by `kube_name` there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from labgen.devices.base import Artifact
from labgen.devices.tools import ContainerNode
from labgen.plan.model import LabPlan, NodePlan
from labgen.render import containerlab
from labgen.render.jinja import render

API_VERSION = "clabernetes.containerlab.dev/v1alpha1"
"""The group clabernetes 0.x serves; newer releases serve `c9s.run/v1alpha1`."""


@dataclass(frozen=True, slots=True)
class MapFile:
    """One key of a ConfigMap and where its text goes in the launcher."""

    key: str
    path: str
    text: str
    mode: str


@dataclass(frozen=True, slots=True)
class ConfigMap:
    name: str
    node: str
    files: tuple[MapFile, ...]


def artifacts(plan: LabPlan, nodes: dict[str, ContainerNode] | None = None) -> Iterator[Artifact]:
    """c9s.yml. `nodes` saves the work of `containerlab.containers` where it is done already."""
    yield Artifact("c9s.yml", manifest(plan, nodes=nodes))


def manifest(
    plan: LabPlan, api_version: str = API_VERSION, nodes: dict[str, ContainerNode] | None = None
) -> str:
    """Text of c9s.yml for one of clabernetes' API groups."""
    nodes = nodes or containerlab.containers(plan)
    maps = [_config_map(plan, node, nodes[node.name]) for node in plan.nodes]
    return render(
        "c9s/c9s.yml.j2",
        topology_name=kube_name(plan.name),
        api_version=api_version,
        maps=[found for found in maps if found.files],
        topology=containerlab.topology(plan, nodes, kube_name),
    )


def kube_name(name: str) -> str:
    """A name Kubernetes accepts (RFC 1123 label)."""
    return re.sub(r"[^a-z0-9-]+", "-", name.lower()).strip("-")[:63]


def _config_map(plan: LabPlan, node: NodePlan, container: ContainerNode) -> ConfigMap:
    texts = {artifact.path: artifact for artifact in (*container.config, *container.files)}
    wanted = [source for source, _ in container.binds]
    wanted += [container.startup_config] if container.startup_config else []
    name = kube_name(f"{plan.name}-{node.name}")
    return ConfigMap(name, kube_name(node.name), tuple(_file(texts[path]) for path in dict.fromkeys(wanted)))


def _file(artifact: Artifact) -> MapFile:
    key = re.sub(r"[^A-Za-z0-9._-]", "-", artifact.path)
    return MapFile(key, artifact.path, artifact.text, "execute" if artifact.mode & 0o100 else "read")
