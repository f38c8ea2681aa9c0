"""Preflight: every client's segment is served, by servers that its relays can name and that can answer."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.ground.errors import Problem
from labgen.ground.labplan import LabPlan, NodePlan, RelayPlan
from labgen.ground.vocabulary import RelayOption
from labgen.ground.yamldoc import Place
from labgen.plan.preflight.case import PreflightCase
from labgen.plan.preflight.placement import meet
from labgen.spec.model import SegmentSpec, Spec


def clients_of(spec: Spec, segment: SegmentSpec) -> list[str]:
    """Clients of a segment, in the order of the spec."""
    return [name for name in segment.homes if name not in spec.servers]


def unserved(case: PreflightCase) -> Iterator[Problem]:
    """A segment with clients has a relay or a server of its own, or says that no lease is intended."""
    spec = case.spec
    for name, segment in spec.segments.items():
        clients = clients_of(spec, segment)
        if not clients or segment.relay or not segment.dhcp or case.ledger.direct[name]:
            continue
        said = ", ".join(f"`{client}`" for client in clients[:3]) + (", ..." if len(clients) > 3 else "")
        server = next(iter(spec.servers), "srv1")
        yield case.problem(
            ("segments", name),
            f"nothing serves segment `{name}`: {said} would get no lease",
            f"add `relay: {{servers: [{server}]}}`, or `dhcp: false` if no lease is meant",
        )


def stranded(case: PreflightCase) -> Iterator[Problem]:
    """Switches with clients that neither relay nor have a server, where a segment has no link from switch to switch."""
    for name, segment in case.spec.segments.items():
        if segment.stretch or not segment.relay:
            continue
        for switch, attached in segment.attach.items():
            clients = [each for each in attached if each not in case.spec.servers]
            served = segment.groups_of(switch) or any(each in case.ledger.direct[name] for each in attached)
            if clients and not served:
                said = ", ".join(f"`{client}`" for client in clients[:3]) + (", ..." if clients[3:] else "")
                yield case.problem(
                    ("segments", name, "attach", switch),
                    f"`{switch}` does not relay for segment `{name}`, which is not stretched: {said} would get no lease",
                    f"name `{switch}` in `relay.switches`, or leave `stretch: false` out",
                )


def unmeant(case: PreflightCase) -> Iterator[Problem]:
    """Refuses keys about leases on a segment that has none."""
    for name, segment in case.spec.segments.items():
        if not segment.dhcp and segment.relay:
            reason = f"segment `{name}` relays, and `dhcp: false` says that no lease is meant"
            yield case.problem(("segments", name, "dhcp"), reason, "keep one of them")


def twice(case: PreflightCase) -> Iterator[Problem]:
    """A switch relays to each server once."""
    for name, segment in case.spec.segments.items():
        reported: set[str] = set()
        for switch in segment.routers:
            groups = segment.groups_of(switch)
            seen: set[str] = set()
            for server in (server for group in groups for server in group.servers):
                if server in seen and server not in reported:
                    reported.add(server)
                    reason = f"server `{server}` is listed twice: every broadcast would reach it twice"
                    yield case.problem(_second(case, name, server), reason, "keep one of them")
                seen.add(server)


def _second(case: PreflightCase, name: str, server: str) -> Place:
    places = [
        (*group.place, "servers", n)
        for group in case.groups
        for n, each in enumerate(group.relay.servers)
        if group.name == name and each == server
    ]
    return places[1]


def hears_itself(case: PreflightCase) -> Iterator[Problem]:
    """No relay sends to a server that hangs on the clients' segment and has heard the broadcast."""
    for group in case.groups:
        members = {member for each in group.segment.attach.values() for member in each}
        for n, server in enumerate(group.relay.servers):
            if server in members:
                reason = f"server `{server}` hangs on segment `{group.name}` and hears its broadcasts without a relay"
                yield case.problem(
                    (*group.place, "servers", n),
                    reason,
                    "leave it out here; it serves the segment without a relay, or, beside one, once `pool.split` gives it a part",
                )


def pairs(case: PreflightCase) -> Iterator[Problem]:
    """Servers that keep one database are two, of one device that can, with one pool."""
    for name, segment in case.spec.segments.items():
        redundancy, place = segment.pool.redundancy, ("segments", name, "pool")
        servers = case.ledger.servers_of(name)
        if not redundancy.paired:
            continue
        if len(servers) != 2:
            reason = f"`{redundancy.value}` takes two servers, and segment `{name}` has {len(servers)}"
            yield case.problem(
                (*place, "mode"), reason, "name two under relay.servers, or write `mode: split`"
            )
        if len(servers) == 2 and not meet(case, *servers):
            reason = f"`{servers[0]}` and `{servers[1]}` keep one database, and are in VRFs that have no way to each other"
            yield case.problem(
                (*place, "mode"),
                reason,
                "attach both in one VRF, have the VRFs leak routes, or write `mode: split`",
            )
        if segment.pool.by_server is not None:
            reason = (
                f"in `{redundancy.value}` both servers hand out the same pool, and `split` gives each its own"
            )
            yield case.problem((*place, "split"), reason, "write `range: first-last` instead of `split`")


def giaddr(case: PreflightCase, built: LabPlan) -> Iterator[Problem]:
    """giaddr is an address of its relay, names the subnet or has it named, and is where answers can go."""
    for group in case.groups:
        prefix = built.segment(group.name).prefix
        plans = [
            (switch, plan)
            for switch, plan in built.relays(group.name)
            if switch.name in group.switches and [t.server for t in plan.targets] == list(group.relay.servers)
        ]
        foreign = any(plan.giaddr not in prefix for _, plan in plans)
        if foreign and RelayOption.LINK_SELECTION not in group.relay.options:
            yield case.problem(
                (*group.place, "source"),
                f"giaddr is outside {prefix} and link-selection is not sent: no server can tell the subnet",
                "add `link-selection` (RFC 3527) to relay.options, or use `source: interface`",
            )
        for switch, plan in plans:
            yield from _owner(case, (*group.place, "source"), switch, plan)


def _owner(case: PreflightCase, place: Place, switch: NodePlan, relay: RelayPlan) -> Iterator[Problem]:
    """giaddr is an address of the switch, in the VRF the servers answer from (RFC 2131 section 4.1: they answer to it)."""
    if relay.owner is None:
        own = ", ".join(str(address) for address in switch.addresses)
        reason = f"giaddr {relay.giaddr} is no address of `{switch.name}`: servers would answer to nobody"
        yield case.problem(
            place, reason, f"use `interface`, `loopback`, `uplink`, or one of its addresses: {own}"
        )
        return
    far = next((target for target in relay.targets if target.vrf != relay.owner.vrf), None)
    if far is not None:
        reason = (
            f"servers in VRF `{far.vrf}` have no route back to a giaddr in VRF `{relay.owner.vrf}` "
            f"(`{relay.owner.interface}` of `{switch.name}`)"
        )
        yield case.problem(place, reason, "use `source: loopback` with link-selection and server-id-override")


CHECKS = (unserved, stranded, unmeant, twice, hears_itself, pairs)
