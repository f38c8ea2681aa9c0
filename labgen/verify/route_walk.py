"""Follows packets for an address from node to node, by the routing tables that were collected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_network

from labgen.devices.observed import Route
from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import DEFAULT_VRF, Address


@dataclass(frozen=True, slots=True)
class RoutingLoop:
    """Nodes that send packets for an address round and round, the one with the most specific route first, and that route."""

    nodes: tuple[str, ...]
    route: Route


def loop(plan: LabPlan, routes: Iterable[Route], start: str, address: Address) -> RoutingLoop | None:
    """The loop that packets from a node for an address of the default VRF get into; None where the tables tell of none."""
    tables: dict[str, list[Route]] = {}
    for route in routes:
        if route.vrf == DEFAULT_VRF:
            tables.setdefault(route.node, []).append(route)
    return _follow(plan, tables, address, (start,), ())


def _follow(
    plan: LabPlan,
    tables: dict[str, list[Route]],
    address: Address,
    nodes: tuple[str, ...],
    taken: tuple[Route, ...],
) -> RoutingLoop | None:
    """All equally good ways on; the first of them that comes back to where it was."""
    if address in plan.node(nodes[-1]).addresses:
        return None
    for route in _best(tables.get(nodes[-1], []), address):
        after = _at(plan, route.via)
        if after is None:
            continue
        if after in nodes:
            return _looped(nodes[nodes.index(after) :], (*taken, route)[nodes.index(after) :])
        found = _follow(plan, tables, address, (*nodes, after), (*taken, route))
        if found is not None:
            return found
    return None


def _best(routes: Iterable[Route], address: Address) -> tuple[Route, ...]:
    """The most specific of a node's routes that lead to an address: tables are long, and read only at nodes that the way comes by."""
    known = [(ip_network(route.prefix, strict=False), route) for route in routes]
    fitting = [(prefix.prefixlen, route) for prefix, route in known if address in prefix]
    longest = max((length for length, _ in fitting), default=0)
    return tuple(route for length, route in fitting if length == longest)


def _length(route: Route) -> int:
    return ip_network(route.prefix, strict=False).prefixlen


def _at(plan: LabPlan, via: str | None) -> str | None:
    """The node that has a next hop's address; None where that cannot be told."""
    if via is None:
        return None
    ports = (
        (node.name, port.address)
        for node in plan.nodes
        for port in node.interfaces
        if port.vrf == DEFAULT_VRF
    )
    return next((name for name, address in ports if address is not None and str(address.ip) == via), None)


def _looped(nodes: tuple[str, ...], routes: tuple[Route, ...]) -> RoutingLoop:
    odd = max(range(len(nodes)), key=lambda n: _length(routes[n]))
    return RoutingLoop((*nodes[odd:], *nodes[:odd]), routes[odd])
