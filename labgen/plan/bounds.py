"""Preflight: the bounds within which a device does what it can: how many, how long, and which tenants a server tells apart.

Each is what the device would do in silence otherwise: take the last of several lines, cut a value, or hand one tenant's address to
another.
"""

from __future__ import annotations

from collections.abc import Iterator

from labgen.devices import fabric, registry
from labgen.devices.base import DeviceFacts, RelayCapability, ServerCapability
from labgen.ground.labplan import AddressRange, LabPlan, NodePlan, PlanWarning, ScopePlan, ServerPlan
from labgen.ground.planned_serving import INFINITE
from labgen.ground.vocabulary import DEFAULT_VRF, RelayOption
from labgen.ground.yamldoc import Place
from labgen.plan import bonds, pools
from labgen.plan.capable_devices import others

DAY = 86400
TELLS_NO_VRF = "tells no VRF"
"""Under which a relay says who tells that neither its circuit-id nor sub-option 151 names a VRF that a server could be told beforehand."""
Lack = tuple[Place, str, str]
"""Where the spec asks for it, what the device lacks, a way out."""


def lacks(plan: LabPlan, node: NodePlan, facts: DeviceFacts) -> Iterator[Lack]:
    """Lacks of a node's device that does not do as much, as long or as finely as the plan asks."""
    if node.bgp and any(not peer.address for peer in node.bgp.neighbors) and not facts.fabric.bgp_unnumbered:
        yield (
            ("underlay",),
            "speaks no BGP over links without addresses that labgen could configure",
            f"write `unnumbered: false`, or {others(lambda each: each.fabric.bgp_unnumbered)}",
        )
    if node.bgp and node.bgp.multihop and not facts.fabric.evpn_apart:
        yield (
            ("overlay", "peering"),
            "has no EVPN by eBGP between loopbacks that labgen could configure",
            f"write `peering: ibgp` and `asn`, write `underlay: ebgp`, or {others(lambda each: each.fabric.evpn_apart)}",
        )
    elif node.bgp and node.bgp.apart and not facts.fabric.evpn_apart:
        yield (
            ("overlay", "peering"),
            "has no EVPN by iBGP over an eBGP underlay that labgen could configure",
            f"leave `peering` and `asn` out, write `underlay: ospf`, or {others(lambda each: each.fabric.evpn_apart)}",
        )
    elif node.bgp and node.bgp.underlay and node.bgp.evpn and not facts.fabric.evpn_ebgp:
        yield (
            ("overlay",),
            "carries EVPN over no session of eBGP that labgen could configure",
            "write `underlay: ospf` and `asn` under overlay, or use a switch of another device",
        )
    yield from bonds.lacks(node, facts)
    if facts.relay is not None:
        yield from _many_servers(node, facts.relay)
        yield from _upstream(node, facts.relay)
    if facts.server is not None and node.server is not None:
        yield from _scopes(node.server, facts.server)
        yield from _times(node.server, facts.server)
        yield from _tenants(plan, node.server, facts.server)


def warnings(node: NodePlan, facts: DeviceFacts) -> Iterator[PlanWarning]:
    """Leases that a server rounds, and bonds of a switch that use one member at a time."""
    yield from bonds.warnings(node, facts)
    unit = facts.server.lease_unit if facts.server else 1
    for scope in node.server.scopes if node.server else ():
        if scope.lease > unit and scope.lease % unit:
            given = -(-scope.lease // unit) * unit
            yield PlanWarning(
                code="lease-rounded",
                message=f"`{facts.name}` counts leases in units of {unit} s: segment {scope.segment} asks for "
                f"{scope.lease} s and gets {given} s",
            )


def _many_servers(node: NodePlan, can: RelayCapability) -> Iterator[Lack]:
    if not can.most_servers:
        return
    for interface in dict.fromkeys(relay.interface for relay in node.relays):
        relays = [relay for relay in node.relays if relay.interface == interface]
        servers = {asked for relay in relays for asked in relay.asks}
        if len(servers) > can.most_servers:
            segment = relays[0].segment
            yield (
                ("segments", segment, "relay"),
                f"relays an interface to {can.most_servers} servers at most, and segment `{segment}` has {len(servers)}",
                "name fewer servers, or use a switch of another device",
            )


def _upstream(node: NodePlan, can: RelayCapability) -> Iterator[Lack]:
    """Answers by a transit VNI come in by an interface that no plan can name."""
    for relay in node.relays if can.upstream else ():
        if not relay.inter_vrf and not fabric.upstream(node, "" if relay.vrf == DEFAULT_VRF else relay.vrf):
            yield (
                ("segments", relay.segment, "relay"),
                f"must be told the interface that servers answer by, and VRF `{relay.vrf}` reaches them by a transit VNI",
                "attach the servers to a segment that this switch has, too, or use a switch of another device",
            )
    for side in node.forwards if can.upstream else ():
        if not fabric.upstream(node):
            yield (
                ("segments", side.segment, "relay", "via"),
                "must be told the interface that servers answer by, and has none but those towards other relays",
                "attach the servers to another link of it, or use a switch of another device",
            )


def _scopes(server: ServerPlan, can: ServerCapability) -> Iterator[Lack]:
    if can.one_pool and len(server.scopes) > 1:
        names = " and ".join(f"`{scope.segment}`" for scope in server.scopes[:2])
        yield (
            ("segments", server.scopes[1].segment, "relay"),
            f"binds one pool to the port that relays ask, and is to serve segments {names}",
            "give each segment a server of its own, or use a server of another device",
        )


def _times(server: ServerPlan, can: ServerCapability) -> Iterator[Lack]:
    for scope in server.scopes:
        at: Place = ("segments", scope.segment, "pool")
        endless = scope.lease == INFINITE and "infinite" in can.lease_policy
        if can.longest_lease and scope.lease > can.longest_lease and not endless:
            yield (
                (*at, "lease"),
                f"grants no lease longer than {can.longest_lease // DAY} days",
                f"write `lease: {can.longest_lease // DAY}d` or less",
            )
        if not can.timers and (scope.renew, scope.rebind) != pools.timers(scope.lease, None, None):
            key = "renew" if scope.renew != pools.timers(scope.lease, None, None)[0] else "rebind"
            yield (
                (*at, key),
                "hands out no T1 and T2 that labgen could configure: clients take half and seven eighths of the lease",
                "leave out renew and rebind, or use a server of another device",
            )


def _tenants(plan: LabPlan, server: ServerPlan, can: ServerCapability) -> Iterator[Lack]:
    """Scopes of several VRFs that overlap: their clients are told apart by option 82 alone, and their leases by address."""
    for first, second in _overlapping(server):
        lack = _indistinct(plan, first, second, can) or (
            None if can.vrf_pools else _in_one_table(plan, first, second, can)
        )
        if lack is not None:
            yield lack


def _indistinct(plan: LabPlan, first: ScopePlan, second: ScopePlan, can: ServerCapability) -> Lack | None:
    """The reason why a server cannot tell clients of two VRFs apart; None where it can."""
    at: Place = ("segments", second.segment, "prefix")
    if not can.tenants:
        return (
            at,
            f"hands out a prefix once, and {_both(first, second)} of two VRFs have overlapping ones",
            "give them prefixes of their own, or use a server of another device",
        )
    if first.prefix != second.prefix and not can.vrf_pools:
        return (
            at,
            f"cannot tell {second.prefix} from {first.prefix} of another VRF, which overlaps it and is not equal to it",
            "give both segments the same prefix, or prefixes that do not overlap",
        )
    for each in (first, second):
        if not vrf_options(plan, each, typed=can.vrf_pools) & can.tenants:
            return (
                ("segments", each.segment, "relay", "options"),
                f"is not told the VRF of segment `{each.segment}`: no relay of it sends {_words(can)} in a form it knows{_why(plan, each)}",
                "add `vss` (RFC 6607) to relay.options, on a switch that sends it, or give the segments prefixes of their own",
            )
    return None


def _why(plan: LabPlan, scope: ScopePlan) -> str:
    """The source that says that a relay of a scope tells no VRF."""
    facts = (registry.get(switch.device).facts for switch, _ in plan.relays(scope.segment))
    found = (source for each in facts for words, source in each.cannot if words == TELLS_NO_VRF)
    return next((f", says {source}" for source in found), "")


def _in_one_table(plan: LabPlan, first: ScopePlan, second: ScopePlan, can: ServerCapability) -> Lack | None:
    """The setting that a server that keeps two VRFs in one table cannot have of each its own; None where there is none."""
    at: Place = ("segments", second.segment, "pool")
    if shared := pools.overlap(_dynamic(first), _dynamic(second)):
        return (
            (*at, "range"),
            f"keeps one lease for each address, and {_both(first, second)} both hand out {shared.first}-{shared.last}",
            f"give them ranges that do not meet: `segments.{second.segment}.pool.range`",
        )
    if can.prefix_times and _times_of(first) != _times_of(second):
        return (
            (*at, "lease"),
            f"keeps lease, T1 and T2 by prefix, and {_both(first, second)} ask for different ones",
            "write the same `lease`, `renew` and `rebind` for both, or give them prefixes of their own",
        )
    if can.one_class and "load-balance" in {plan.segment(each.segment).mode for each in (first, second)}:
        return (
            (*at, "mode"),
            f"divides a pool by client, and not by VRF as well, which {_both(first, second)} need",
            "write `mode: hot-standby`, or give the segments prefixes of their own",
        )
    return None


def _both(first: ScopePlan, second: ScopePlan) -> str:
    return f"segments `{first.segment}` and `{second.segment}`"


def _dynamic(scope: ScopePlan) -> tuple[AddressRange, ...]:
    """Addresses of a scope that are for whoever comes, of a class or not."""
    return (*scope.ranges, *(part for each in scope.classes for part in each.ranges))


def _times_of(scope: ScopePlan) -> tuple[int | None, ...]:
    return scope.lease, scope.renew, scope.rebind, scope.shortest, scope.longest


def _words(can: ServerCapability) -> str:
    return " or ".join(sorted(can.tenants))


def _overlapping(server: ServerPlan) -> Iterator[tuple[ScopePlan, ScopePlan]]:
    """Pairs of scopes whose prefixes overlap, in the order of the spec: only VRFs make that possible."""
    if len({scope.vrf for scope in server.scopes}) < 2:
        return
    order = {scope.segment: number for number, scope in enumerate(server.scopes)}
    around: list[ScopePlan] = []
    for scope in sorted(server.scopes, key=lambda each: (each.prefix.network_address, each.prefix.prefixlen)):
        around = [each for each in around if each.prefix.overlaps(scope.prefix)]
        for other in around:
            first, second = sorted((other, scope), key=lambda each: order[each.segment])
            yield first, second
        around.append(scope)


def vrf_options(plan: LabPlan, scope: ScopePlan, *, typed: bool) -> frozenset[RelayOption]:
    """Sub-options by which all relays of a scope tell its VRF in a known form; `typed`: sub-option 151 needs its type octet."""
    relays = plan.relays(scope.segment)
    if not relays:
        return frozenset()
    named = all(fabric.names_vrf(switch, relay, typed=typed) for switch, relay in relays)
    circuits = all(
        RelayOption.CIRCUIT_ID in relay.sent and _circuit_known(switch.device) for switch, relay in relays
    )
    found = ((RelayOption.VSS, named), (RelayOption.CIRCUIT_ID, circuits))
    return frozenset(option for option, known in found if known)


def _circuit_known(device: str) -> bool:
    relay = registry.get(device).facts.relay
    return relay is not None and relay.circuit is not None
