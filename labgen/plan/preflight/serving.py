"""Preflight: every client's segment is served, by servers that its relays can name and that can answer."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.ground.errors import Problem
from labgen.ground.labplan import LabPlan, NodePlan, RelayPlan
from labgen.ground.vocabulary import RelayOption
from labgen.ground.yamldoc import Place
from labgen.plan.preflight.case import Case
from labgen.spec.model import SegmentSpec, Spec


def clients_of(spec: Spec, segment: SegmentSpec) -> list[str]:
    return [name for members in segment.attach.values() for name in members if name not in spec.servers]


def unserved(case: Case) -> Iterator[Problem]:
    """A segment with clients has a relay or says that no lease is intended."""
    spec = case.spec
    for name, segment in spec.segments.items():
        clients = clients_of(spec, segment)
        if not clients or segment.relay is not None or not segment.dhcp:
            continue
        said = ", ".join(f"`{client}`" for client in clients[:3]) + (", ..." if len(clients) > 3 else "")
        server = next(iter(spec.servers), "srv1")
        yield case.problem(
            ("segments", name),
            f"nothing serves segment `{name}`: {said} would get no lease",
            f"add `relay: {{servers: [{server}]}}`, or `dhcp: false` if no lease is meant",
        )


def twice(case: Case) -> Iterator[Problem]:
    """A relay sends to each server once."""
    for name, segment in case.spec.segments.items():
        seen: set[str] = set()
        for n, server in enumerate(segment.relay.servers if segment.relay else ()):
            if server in seen:
                reason = f"server `{server}` is listed twice: every broadcast would reach it twice"
                yield case.problem(("segments", name, "relay", "servers", n), reason, "keep one of them")
            seen.add(server)


def giaddr(case: Case, built: LabPlan) -> Iterator[Problem]:
    """giaddr is an address of its relay, names the subnet or has it named, and is where answers can go."""
    for name, segment in case.spec.segments.items():
        relay = segment.relay
        if relay is None:
            continue
        place = ("segments", name, "relay")
        prefix = built.segment(name).prefix
        foreign = any(plan.giaddr not in prefix for _, plan in built.relays(name))
        if foreign and RelayOption.LINK_SELECTION not in relay.options:
            yield case.problem(
                (*place, "source"),
                f"giaddr is outside {prefix} and link-selection is not sent: no server can tell the subnet",
                "add `link-selection` (RFC 3527) to relay.options, or use `source: interface`",
            )
        for switch, plan in built.relays(name):
            yield from _owner(case, (*place, "source"), switch, plan)


def _owner(case: Case, place: Place, switch: NodePlan, relay: RelayPlan) -> Iterator[Problem]:
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


CHECKS = (unserved, twice)
