"""Ports of Linux switches as cables: pulled and put back."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.devices.base import Action
from labgen.ground.labplan import InterfacePlan, NodePlan
from labgen.ground.vocabulary import DEFAULT_VRF


def actions(node: NodePlan) -> dict[str, Action]:
    """`unplug-<client>` and `plug-<client>` for every neighbor on a client-facing port. The kernel drops a port's static routes with
    its carrier; a router that has them configured puts them back.
    """
    found: dict[str, Action] = {}
    for port, neighbor in _cables(node):
        down, up = _set(port, "down"), _set(port, "up")
        found[f"unplug-{neighbor}"] = Action((down,), undo="plug")
        found[f"plug-{neighbor}"] = Action((up, *_routes(node, port)))
    return found


def _routes(node: NodePlan, port: InterfacePlan) -> Iterator[str]:
    for route in node.routes:
        if route.interface == port.linux and route.vrf == port.vrf == DEFAULT_VRF:
            via = f" via {route.via}" if route.via else ""
            metric = f" metric {route.metric}" if route.metric else ""
            yield f"ip route replace {route.prefix} dev {port.linux}{via}{metric} proto static"


def _cables(node: NodePlan) -> Iterator[tuple[InterfacePlan, str]]:
    for port in node.interfaces:
        if port.kind in ("access", "lan"):
            yield from ((port, neighbor.node) for neighbor in port.neighbors)


def _set(port: InterfacePlan, state: str) -> str:
    """The port is a device of the VRF's namespace where VRFs are namespaces, else of the node's own."""
    command = f"ip link set dev {port.linux} {state}"
    if port.vrf == DEFAULT_VRF:
        return command
    return f"{command} 2>/dev/null || ip netns exec {port.vrf} {command}"
