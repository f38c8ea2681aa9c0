"""Nodes as a report shows them: who they are in an exchange."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from labgen.ground.labplan import LabPlan, NodePlan, RelayPlan, ScopePlan
from labgen.ground.vocabulary import DEFAULT_VRF


@dataclass(frozen=True, slots=True)
class NodeLine:
    """`address` is what other nodes know it by, empty for a client. `duties` say what it does for DHCP."""

    name: str
    role: str
    device: str
    address: str
    duties: tuple[str, ...]


def nodes(plan: LabPlan, macs: Mapping[str, str] | None = None) -> tuple[NodeLine, ...]:
    """All nodes in id order. `macs` names the node of each MAC address that was found, where that is not the planned one."""
    found = {node: mac for mac, node in (macs or {}).items()}
    return tuple(_line(node, found.get(node.name)) for node in plan.nodes)


def _line(node: NodePlan, mac: str | None) -> NodeLine:
    address = (
        node.server.address
        if node.server
        else node.loopback.ip
        if node.loopback and not node.client
        else None
    )
    return NodeLine(
        node.name,
        node.role.value,
        node.device,
        "" if address is None else str(address),
        tuple(_duties(node, mac)),
    )


def _duties(node: NodePlan, mac: str | None) -> Iterator[str]:
    """`mac` is a client's own, which has one port."""
    yield from (_relay(relay) for relay in node.relays)
    if node.server:
        yield from (_scope(scope) for scope in node.server.scopes)
    if node.client:
        port = node.interface(node.client.interface)
        yield f"asks on {port.name} of segment {node.client.segment}{_vrf(port.vrf)}, MAC {mac or port.mac}"


def _relay(relay: RelayPlan) -> str:
    targets = ", ".join(
        [*(f"{target.server} {target.address}" for target in relay.targets), *map(str, relay.helpers)]
    )
    vrfs = {target.vrf for target in relay.targets}
    beyond = f" in VRF {vrfs.pop()}" if len(vrfs) == 1 and relay.inter_vrf else ""
    options = f"; adds {', '.join(relay.options)}" if relay.options else ""
    return (
        f"relays {relay.segment} from {relay.interface}{_vrf(relay.vrf)} to {targets}{beyond}; "
        f"giaddr {relay.giaddr}{options}"
    )


def _scope(scope: ScopePlan) -> str:
    ranges = ", ".join(str(r) if r.size > 1 else str(r.first) for r in scope.every_range) or "no address"
    return f"leases {ranges} on {scope.segment}{_vrf(scope.vrf)}"


def _vrf(name: str) -> str:
    return "" if name == DEFAULT_VRF else f" in VRF {name}"
