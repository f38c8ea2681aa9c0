"""`kubectl apply` of a lab folder's c9s.yml into a namespace of its own, and the end of that namespace."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import re
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from labgen.ground.errors import InputError, LabStartError
from labgen.ground.labplan import LabPlan
from labgen.lab.clabernetes import captures, waiting
from labgen.lab.clabernetes.api import detect
from labgen.lab.clabernetes.cluster import Cluster
from labgen.lab.clabernetes.kubectl import ANSWER, Kubectl
from labgen.lab.containerlab.provider import source
from labgen.lab.containers import ready
from labgen.lab.containers.provider import ContainerProvider
from labgen.lab.containers.register import Entry
from labgen.lab.containers.site import Site
from labgen.lab.containers.tool import Tell
from labgen.lab.deadline import Deadline
from labgen.render import clabernetes, containerlab
from labgen.render.clabernetes import kube_name

NAME = "clabernetes"
MANIFEST = "c9s.yml"
LAUNCH = 480.0
"""Seconds until launchers run: their image is half a gigabyte, and each starts a Docker engine and loads the node's image."""

ENDING = 300
"""Seconds until a namespace is gone."""

_IMAGE = re.compile(r'^ +image: "(?=[^./"]*[:/])(?![^/"]*:[0-9]+/)(?!localhost/)', re.MULTILINE)
"""Before an image whose first part is no host, by Docker's rule: it has a dot or a port, or is localhost."""


@dataclass(frozen=True, slots=True)
class Clabernetes:
    """clabernetes as a `Tool`."""

    @property
    def name(self) -> str:
        return NAME

    def site(self, plan: LabPlan, folder: Path) -> Cluster:
        """LabStartError where the cluster would refuse the lab."""
        refused = clabernetes.problems(plan)
        if refused:
            raise LabStartError(
                f"Kubernetes cannot run {plan.name}:\n" + "\n".join(f"  {text}" for text in refused)
            )
        kubectl = replace(Kubectl.current(), namespace=namespace(plan.name, folder))
        return Cluster(kubectl, detect(kubectl))

    def site_of(self, entry: Entry) -> Cluster:
        return Cluster.of(entry.place)

    def images(self, plan: LabPlan) -> Mapping[str, str]:
        nodes = containerlab.containers(plan)
        return {container.image: source(plan.node(name).device) for name, container in nodes.items()}

    def require_free(self, plan: LabPlan, folder: Path, site: Site) -> None:
        """LabStartError where the cluster still has an earlier lab of this folder."""
        assert isinstance(site, Cluster)
        name = site.kubectl.namespace
        if site.kubectl.must("get", "namespace", name, "--ignore-not-found", "-o", "name").strip():
            raise LabStartError(
                f"the cluster still has namespace {name}, from a lab of this folder that was lost sight of; "
                f"end it: kubectl delete namespace {name}"
            )

    def start(self, plan: LabPlan, folder: Path, site: Site, tell: Tell) -> Iterator[str]:
        assert isinstance(site, Cluster)
        site.kubectl.must("create", "-f", "-", text=_namespace(site.kubectl.namespace))
        # Client-side apply would keep a copy of each object in an annotation, where it has to fit into 256 KiB.
        site.kubectl.must("apply", "--server-side", "-f", "-", text=manifest(folder, site.api.version))
        yield "topology"
        deadline = Deadline.patient(LAUNCH + ready.limit(plan.nodes))
        bridges = {name: kube_name(name) for name in containerlab.lan_names(plan)}
        waiting.launched(site, kube_name(plan.name), {**self.containers(plan), **bridges}, deadline)
        yield "launchers"

    def tests(self, plan: LabPlan) -> Mapping[str, str]:
        """Release 0.8 leaves health checks out of what it gives to containerlab."""
        return containerlab.ready_tests(plan)

    def captured(self, folder: Path) -> str:
        return captures.FOLDER

    def stop(self, folder: Path, entry: Entry) -> None:
        cluster = Cluster.of(entry.place)
        name = cluster.kubectl.namespace
        cluster.kubectl.must(
            "delete",
            "namespace",
            name,
            "--ignore-not-found",
            "--wait",
            f"--timeout={ENDING}s",
            seconds=ENDING + ANSWER,
        )

    def undo(self, folder: Path, entry: Entry) -> None:
        self.stop(folder, entry)

    def containers(self, plan: LabPlan) -> dict[str, str]:
        """clabernetes tells containerlab to put nothing before the names."""
        return {node.name: kube_name(node.name) for node in plan.nodes}

    def network(self, plan: LabPlan) -> str:
        """Every launcher has its own."""
        return ""

    def addresses(self, folder: Path, adopted: bool) -> dict[str, str]:
        return {}

    def by_hand(self, folder: Path) -> None:
        """Only labgen knows the namespace of a lab."""


def namespace(lab: str, folder: Path) -> str:
    """One per lab folder: labs of the same name, of several people, run side by side in one cluster."""
    owner = f"{getpass.getuser()}@{socket.gethostname()}:{folder.resolve()}"
    return f"labgen-{kube_name(lab)[:40].strip('-')}-{hashlib.sha256(owner.encode()).hexdigest()[:8]}"


def _namespace(name: str) -> str:
    """Launchers are privileged, which clusters that enforce Pod Security Standards allow by this label alone."""
    labels = {"app.kubernetes.io/managed-by": "labgen", "pod-security.kubernetes.io/enforce": "privileged"}
    return json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})


def manifest(folder: Path, api_version: str) -> str:
    """c9s.yml as the user left it, for the API group the cluster serves, with images that name no registry from LABGEN_REGISTRY."""
    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{folder} has no {MANIFEST}; build it again with `labgen build`") from None
    for known in clabernetes.API_VERSIONS:
        text = text.replace(f"apiVersion: {known}\n", f"apiVersion: {api_version}\n")
    registry = os.environ.get("LABGEN_REGISTRY", "").rstrip("/")
    return _IMAGE.sub(rf"\g<0>{registry}/", text) if registry else text


class ClabernetesProvider(ContainerProvider):
    """Labs run by clabernetes."""

    def __init__(self) -> None:
        super().__init__(Clabernetes())
