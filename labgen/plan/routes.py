"""Static routes where OSPF does not run: servers to their switches, switches to their servers, and a whole static underlay."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from labgen.ground.labplan import InterfacePlan, StaticRoute
from labgen.ground.vocabulary import DEFAULT_VRF, Network, Role
from labgen.plan.interfaces import Interfaces
from labgen.plan.ledger import Ledger

EVERYWHERE = IPv4Network("0.0.0.0/0")


def of(ledger: Ledger, interfaces: Interfaces, node: str) -> Iterator[StaticRoute]:
    """The static routes of a node, the metric by the order of its links."""
    links = [port for port in interfaces.by_node[node] if port.kind == "p2p"]
    if ledger.roles[node] is Role.SERVER:
        for number, port in enumerate(links):
            yield _over(port, EVERYWHERE, interfaces, node, 100 * number)
        return
    for port in links:
        other = port.neighbors[0].node
        if ledger.roles[other] is Role.SERVER:
            yield _over(port, interfaces.loopback(other).network, interfaces, node)
    if ledger.spec.underlay.protocol == "static":
        yield from _everything(ledger, interfaces, node, links)


def _over(
    port: InterfacePlan, prefix: Network, interfaces: Interfaces, node: str, metric: int = 0
) -> StaticRoute:
    return StaticRoute(
        prefix=prefix, interface=port.linux, via=interfaces.far_address(node, port), metric=metric
    )


def _everything(
    ledger: Ledger, interfaces: Interfaces, node: str, links: list[InterfacePlan]
) -> Iterator[StaticRoute]:
    """The nearest way to what other switches have: loopbacks, links to servers, segments of the global table."""
    own = {network for port in interfaces.by_node[node] if port.address for network in [port.address.network]}
    own |= {each.network for port in interfaces.by_node[node] for each in port.secondary}
    own |= {
        interfaces.loopback(port.neighbors[0].node).network
        for port in links
        if ledger.roles[port.neighbors[0].node] is Role.SERVER
    }
    seen = set(own)
    for switch, port in _nearest(ledger, node, links):
        for prefix in _had(ledger, interfaces, switch):
            if prefix not in seen:
                seen.add(prefix)
                yield _over(port, prefix, interfaces, node)


def _had(ledger: Ledger, interfaces: Interfaces, switch: str) -> Iterator[Network]:
    yield interfaces.loopback(switch).network
    for port in interfaces.by_node[switch]:
        if port.vrf == DEFAULT_VRF and port.address and not port.unnumbered:
            yield port.address.network
            yield from (each.network for each in port.secondary)
        for neighbor in port.neighbors if port.kind == "p2p" else ():
            if ledger.roles[neighbor.node] is Role.SERVER:
                yield interfaces.loopback(neighbor.node).network
    for name in ledger.segments_of[switch]:
        segment = ledger.spec.segments[name]
        if segment.unnumbered and segment.vrf == DEFAULT_VRF:
            yield ledger.prefixes[name]


def _nearest(ledger: Ledger, start: str, links: list[InterfacePlan]) -> Iterator[tuple[str, InterfacePlan]]:
    """Other switches, nearest first, with the port that leads to each."""
    near: dict[str, list[str]] = {}
    for link in ledger.links:
        if link.routed and set(link.nodes) <= set(ledger.spec.switches):
            one, other = link.nodes
            near.setdefault(one, []).append(other)
            near.setdefault(other, []).append(one)
    found = {start}
    waiting = [(port.neighbors[0].node, port) for port in links if port.neighbors[0].node in near]
    while waiting:
        switch, port = waiting.pop(0)
        if switch in found:
            continue
        found.add(switch)
        yield switch, port
        waiting += [(other, port) for other in near[switch] if other not in found]
