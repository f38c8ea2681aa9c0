"""Preflight: relays can reach their servers, and tunnels their other ends, over links that are there."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.ground.errors import Problem
from labgen.ground.vocabulary import DEFAULT_VRF
from labgen.plan.ledger import Ledger
from labgen.plan.preflight.case import PreflightCase


def islands(ledger: Ledger) -> dict[str, int]:
    """Number of the connected part that each node with a routed link, and each switch, belongs to."""
    nodes = (*ledger.spec.switches, *ledger.spec.servers)
    near: dict[str, list[str]] = {name: [] for name in nodes}
    for link in ledger.links:
        if link.routed:
            one, other = link.nodes
            near[one].append(other)
            near[other].append(one)
    for first, *others in _over_segments(ledger):
        for other in others:
            near[first].append(other)
            near[other].append(first)
    found: dict[str, int] = {}
    for number, start in enumerate(nodes):
        waiting = [start] if start not in found else []
        while waiting:
            name = waiting.pop()
            if found.setdefault(name, number) == number:
                waiting += [other for other in near[name] if other not in found]
    return found


def _over_segments(ledger: Ledger) -> Iterator[tuple[str, ...]]:
    """Routers that speak OSPF to each other over a segment."""
    for name, segment in ledger.spec.segments.items():
        if ledger.transit(name) and segment.routers:
            yield segment.routers


def to_servers(case: PreflightCase) -> Iterator[Problem]:
    """Every relay has a path of links to its servers in the global table."""
    ledger = case.ledger
    parts = islands(ledger)
    for group in case.groups:
        if group.relay.server_vrf != DEFAULT_VRF:
            continue
        for n, server in enumerate(group.relay.servers):
            place = (*group.place, "servers", n)
            for switch in group.switches:
                fault = _unreached(ledger, parts, switch, server)
                if fault is not None:
                    yield case.problem(place, *fault)
                    break


def _unreached(ledger: Ledger, parts: dict[str, int], switch: str, server: str) -> tuple[str, str] | None:
    near = ledger.spec.segments
    on_own = any(switch in near[name].routers for name in ledger.server_segments[server])
    if on_own:
        return None
    homes = [server]
    if server not in ledger.routed:
        homes = [home for name in ledger.server_segments[server] for home in near[name].routers]
    if not homes or not any(parts[switch] == parts[home] for home in homes):
        return (
            f"`{switch}` has no path of links to server `{server}`",
            f"add a link, such as `{switch}-{homes[0]}`",
        )
    if ledger.spec.underlay.protocol == "none":
        return (
            f"`{switch}` has no route to server `{server}`: the underlay is none",
            "write `underlay: ospf`, or attach the server to a segment of that switch",
        )
    return None


def tunnels(case: PreflightCase) -> Iterator[Problem]:
    """All switches of a stretched segment are connected."""
    ledger = case.ledger
    parts = islands(ledger)
    for name in ledger.vnis:
        first, *others = case.spec.segments[name].switches
        for other in others:
            if parts[first] != parts[other]:
                reason = f"segment `{name}` is stretched from `{first}` to `{other}`, which no path of links connects"
                yield case.problem(
                    ("segments", name, "attach", other), reason, f"add a link, such as `{first}-{other}`"
                )
                break


def idle(case: PreflightCase) -> Iterator[Problem]:
    """A switch that nothing is connected to has no part in the lab."""
    ledger = case.ledger
    linked = {node for link in ledger.links for node in link.nodes}
    for n, name in enumerate(case.spec.switches):
        if name not in linked:
            reason = f"switch `{name}` has no link and no segment"
            yield case.problem(("switches", n), reason, "add a link to it, or leave it out")


def trunks(case: PreflightCase) -> Iterator[Problem]:
    """All switches of a bridged segment are connected by links between them."""
    for name, segment in case.spec.segments.items():
        if not case.ledger.bridging.bridged(segment):
            continue
        far = case.ledger.bridging.apart(segment)
        if far is not None:
            reason = f"segment `{name}` is bridged, and no links between its switches connect `{far[0]}` and `{far[1]}`"
            remedy = f"add the link `{far[0]}-{far[1]}`, or name the switches between them under `bridge`"
            yield case.problem(("segments", name), reason, remedy)


CHECKS = (to_servers, tunnels, idle, trunks)
