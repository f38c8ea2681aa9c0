"""The gateway address of a virtual router on FRR: given up and taken again."""

from __future__ import annotations

from labgen.devices.base import Action
from labgen.ground.labplan import InterfacePlan, NodePlan
from labgen.ground.vocabulary import DEFAULT_VRF


def actions(node: NodePlan) -> dict[str, Action]:
    """`stop-gateway`: the switch takes no part in its virtual routers; `start-gateway` takes that back."""
    ports = [port for port in node.interfaces if port.vrrp]
    if not ports:
        return {}
    return {
        "stop-gateway": Action(tuple(_shut(port, "") for port in ports), undo="start-gateway"),
        "start-gateway": Action(tuple(_shut(port, "no ") for port in ports)),
    }


def _shut(port: InterfacePlan, no: str) -> str:
    assert port.vrrp is not None
    vrf = "" if port.vrf == DEFAULT_VRF else f" vrf {port.vrf}"
    command = f"{no}vrrp {port.vrrp.group} shutdown"
    return f"vtysh -c 'configure terminal' -c 'interface {port.linux}{vrf}' -c '{command}'"
