"""The clients that a reservation by circuit-id is for: those whose relays send it."""

from __future__ import annotations

from labgen.devices import registry
from labgen.devices.linux.pairing import identifier
from labgen.ground.labplan import LabPlan, NodePlan, RelayPlan, ReservationPlan, ScopePlan
from labgen.ground.vocabulary import RelayOption


def placed(plan: LabPlan) -> LabPlan:
    """The plan with the clients of every reservation by circuit-id; the same plan where there is none."""
    servers = [node for node in plan.nodes if node.server]
    if not any(each.circuit_id for node in servers for scope in _scopes(node) for each in scope.reservations):
        return plan
    nodes = tuple(_node(plan, node) if node.server else node for node in plan.nodes)
    every = {
        name: getattr(plan, name) for name in LabPlan.model_fields
    }  # a copy would keep what was looked up by name
    return LabPlan(**every | {"nodes": nodes})


def _scopes(node: NodePlan) -> tuple[ScopePlan, ...]:
    return node.server.scopes if node.server else ()


def _node(plan: LabPlan, node: NodePlan) -> NodePlan:
    scopes = tuple(
        scope.model_copy(
            update={"reservations": tuple(_reservation(plan, scope, each) for each in scope.reservations)}
        )
        for scope in _scopes(node)
    )
    assert node.server is not None
    return node.model_copy(update={"server": node.server.model_copy(update={"scopes": scopes})})


def _reservation(plan: LabPlan, scope: ScopePlan, each: ReservationPlan) -> ReservationPlan:
    if not each.circuit_id:
        return each
    wanted = identifier(each.circuit_id)
    behind = tuple(
        client
        for client in plan.segment(scope.segment).clients
        if any(wanted == sent(plan, client, switch, relay) for switch, relay in plan.relays_for(client))
    )
    return each.model_copy(update={"behind": behind})


def sent(plan: LabPlan, client: str, switch: NodePlan, relay: RelayPlan) -> bytes | None:
    """The circuit-id that a client's requests have behind a relay; None where there is none, or nobody knows it before a packet comes."""
    kept = plan.kept(client, relay)
    if kept is not None:
        return kept.circuit_id.encode() or None
    if RelayOption.CIRCUIT_ID not in relay.sent:
        return None
    can = registry.get(switch.device).facts.relay
    known = relay.circuit_id or (can.circuit(switch, relay) if can and can.circuit else "")
    return None if "{port}" in known else known.encode() or None
