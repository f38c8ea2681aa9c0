"""Drafts an intent from a plan whose network has been built."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from labgen.adopt.intent.draft.model import Data, IntentDraft
from labgen.ground.labplan import (
    LabPlan,
    NodePlan,
    RelayPlan,
    ReservationPlan,
    ScopePlan,
    SegmentPlan,
)
from labgen.ground.vocabulary import DEFAULT_VRF, Role
from labgen.render import pool_words


def fill(draft: IntentDraft, plan: LabPlan) -> None:
    """Add the plan's clients, relays, servers and pools."""
    draft.name = draft.name or plan.name
    draft.playbooks = plan.playbooks
    wanted = dict.fromkeys(name for segment in _segments(plan) for name in _involved(plan, segment))
    for name in wanted:
        node = plan.node(name)
        draft.node(name, node.role, device=node.device, **_addresses(node))
    for segment in _segments(plan):
        draft.segments.setdefault(segment.name, _segment(plan, segment))
    draft.captures += [
        place for name in wanted for place in _captures(plan.node(name)) if place not in draft.captures
    ]


def _segments(plan: LabPlan) -> Iterator[SegmentPlan]:
    yield from (segment for segment in plan.segments if segment.servers and segment.dhcp)


def _involved(plan: LabPlan, segment: SegmentPlan) -> Iterator[str]:
    yield from segment.clients
    yield from (node.name for node, _ in plan.relays(segment.name))
    yield from segment.servers


def _addresses(node: NodePlan) -> Data:
    found: dict[str, Any] = {}
    for port in node.interfaces:
        if port.dhcp or not (port.address or port.anycast):
            continue
        own: Data = {"address": str(port.address)} if port.address and port.address != port.anycast else {}
        own |= {"anycast": str(port.anycast)} if port.anycast else {}
        own |= {"secondary": list(map(str, port.secondary))} if port.secondary else {}
        own |= {"vrf": port.vrf} if port.vrf != DEFAULT_VRF else {}
        own |= {"linux": port.linux} if port.linux != port.name else {}
        found[port.name] = own["address"] if set(own) == {"address"} else own
    for relay in node.relays:
        owner = relay.owner
        if owner is not None and owner.interface not in found:
            own = {"address": f"{relay.giaddr}/32"} | ({"vrf": owner.vrf} if owner.vrf != DEFAULT_VRF else {})
            found[owner.interface] = own["address"] if len(own) == 1 else own
    said: Data = {"interfaces": found} if found else {}
    if node.server is not None and str(node.server.address) not in {
        str(a).partition("/")[0] for a in found.values()
    }:
        said["address"] = str(node.server.address)
    return said


def _captures(node: NodePlan) -> Iterator[str]:
    """Ports of Linux nodes: those of others have no tcpdump."""
    if node.role is Role.CLIENT and node.client and node.client.linux == node.client.interface:
        yield f"{node.name}:{node.client.linux}"
    for port in node.interfaces:
        if node.role is not Role.CLIENT and port.address and port.linux == port.name:
            yield f"{node.name}:{port.linux}"


def _segment(plan: LabPlan, segment: SegmentPlan) -> Data:
    found: Data = {"prefix": str(segment.prefix)}
    if segment.vrf != DEFAULT_VRF:
        found["vrf"] = segment.vrf
    if segment.gateway:
        found["gateway"] = str(segment.gateway)
    if segment.secondary:
        found["secondary"] = [
            {"prefix": str(each.prefix)} | ({"gateway": str(each.gateway)} if each.gateway else {})
            for each in segment.secondary
        ]
    found["clients"] = {name: _client(plan, name) for name in segment.clients}
    groups: dict[str, list[Data]] = {}
    for node, relay in plan.relays(segment.name):
        groups.setdefault(node.name, []).append(_relay(relay))
    relays: Data = {name: several if len(several) > 1 else several[0] for name, several in groups.items()}
    found |= {"relays": relays} if relays else {}
    found |= {"direct": list(segment.direct)} if segment.direct else {}
    found["pools"] = {server: _pool(plan, server, segment) for server in segment.servers}
    if segment.mode != "independent":
        found["mode"] = segment.mode
    if not segment.stretched:
        found["stretched"] = False
    return found


def _client(plan: LabPlan, name: str) -> Any:
    node = plan.node(name)
    assert node.client is not None
    at = next((each.node for each in node.interface(node.client.linux).neighbors), "")
    served = (scope for server in plan.nodes if server.server for scope in server.server.scopes)
    asked = next((scope.asked[name] for scope in served if name in scope.asked), None)
    return (
        {"port": node.client.interface}
        | ({"at": at} if plan.by_name.get(at) and plan.node(at).relays else {})
        | ({"asks_lease": pool_words.time(asked)} if asked else {})
    )


def _relay(relay: RelayPlan) -> Data:
    found: Data = {"interface": relay.interface, "servers": [target.server for target in relay.targets]}
    if not relay.plain:
        found["giaddr"] = str(relay.giaddr)
    if relay.inter_vrf:
        found["server_vrf"] = relay.targets[0].vrf
    return found | {"options": [option.value for option in relay.sent]}


def _pool(plan: LabPlan, server: str, segment: SegmentPlan) -> Data:
    node = plan.node(server)
    scopes = node.server.scopes if node.server else ()
    scope: ScopePlan | None = next((each for each in scopes if each.segment == segment.name), None)
    if scope is None:
        return {"ranges": []}
    found: Data = {"ranges": [str(each) for each in scope.every_range], **pool_words.times(scope)}
    own = [*(each.options for each in scope.classes), *(each.options for each in scope.reservations)]
    if scope.options or any(own):
        found["options"] = pool_words.options(scope.options)
    found |= {"reservations": dict(map(_kept, scope.reservations))} if scope.reservations else {}
    found |= {"ranges": "none"} if scope.reservations and not scope.every_range else {}
    return found | (
        {"classes": {each.name: pool_words.class_of(each) for each in scope.classes}} if scope.classes else {}
    )


def _kept(kept: ReservationPlan) -> tuple[str, Any]:
    """A reservation; one for a circuit-id that a single client's relay sends is that client's."""
    by, said = pool_words.reservation(kept)
    return (kept.behind[0] if not kept.client and len(kept.behind) == 1 else by), said
