"""LabPlan -> clabernetes: c9s.yml, a Topology with its files in ConfigMaps, one per node.

Kubernetes allows no underscores in names, so nodes are called by `kube_name` there. What a cluster would refuse all the same,
`problems` tells before anything is sent to one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from labgen.devices.base import Artifact
from labgen.devices.tools import ContainerNode
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.templating import render
from labgen.render import containerlab
from labgen.render.flow import flow

API_VERSIONS = ("c9s.run/v1alpha1", "clabernetes.containerlab.dev/v1alpha1")
"""What clabernetes serves from release 0.7 on, and what it did before."""

API_VERSION = API_VERSIONS[0]
RESERVED = ("host", "mgmt-net", "macvlan")
LABEL = 63
"""Longest name of a service or node (RFC 1123, RFC 1035 labels)."""

CONFIG_MAP = 1024 * 1024
"""Octets of all keys and values in a ConfigMap."""

OBJECT = 1536 * 1024
"""Octets in a request that etcd takes, unless its administrator said otherwise."""

_LINE = re.compile(r"\n(?=[^\n])")


class MapFile(NamedTuple):
    """One key of a ConfigMap and where its text goes in the launcher."""

    key: str
    path: str
    text: str
    mode: str

    @property
    def block(self) -> str:
        return _below(4, self.text)


class ConfigMap(NamedTuple):
    """Files of a node as Kubernetes holds them."""

    name: str
    node: str
    files: tuple[MapFile, ...]


def artifacts(
    plan: LabPlan, nodes: dict[str, ContainerNode] | None = None, clab: str = ""
) -> Iterator[Artifact]:
    """c9s.yml. `nodes` and `clab` save the work of `containerlab.containers` and `topology` where it is done already."""
    yield Artifact("c9s.yml", manifest(plan, nodes=nodes, clab=clab))


def manifest(
    plan: LabPlan,
    api_version: str = API_VERSION,
    nodes: dict[str, ContainerNode] | None = None,
    clab: str = "",
) -> str:
    """Text of c9s.yml for one of clabernetes' API groups. `clab` is clab.yml, which it holds where Kubernetes takes all names."""
    nodes = nodes or containerlab.containers(plan)
    same = clab and all(kube_name(name) == name for name in (plan.name, *nodes))
    topology = clab if same else containerlab.topology(plan, nodes, kube_name)
    maps = _config_maps(plan, nodes)
    return render(
        "c9s/c9s.yml.j2",
        topology_name=flow(kube_name(plan.name)),
        api_version=api_version,
        problems=_problems(plan, maps, topology),
        maps=[found._replace(node=flow(found.node)) for found in maps if found.files],
        topology=_below(6, topology),
    )


def problems(plan: LabPlan) -> tuple[str, ...]:
    """Names and sizes that Kubernetes would refuse, each with what to do about it."""
    nodes = containerlab.containers(plan)
    return _problems(plan, _config_maps(plan, nodes), containerlab.topology(plan, nodes, kube_name))


def _names(plan: LabPlan) -> Iterator[str]:
    """Every node of the topology, bridges that stand for LANs among them."""
    yield from (node.name for node in plan.nodes)
    yield from containerlab.lan_names(plan)


def _problems(plan: LabPlan, maps: list[ConfigMap], topology: str) -> tuple[str, ...]:
    return (*_bad_names(plan), *_same_names(plan), *_too_large(maps, topology))


def _bad_names(plan: LabPlan) -> Iterator[str]:
    """clabernetes makes services `<topology>-<node>-vx`; names of services start with a letter."""
    lab = kube_name(plan.name)
    if not re.match("[a-z]", lab):
        yield f"the lab's name `{plan.name}` has to start with a letter"
    longest = max((kube_name(name) for name in _names(plan)), key=len)
    excess = len(f"{lab}-{longest}-vx") - LABEL
    if excess > 0:
        yield f"the names of the lab and of {longest} are together {excess} characters too long: shorten `{plan.name}`"


def _same_names(plan: LabPlan) -> Iterator[str]:
    called: dict[str, list[str]] = {}
    for name in _names(plan):
        called.setdefault(kube_name(name), []).append(name)
    for name, same in called.items():
        if name in RESERVED:
            yield f"`{name}` is no name for a node: it means something else at the end of a link"
        if len(same) > 1:
            yield f"{' and '.join(same)} are both called `{name}` there: rename one"


def _too_large(maps: list[ConfigMap], topology: str) -> Iterator[str]:
    for found in maps:
        size = sum(len(file.key) + len(file.text.encode()) for file in found.files)
        if size > CONFIG_MAP:
            yield f"the files of {found.node} are {size} octets, and a ConfigMap holds {CONFIG_MAP}"
    size = len(topology.encode()) + sum(_mount_size(found) for found in maps)
    if size > OBJECT:
        yield f"the topology is {size} octets, and etcd takes objects up to {OBJECT}: build a lab of fewer nodes"


def _mount_size(found: ConfigMap) -> int:
    """Octets that mounting a ConfigMap's files takes in the Topology, as JSON."""
    own = len('{"filePath":"","configMapName":"","configMapPath":"","mode":"execute"},')
    return sum(own + len(file.path) + len(file.key) + len(found.name) for file in found.files)


@cache
def kube_name(name: str) -> str:
    """A name Kubernetes accepts (RFC 1123 label)."""
    return re.sub(r"[^a-z0-9-]+", "-", name.lower()).strip("-")[:63]


def _config_maps(plan: LabPlan, nodes: dict[str, ContainerNode]) -> list[ConfigMap]:
    return [_config_map(plan, node, nodes[node.name]) for node in plan.nodes]


def _config_map(plan: LabPlan, node: NodePlan, container: ContainerNode) -> ConfigMap:
    texts = {artifact.path: artifact for artifact in (*container.config, *container.files)}
    wanted = [source for source, _ in container.binds]
    wanted += [container.startup_config] if container.startup_config else []
    name = kube_name(f"{plan.name}-{node.name}")
    return ConfigMap(name, kube_name(node.name), tuple(_file(texts[path]) for path in dict.fromkeys(wanted)))


def _below(columns: int, text: str) -> str:
    """A text as the lines of a YAML block: all but empty ones begin so far to the right."""
    return " " * columns + _LINE.sub("\n" + " " * columns, text)


def _file(artifact: Artifact) -> MapFile:
    key = re.sub(r"[^A-Za-z0-9._-]", "-", artifact.path)
    return MapFile(key, artifact.path, artifact.text, "execute" if artifact.mode & 0o100 else "read")
