"""A cluster as the site of a lab: one launcher pod per node, with a Docker engine inside that runs the node's container."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from labgen.ground.errors import LabNotUpError
from labgen.ground.labplan import LabPlan
from labgen.lab.clabernetes import captures, tunnel
from labgen.lab.clabernetes.api import Api
from labgen.lab.clabernetes.kubectl import Kubectl
from labgen.lab.containers.engine import Engine, Host, State
from labgen.render.clabernetes import kube_name

WORKERS = 8


@dataclass(frozen=True)
class Cluster:
    """The namespace of a lab. `kubectl` leads to it; `api` is what clabernetes serves there."""

    kubectl: Kubectl
    api: Api

    @property
    def place(self) -> dict[str, str]:
        return {
            "config": self.kubectl.config,
            "context": self.kubectl.context,
            "namespace": self.kubectl.namespace,
            "api": self.api.version,
        }

    @classmethod
    def of(cls, place: Mapping[str, str]) -> Cluster:
        """MissingToolError where the cluster does not answer."""
        return cls(Kubectl.of(place["config"], place["context"], place["namespace"]), Api(place["api"]))

    @cached_property
    def launchers(self) -> Mapping[str, Host]:
        """The hosts that run commands in each launcher, by its node's name in the cluster. Asked once."""
        label = self.api.node_label
        pods = self.kubectl.items("pods", "-l", label)
        return {
            pod["metadata"]["labels"][label]: self._host(
                pod["metadata"]["name"], pod["spec"]["containers"][0]["name"]
            )
            for pod in pods
            if "deletionTimestamp" not in pod["metadata"]
        }

    def _host(self, pod: str, container: str) -> Host:
        command, where = (*self.kubectl.command, "exec"), (pod, "-c", container, "--")
        return Host((*command, *where), (*command, "-i", *where), (*command, "-it", *where))

    def host(self, node: str) -> Host:
        """The launcher of a node; LabNotUpError where it is gone."""
        try:
            return self.launchers[kube_name(node)]
        except KeyError:
            raise LabNotUpError(
                f"{node} has no launcher any more; look at: kubectl -n {self.kubectl.namespace} get pods"
            ) from None

    def engine(self, node: str) -> Engine:
        return Engine(("docker",), self.host(node))

    def require(self, plan: LabPlan) -> None:
        """The kernels of a cluster's nodes are not asked; the launcher's image has tcpdump."""

    def has_image(self, name: str) -> bool:
        """A cluster fetches images when it needs them; only then it shows which ones it cannot."""
        return True

    def alive(self, containers: Mapping[str, str]) -> bool:
        return bool(self.launchers)

    def states(self, containers: Mapping[str, str]) -> Mapping[str, State]:
        def state(node: str) -> State | None:
            return self.engine(node).states([containers[node]]).get(containers[node])

        with ThreadPoolExecutor(WORKERS) as pool:
            found = dict(zip(containers, pool.map(state, containers), strict=True))
        return {node: each for node, each in found.items() if each is not None}

    def connect(self, node: str, address: str, port: int) -> socket.socket:
        return tunnel.connect(self.host(node).piped, address, port)

    def start_captures(
        self, plan: LabPlan, states: Mapping[str, State], captured: str, already: tuple[int, ...] = ()
    ) -> tuple[int, ...]:
        """Starts captures in the launchers: a stream out of the cluster for every port would not outlive a bad connection."""
        with ThreadPoolExecutor(WORKERS) as pool:
            nodes = [node for node in plan.nodes if node.name in states]
            list(
                pool.map(
                    lambda node: captures.start(node, self.host(node.name), states[node.name].pid, captured),
                    nodes,
                )
            )
        return ()

    def save_captures(self, plan: LabPlan, captured: str, target: Path) -> tuple[Path, ...]:
        target.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(WORKERS) as pool:
            saved = pool.map(
                lambda node: captures.save(node, self.host(node.name), captured, target), plan.nodes
            )
            return tuple(sorted(file for files in saved for file in files))
