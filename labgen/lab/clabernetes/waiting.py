"""Waiting until clabernetes has made what a Topology asks for."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

from labgen.errors import LabStartError
from labgen.lab.clabernetes.api import Api
from labgen.lab.clabernetes.kubectl import Kubectl
from labgen.lab.deadline import Deadline

PAUSE = 1.0
HOPELESS = ("ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError", "CrashLoopBackOff")
"""Why a container waits, where waiting longer will hardly help."""

CRASHES = 3
"""A launcher that ended this often will go on doing so; before, another node may just have been late."""


def launched(kubectl: Kubectl, api: Api, name: str, nodes: Sequence[str], deadline: Deadline) -> None:
    """Wait until the Topology `name` calls itself ready, and every node has a ready launcher.

    LabStartError tells what the cluster says about those that have none.
    """
    while True:
        status = _status(kubectl, api, name)
        if status.get("error") or status.get("topologyState") == "deployfailed":
            raise LabStartError(f"clabernetes refuses {name}: {status.get('error') or 'deployment failed'}")
        pods = {
            pod["metadata"]["labels"][api.node_label]: pod
            for pod in kubectl.items("pods", "-l", api.node_label)
        }
        late = [node for node in nodes if not _ready(pods.get(node))]
        if status.get("topologyReady") and not late:
            return
        hopeless = [node for node in late if node in pods and any(_hopeless(pods[node]))]
        if hopeless or deadline.over:
            raise LabStartError(_why(kubectl, status, pods, hopeless or late, deadline))
        time.sleep(PAUSE)


def _status(kubectl: Kubectl, api: Api, name: str) -> dict[str, Any]:
    return dict(json.loads(kubectl.must("get", api.resource, name, "-o", "json")).get("status") or {})


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
    kubectl: Kubectl, status: dict[str, Any], pods: dict[str, Any], late: Sequence[str], deadline: Deadline
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
        lines.append(f"  {node}: {'; '.join(reasons)[:400] or 'starting'}")
    first = next((pods[node] for node in late if node in pods), None)
    if first is not None:
        lines.append(_last_words(kubectl, first["metadata"]["name"]))
    return "\n".join(lines)


def _last_words(kubectl: Kubectl, pod: str) -> str:
    """Of the launcher that runs, or of the one that ended last."""
    text = b""
    for previous in ((), ("--previous",)):
        text = text or kubectl.run("logs", pod, "--tail", "8", *previous).stdout.strip()
    return f"the last words of {pod}:\n{text.decode('utf-8', 'replace')}"
