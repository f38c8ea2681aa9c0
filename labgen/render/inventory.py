"""Nornir SimpleInventory files. labgen itself reads the same folder through its LabgenInventory plugin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from labgen.devices import registry
from labgen.devices.base import Artifact
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.render.flow import Value, block


def artifacts(plan: LabPlan) -> Iterator[Artifact]:
    """hosts.yml, groups.yml, defaults.yml below `inventory/`."""
    yield Artifact("inventory/hosts.yml", _document({node.name: host(node) for node in plan.nodes}))
    yield Artifact("inventory/groups.yml", _document(groups(plan)))
    yield Artifact("inventory/defaults.yml", _document({"data": {"lab": plan.name}}))


def host(node: NodePlan) -> dict[str, Value]:
    """One host: its management address, and its role and device as groups (named apart, since a device may be called like a role)."""
    return {
        "hostname": str(node.mgmt.ip),
        "groups": [f"role_{node.role.value}", f"device_{node.device}"],
        "data": {
            "role": node.role.value,
            "device": node.device,
            "id": node.id,
            "loopback": str(node.loopback.ip) if node.loopback else None,
        },
    }


def groups(plan: LabPlan) -> dict[str, Value]:
    """Nornir's groups: one for each role and each device of the plan."""
    found: dict[str, Value] = {
        f"role_{role}": {} for role in sorted({node.role.value for node in plan.nodes})
    }
    for name in sorted({node.device for node in plan.nodes}):
        found[f"device_{name}"] = {"platform": registry.get(name).facts.netmiko}
    return found


def _document(data: Mapping[str, Value]) -> str:
    return "---\n" + block(data)
