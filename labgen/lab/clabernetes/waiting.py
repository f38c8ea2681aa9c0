"""Waiting until clabernetes has made what a Topology asks for."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from labgen.ground.errors import LabStartError
from labgen.lab.clabernetes.cluster import Cluster
from labgen.lab.clabernetes.kubectl import Kubectl
from labgen.lab.deadline import Deadline
from labgen.render.clabernetes import kube_name

PAUSE = 1.0
HOPELESS = ("ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError", "CrashLoopBackOff")
"""Why a container waits, where waiting longer will hardly help."""

CRASHES = 3
"""A launcher that ended this often will go on doing so; before, another node may just have been late."""


def launched(cluster: Cluster, name: str, containers: Mapping[str, str], deadline: Deadline) -> None:
    """Wait until the Topology `name` calls itself ready, and in every node's launcher the node's container runs.

    LabStartError tells what the cluster says about those where it does not.
    """
    label = cluster.api.node_label
    while True:
        status = _status(cluster, name)
        if status.get("error") or status.get("topologyState") == "deployfailed":
            raise LabStartError(f"clabernetes refuses {name}: {status.get('error') or 'deployment failed'}")
        pods = {pod["metadata"]["labels"][label]: pod for pod in cluster.kubectl.items("pods", "-l", label)}
        late = [node for node in containers if not _ready(pods.get(kube_name(node)))]
        if status.get("topologyReady") and not late:
            late = _without_container(cluster, containers)
            if not late:
                return
        late = [kube_name(node) for node in late]
        hopeless = [node for node in late if node in pods and any(_hopeless(pods[node]))]
        if hopeless or deadline.over:
            raise LabStartError(_why(cluster, status, pods, hopeless or late, deadline))
        time.sleep(PAUSE)


def _without_container(cluster: Cluster, containers: Mapping[str, str]) -> list[str]:
    """A launcher is called ready before it has loaded the node's image. A new look, as launchers may have been replaced."""
    states = replace(cluster).states(containers)
    return [node for node in containers if node not in states or not states[node].running]


def _status(cluster: Cluster, name: str) -> dict[str, Any]:
    text = cluster.kubectl.must("get", cluster.api.resource, name, "-o", "json")
    return dict(json.loads(text).get("status") or {})


def _ready(pod: Any) -> bool:
    states = pod["status"].get("containerStatuses", []) if pod else []
    return bool(states) and all(state["ready"] for state in states)


def _waiting(pod: Any) -> Iterator[tuple[str, str, int]]:
    """Reason, message and restarts of every container that waits, and why the pod has no place."""
    for state in pod["status"].get("containerStatuses", []):
        waiting = state["state"].get("waiting")
        if waiting:
            yield waiting.get("reason", ""), waiting.get("message", ""), state.get("restartCount", 0)
    for condition in pod["status"].get("conditions", []):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            yield condition.get("reason", ""), condition.get("message", ""), 0


def _hopeless(pod: Any) -> Iterator[str]:
    for reason, _, restarts in _waiting(pod):
        if reason in HOPELESS and (reason != "CrashLoopBackOff" or restarts >= CRASHES):
            yield reason


def _why(
    cluster: Cluster, status: dict[str, Any], pods: dict[str, Any], late: Sequence[str], deadline: Deadline
) -> str:
    if not status:
        return (
            f"nothing took up the topology within {deadline.seconds:.0f} s: does the clabernetes manager run? "
            "kubectl get pods -A -l app.kubernetes.io/name=clabernetes"
        )
    lines = [
        f"launchers are not ready, waited up to {deadline.seconds:.0f} s: {', '.join(late) or 'unknown'}"
    ]
    for node in late[:3]:
        reasons = (
            [f"{reason}: {text}" for reason, text, _ in _waiting(pods[node])] if node in pods else ["no pod"]
        )
        lines.append(f"  {node}: {'; '.join(reasons)[:400] or 'no container yet'}")
    first = next((pods[node] for node in late if node in pods), None)
    if first is not None:
        lines.append(_last_words(cluster.kubectl, first["metadata"]["name"]))
    return "\n".join(lines)


def _last_words(kubectl: Kubectl, pod: str) -> str:
    """Of the launcher that runs, or of the one that ended last."""
    text = b""
    for previous in ((), ("--previous",)):
        text = text or kubectl.run("logs", pod, "--tail", "8", *previous).stdout.strip()
    return f"the last words of {pod}:\n{text.decode('utf-8', 'replace')}"
