"""The API of clabernetes in a cluster: its group was renamed between releases 0.6 and 0.7."""

from __future__ import annotations

import os
from dataclasses import dataclass

from labgen.ground.errors import LabStartError, UsageError
from labgen.lab.clabernetes.kubectl import PATIENCE, Kubectl

GROUPS = {
    "c9s.run": "c9s.run/topologyNode",
    "clabernetes.containerlab.dev": "clabernetes/topologyNode",
}
"""API groups, the newer first -> label that launcher pods carry their node's name in."""

INSTALL = "helm upgrade --install --create-namespace -n c9s clabernetes oci://ghcr.io/clabernetes/clabernetes/clabernetes --version 0.8.0"


@dataclass(frozen=True, slots=True)
class Api:
    """An `apiVersion`, such as c9s.run/v1alpha1."""

    version: str

    @property
    def resource(self) -> str:
        """The full name of topologies, for kubectl."""
        return f"topologies.{self.version.partition('/')[0]}"

    @property
    def node_label(self) -> str:
        return GROUPS[self.version.partition("/")[0]]


def detect(kubectl: Kubectl) -> Api:
    """The API that the cluster serves, or that LABGEN_C9S_API says. LabStartError where there is no clabernetes labgen can drive."""
    wanted = os.environ.get("LABGEN_C9S_API", "")
    if wanted:
        if wanted.partition("/")[0] not in GROUPS:
            raise UsageError(
                f"LABGEN_C9S_API={wanted}: use one of " + ", ".join(f"{each}/v1alpha1" for each in GROUPS)
            )
        return Api(wanted)
    kinds = _kinds(kubectl)
    if ("c9s.run", "NodeProfile") in kinds:
        raise LabStartError(
            "this clabernetes runs nodes as pods of their own, without a launcher (0.9 and later), which labgen does not "
            f"know how to reach; use 0.8, on a cluster of its own: {INSTALL}"
        )
    for group in GROUPS:
        if (group, "Topology") in kinds:
            return Api(kinds[group, "Topology"])
    raise LabStartError(f"the cluster has no clabernetes ({' or '.join(GROUPS)}); install it: {INSTALL}")


def _kinds(kubectl: Kubectl) -> dict[tuple[str, str], str]:
    """API group and kind -> apiVersion of everything the cluster serves."""
    lines = kubectl.must("api-resources", "--no-headers", PATIENCE).splitlines()
    # NAME [SHORTNAMES] APIVERSION NAMESPACED KIND
    rows = [line.split() for line in lines if len(line.split()) >= 4]
    return {(row[-3].partition("/")[0], row[-1]): row[-3] for row in rows}
