"""Cables on the ports of a network device, which its own command line pulls and puts back."""

from __future__ import annotations

from collections.abc import Callable

from labgen.devices.base import Action
from labgen.plan.model import InterfacePlan, NodePlan, Role


def actions(
    node: NodePlan, down: Callable[[str], tuple[str, ...]], up: Callable[[str], tuple[str, ...]]
) -> dict[str, Action]:
    """`unplug-<node>` and `plug-<node>` for everything that hangs on a switch; both take a port's name."""
    found: dict[str, Action] = {}
    for port in _client_ports(node):
        for neighbor in port.neighbors:
            found[f"unplug-{neighbor.node}"] = Action(down(port.name), undo="plug")
            found[f"plug-{neighbor.node}"] = Action(up(port.name))
    return found


def _client_ports(node: NodePlan) -> tuple[InterfacePlan, ...]:
    """Ports of a switch towards clients."""
    if node.role is not Role.SWITCH:
        return ()
    return tuple(port for port in node.interfaces if port.kind in ("access", "lan"))
