"""Preflight: where servers, second relays, gateways and borrowed addresses can be."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.ground.errors import Problem
from labgen.ground.vocabulary import DEFAULT_VRF
from labgen.plan import leaks
from labgen.plan.ledger import Ledger
from labgen.plan.preflight.case import PreflightCase
from labgen.plan.preflight.leaks import leads_to


def server_vrf(case: PreflightCase) -> Iterator[Problem]:
    """Servers are in the VRF that relays look for them in, and every relay has a way there."""
    for group in case.groups:
        place, vrf = (*group.place, "server_vrf"), group.relay.server_vrf
        for server in group.relay.servers:
            vrfs = _vrfs_of(case.ledger, server)
            if (
                vrfs
                and vrf not in vrfs
                and all(leads_to(case.ledger, s, server, vrf) for s in group.switches)
            ):
                continue
            if vrfs and vrf not in vrfs:
                shown = ", ".join(f"`{each}`" for each in vrfs)
                reason = f"server `{server}` is in VRF {shown}, not in `{vrf}`"
                yield case.problem(
                    place,
                    reason,
                    f"write `server_vrf: {vrfs[0]}`, attach the server elsewhere, or have the VRFs leak routes",
                )
                continue
            far = [switch for switch in group.switches if not _reaches(case.ledger, switch, server, vrf)]
            if far:
                reason = f"`{far[0]}` has no way to server `{server}` in VRF `{vrf}`"
                remedy = f"let the VRF cross the fabric: `{vrf}: {{transit_vni: true}}` under vrfs"
                yield case.problem(place, reason, remedy)


def _vrfs_of(ledger: Ledger, server: str) -> list[str]:
    """VRFs of a server: the default one behind routed links, else those of its segments."""
    if server in ledger.routed:
        return [DEFAULT_VRF]
    return list(dict.fromkeys(ledger.spec.segments[name].vrf for name in ledger.server_segments[server]))


def meet(case: PreflightCase, one: str, other: str) -> bool:
    """True if two servers have a way to each other: by a VRF that both are in, by leaking routes, or by a router beyond the fabric."""
    first, second = (set(_vrfs_of(case.ledger, server)) for server in (one, other))
    joined = [set(pair) for pair in leaks.pairs(case.spec)]
    joined += [
        {each.vrf for links in external.attach.values() for each in links}
        for external in case.spec.externals.values()
    ]
    return (
        not (first and second)
        or bool(first & second)
        or any(first & vrfs and second & vrfs for vrfs in joined)
    )


def _reaches(ledger: Ledger, switch: str, server: str, vrf: str) -> bool:
    if vrf == DEFAULT_VRF or ledger.transit_vni(vrf):
        return True
    return any(switch in ledger.spec.segments[name].routers for name in ledger.server_segments[server])


def second_relay(case: PreflightCase) -> Iterator[Problem]:
    """`via` names another switch that is linked to every first relay."""
    linked = {frozenset(ends) for ends in case.spec.link_ends}
    for group in case.groups:
        via, place = group.relay.via, (*group.place, "via")
        if via is None:
            continue
        if via not in case.spec.switches:
            remedy = f"use one of: {', '.join(case.spec.switches)}"
            yield case.problem(place, f"relay via `{via}`: it is no switch", remedy)
            continue
        for switch in group.switches:
            if frozenset((switch, via)) not in linked:
                reason = "relays for itself" if switch == via else f"has no link to `{switch}`"
                link = "" if switch == via else f"add the link `{switch}-{via}`, or "
                remedy = f"{link}name another switch"
                yield case.problem(place, f"relay via `{via}`: it {reason}", remedy)


def borrowed(case: PreflightCase) -> Iterator[Problem]:
    """An unnumbered interface is a routed port; a segment that is not stretched has a gateway on each switch."""
    for name, segment in case.spec.segments.items():
        if segment.unnumbered and case.ledger.is_vlan(segment):
            yield case.problem(
                ("segments", name, "unnumbered"),
                f"segment `{name}` is a VLAN, whose interface cannot be unnumbered",
                "attach it to one switch without VLAN, anycast gateway and overlay",
            )
        if not segment.stretch and len(segment.switches) > 1 and segment.protocol != "anycast":
            yield case.problem(
                ("segments", name, "stretch"),
                f"segment `{name}` is on {len(segment.switches)} switches that are not connected, and has one gateway",
                "add `gateway: anycast`, or let it be stretched",
            )


def roles(case: PreflightCase) -> Iterator[Problem]:
    """Gateways, bridges and relays are switches, and no switch is both gateway and bridge."""
    switches = case.spec.switches
    for name, segment in case.spec.segments.items():
        place = ("segments", name)
        for n, switch in enumerate(segment.bridge):
            if switch not in switches:
                reason = f"segment `{name}` is bridged by `{switch}`, which is no switch"
                yield case.problem((*place, "bridge", n), reason, f"use one of: {', '.join(switches)}")
            if switch in segment.gateway.nodes:
                reason = f"`{switch}` cannot both route and only bridge segment `{name}`"
                yield case.problem(
                    (*place, "bridge", n), reason, "name it in one of `gateway.nodes` and `bridge`"
                )
        for switch in segment.gateway.nodes:
            if switch not in switches:
                reason = f"`{switch}` is to route segment `{name}`, and is no switch"
                yield case.problem(
                    (*place, "gateway", "nodes", switch), reason, f"use one of: {', '.join(switches)}"
                )
        if segment.moves and len(segment.routers) < 2:
            word = segment.protocol
            alone = ", ".join(segment.routers)
            reason = f"{word.upper()} takes two switches, and `{alone}` alone routes segment `{name}`"
            yield case.problem(
                (*place, "gateway"),
                reason,
                f"name both: `gateway: {{protocol: {word}, nodes: [sw1, sw2]}}`",
            )
        if segment.relay and not segment.routers:
            reason = f"no switch routes segment `{name}`, so none can relay"
            yield case.problem(
                (*place, "relay"), reason, "leave one out of `bridge`, or name it in `gateway.nodes`"
            )
    for group in case.groups:
        for n, switch in enumerate(group.relay.switches):
            if switch not in group.segment.routers:
                reason = f"`{switch}` does not route segment `{group.name}`, so it cannot relay there"
                remedy = f"use one of: {', '.join(group.segment.routers)}"
                yield case.problem((*group.place, "switches", n), reason, remedy)


CHECKS = (server_vrf, second_relay, borrowed)
