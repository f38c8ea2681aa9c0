"""Groups of nodes that a step of a playbook is about, some of which only the running lab tells.

Playbooks that break something watch one client, the *focus*: the first one whose segment is relayed. The server
that gave it its lease and the relay it renews through are known when it has a lease.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import MappingProxyType

from labgen.devices import registry
from labgen.devices.observed import InterfaceAddress
from labgen.dhcp.model import Binding, Direction, Exchange, Kind, Message, MessageRole, MessageType
from labgen.ground.labplan import LabPlan, NodePlan, SegmentPlan
from labgen.ground.vocabulary import RelayOption, Role

STATIC = (
    "clients",
    "servers",
    "switches",
    "relays",
    "focus",
    "neighbor",
    "active-gateway",
    "bonded",
    "bond-switch",
)
DYNAMIC = ("selected-server", "other-servers", "renewal-relay")
NAMES = (*STATIC, *DYNAMIC)
LEASING = (Kind.ACQUIRE, Kind.RENEW, Kind.REBIND)
"""Exchanges that give or extend a lease."""


def focus(plan: LabPlan) -> NodePlan | None:
    """The first client whose segment is relayed."""
    segment = _segment(plan)
    return plan.node(segment.clients[0]) if segment else None


def focus_mac(plan: LabPlan) -> str | None:
    """The MAC address of the focus's port."""
    node = focus(plan)
    return node.client_mac if node else None


def _segment(plan: LabPlan) -> SegmentPlan | None:
    return next((s for s in plan.segments if s.servers and s.clients), None)


def home_switch(plan: LabPlan, client: str) -> str:
    """The switch a client is wired to."""
    node = plan.node(client)
    assert node.client is not None
    return next(
        n.node for n in node.interface(node.client.linux).neighbors if plan.node(n.node).role is Role.SWITCH
    )


def other_switch(plan: LabPlan) -> str | None:
    """The switch that the focus moves to: another one that has a VLAN of its segment. The port that it is plugged into is not snooped on,
    so a client whose own port is snooped on stays where it is.
    """
    segment, node = _segment(plan), focus(plan)
    if node is not None and plan.snooped(node.name) is not None:
        return None
    if segment is None or node is None:
        return None
    if not node.interface(node.client.linux if node.client else "").neighbors or bond_switches(
        plan, node.name
    ):
        return None
    home = home_switch(plan, node.name)
    bridged = (s for s in segment.switches if any(v.segment == segment.name for v in plan.node(s).vlans))
    return next((switch for switch in bridged if switch != home), None)


def candidates(group: str, plan: LabPlan) -> tuple[NodePlan, ...]:
    """The nodes a group can come to mean, from the plan alone. KeyError for a name that is neither group nor node."""
    if group in plan.by_name:
        return (plan.node(group),)
    return _CANDIDATES[group](plan)


def _clients(plan: LabPlan) -> tuple[NodePlan, ...]:
    relayed = {name for segment in plan.segments if segment.servers for name in segment.clients}
    return tuple(node for node in plan.role(Role.CLIENT) if node.name in relayed)


def refused(plan: LabPlan) -> tuple[NodePlan, ...]:
    """Clients that the spec expects to get no lease, on segments that nobody serves: they are started once, so that they ask."""
    known = {name for segment in plan.segments if not segment.servers for name in segment.clients}
    return tuple(plan.node(name) for name in plan.expect.no_lease if name in known)


def _relays(plan: LabPlan) -> tuple[NodePlan, ...]:
    return tuple(node for node in plan.nodes if node.relays)


def _focus(plan: LabPlan) -> tuple[NodePlan, ...]:
    node = focus(plan)
    return (node,) if node else ()


def _neighbor(plan: LabPlan) -> tuple[NodePlan, ...]:
    segment = _segment(plan)
    return (plan.node(segment.clients[1]),) if segment and len(segment.clients) > 1 else ()


def _focus_servers(plan: LabPlan) -> tuple[NodePlan, ...]:
    segment = _segment(plan)
    return tuple(plan.node(name) for name in segment.servers) if segment else ()


def _focus_relays(plan: LabPlan) -> tuple[NodePlan, ...]:
    segment = _segment(plan)
    names = dict.fromkeys(node.name for node, _ in plan.relays(segment.name)) if segment else {}
    return tuple(plan.node(name) for name in names)


def _bonded(plan: LabPlan) -> tuple[NodePlan, ...]:
    """The first client with a bond whose segment is relayed."""
    return next(((node,) for node in _clients(plan) if bond_switches(plan, node.name)), ())


def bond_switches(plan: LabPlan, client: str) -> tuple[str, ...]:
    """Switches that a client has a bond to, the one of its first member first; none where it has one port."""
    node = plan.node(client)
    port = node.interface(node.client.linux) if node.client else None
    return tuple(neighbor.node for neighbor in port.neighbors) if port and port.lag else ()


def _bond_switch(plan: LabPlan) -> tuple[NodePlan, ...]:
    """The switch of the first member of that client's bond."""
    return tuple(plan.node(bond_switches(plan, node.name)[0]) for node in _bonded(plan))


def _active_gateway(plan: LabPlan) -> tuple[NodePlan, ...]:
    """The switch that has the gateway address of the focus' segment, where it moves: the one with the highest priority (RFC 5798)."""
    segment = _segment(plan)
    if segment is None or not segment.moves:
        return ()
    ports = ((plan.node(name), plan.node(name).on_segment(segment.name)) for name in segment.routers)
    found = [(port.vrrp.priority, node) for node, port in ports if port is not None and port.vrrp]
    return (max(found, key=lambda each: each[0])[1],) if found else ()


def gateway_holders(
    segment: SegmentPlan, addresses: Iterable[InterfaceAddress]
) -> tuple[InterfaceAddress, ...]:
    """The switches of a segment on which its gateway address is up."""
    gateway = str(segment.gateway)
    return tuple(
        each
        for each in addresses
        if each.up and each.node in segment.routers and each.address.partition("/")[0] == gateway
    )


def gateway_moves(plan: LabPlan) -> bool:
    """True if another switch can take the gateway over, and renewals go to the server itself: not through a relay's own address."""
    segment = _segment(plan)
    several = segment is not None and len(segment.routers) > 1
    return several and bool(_active_gateway(plan)) and not renews_through_relay(plan)


def spares_an_address(plan: LabPlan) -> bool:
    """True if servers have another address for the focus than the one it is given: nothing is reserved for it, and a range has two."""
    node, segment = focus(plan), _segment(plan)
    if node is None or segment is None:
        return False
    serving = [own for name in segment.servers if (own := plan.node(name).server) is not None]
    scopes = [scope for own in serving for scope in own.scopes if scope.segment == segment.name]
    kept = any(each.for_client(node.name, node.client_mac) for scope in scopes for each in scope.reservations)
    free = [each for scope in scopes for each in scope.of(node.name, node.client_mac).every_range]
    return not kept and sum(each.size for each in free) > 1


def snooped(plan: LabPlan) -> bool:
    """True if a switch snoops on the port of the focus."""
    node = focus(plan)
    return node is not None and plan.snooped(node.name) is not None


_CANDIDATES: MappingProxyType[str, Callable[[LabPlan], tuple[NodePlan, ...]]] = MappingProxyType(
    {
        "clients": _clients,
        "servers": lambda plan: plan.role(Role.SERVER),
        "switches": lambda plan: plan.role(Role.SWITCH),
        "relays": _relays,
        "focus": _focus,
        "neighbor": _neighbor,
        "active-gateway": _active_gateway,
        "bonded": _bonded,
        "bond-switch": _bond_switch,
        "selected-server": _focus_servers,
        "other-servers": _focus_servers,
        "renewal-relay": _focus_relays,
    }
)


def override_expected(plan: LabPlan, client: str, server: str) -> bool:
    """True if relays send sub-option 11 and the server is known to answer with it."""
    node = plan.node(client)
    assert node.client is not None
    relays = [
        relay
        for _, relay in plan.relays(node.client.segment)
        if any(target.server == server for target in relay.targets)
    ]
    sends = bool(relays) and all(RelayOption.SERVER_ID_OVERRIDE in relay.sent for relay in relays)
    capability = registry.get(plan.node(server).device).facts.server
    return sends and capability is not None and capability.honours_override


def renews_through_relay(plan: LabPlan) -> bool:
    """True if the focus learns a relay's address as its server identifier, whichever server it takes."""
    node, segment = focus(plan), _segment(plan)
    return (
        node is not None
        and segment is not None
        and all(override_expected(plan, node.name, s) for s in segment.servers)
    )


def grants(exchanges: Iterable[Exchange], mac: str) -> tuple[Message, ...]:
    """ACKs that gave or extended a client's lease, in order of time: the first of each exchange, since a client
    that is bound ignores the copies that come through other relays.
    """
    answered = [
        exchange.seen(MessageType.ACK, role=MessageRole.CLIENT, direction=Direction.RX)
        for exchange in exchanges
        if exchange.client.mac == mac and exchange.kind in LEASING
    ]
    found = [acks[0] for acks in answered if acks and acks[0].yiaddr]
    return tuple(sorted(found, key=lambda message: message.time or 0.0))


def granted(exchanges: Iterable[Exchange], mac: str) -> tuple[Message, ...]:
    """Every ACK with an address that a client received."""
    own = (e for e in exchanges if e.client.mac == mac and e.kind in LEASING)
    acks = (m for e in own for m in e.seen(MessageType.ACK, role=MessageRole.CLIENT, direction=Direction.RX))
    return tuple(m for m in acks if m.yiaddr)


def grantor(exchanges: Iterable[Exchange], grant: Message) -> str | None:
    """The server that sent the ACK a client received: same transaction, same address. Logs leave out the transaction, or
    the client's MAC address.
    """
    sent = [
        message
        for exchange in exchanges
        for message in exchange.seen(MessageType.ACK, role=MessageRole.SERVER, direction=Direction.TX)
        if message.yiaddr == grant.yiaddr
        and (message.mac == grant.mac or None in (message.mac, grant.mac))
        and (message.xid == grant.xid or None in (message.xid, grant.xid))
    ]
    # Both of a pair may acknowledge: the client's copy has the identifier of the one it took.
    named = [message for message in sent if message.server_id == grant.server_id]
    return (named or sent)[-1].node if sent else None


def resolve(group: str, plan: LabPlan, exchanges: Iterable[Exchange], mac: str) -> tuple[NodePlan, ...]:
    """The nodes a group means now; none where the focus has no lease that says so."""
    if group not in DYNAMIC:
        return candidates(group, plan)
    known = tuple(exchanges)
    held = grants(known, mac)
    if not held:
        return ()
    possible = candidates(group, plan)
    if group == "renewal-relay":
        return _renewal_relay(possible, held[-1])
    owner = grantor(known, held[-1])
    if owner is None:
        return ()
    return tuple(node for node in possible if (node.name == owner) == (group == "selected-server"))


def _renewal_relay(relays: tuple[NodePlan, ...], grant: Message) -> tuple[NodePlan, ...]:
    named = [n for n in relays if any(str(relay.link_address) == grant.server_id for relay in n.relays)]
    return tuple(named[:1])


def active(binding: Binding, at: float) -> bool:
    """True if a server's binding holds at a moment (seconds since the epoch)."""
    alive = binding.expires is None or binding.expires > at
    return binding.role is MessageRole.SERVER and binding.state in ("active", "bound") and alive


def apart(plan: LabPlan, vrf: str, other: str) -> bool:
    """True if nothing takes packets from one VRF to the other: no routes leak, and no router beyond the fabric is attached to both."""
    attached: dict[str, set[str]] = {}
    for node in plan.nodes:
        for handover in node.handovers:
            attached.setdefault(handover.external, set()).add(handover.vrf)
    return not plan.leak(vrf, other) and not any({vrf, other} <= vrfs for vrfs in attached.values())
