"""Preflight: AS numbers: whose they are, and what switches of one AS do not learn of each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from labgen.ground.errors import Problem
from labgen.plan.preflight.case import PreflightCase
from labgen.spec.values import choose


def autonomous_systems(case: PreflightCase) -> Iterator[Problem]:
    """eBGP neighbors differ in their AS number, and numbers are for switches."""
    spec, ledger = case.spec, case.ledger
    for name in spec.underlay.asn:
        if name not in spec.switches:
            yield case.problem(
                ("underlay", "asn", name), f"`{name}` is no switch", choose(name, spec.switches)
            )
    if not ledger.ebgp:
        if spec.underlay.unnumbered:
            reason = f"links without addresses need eBGP, and the underlay is {spec.underlay.protocol}"
            yield case.problem(("underlay", "unnumbered"), reason, "write `protocol: ebgp`, or leave it out")
        return
    yield from _within_one_system(case)


def _within_one_system(case: PreflightCase) -> Iterator[Problem]:
    """Switches of one AS number that are linked speak iBGP, which passes no route on: each is linked to each (RFC 4271 section 9.2)."""
    spec, ledger = case.spec, case.ledger
    links = [ends for ends in spec.link_ends if set(ends) <= set(spec.switches)]
    inside = [ends for ends in links if ledger.asn(ends[0]) == ledger.asn(ends[1])]
    known = {frozenset(ends) for ends in inside}
    for n, ends in enumerate(spec.link_ends):
        if ends not in inside:
            continue
        near = {name for each in inside if set(each) & set(ends) for name in each}
        far = next((pair for pair in combinations(sorted(near), 2) if frozenset(pair) not in known), None)
        if far is not None:
            reason = (
                f"`{ends[0]}` and `{ends[1]}` are both AS {ledger.asn(ends[0])}, as `{far[0]}` and `{far[1]}` are, "
                "which have no link: iBGP passes no route on"
            )
            yield case.problem(
                ("links", n), reason, "give switches AS numbers of their own under `underlay.asn`"
            )


def apart_in_one_system(case: PreflightCase) -> Iterator[Problem]:
    """Switches of one AS number without a link refuse each other's routes, which have their own number in the path (RFC 4271
    section 9.1.2): they can neither stretch a segment nor reach a server at the other."""
    spec, strangers = case.spec, _strangers(case)
    if not strangers:
        return
    for name in case.ledger.vnis:
        far = [one for one in spec.segments[name].switches if one in strangers]
        pair = next(((a, b) for a, b in combinations(far, 2) if b in strangers[a]), None)
        if pair is not None:
            reason = f"segment `{name}` is stretched over {_refusing(case, *pair)}"
            yield case.problem(("segments", name), reason, _remedy(*pair))
    homes = {server: _homes(case, server) for server in spec.servers}
    for group in case.groups:
        for n, server in enumerate(group.relay.servers):
            near = homes.get(server, ())
            lost = next(
                (s for s in group.switches if near and set(near) <= strangers.get(s, frozenset())), None
            )
            if lost is not None:
                reason = f"server `{server}` hangs on `{near[0]}`: {_refusing(case, lost, near[0])}"
                yield case.problem((*group.place, "servers", n), reason, _remedy(lost, near[0]))


def partners_apart(case: PreflightCase) -> Iterator[Problem]:
    """Servers that keep one lease database reach each other."""
    strangers = _strangers(case)
    for name, segment in case.spec.segments.items() if strangers else ():
        pair = case.ledger.servers_of(name)
        if not segment.pool.redundancy.paired or len(pair) != 2:
            continue
        one, other = (_homes(case, server) for server in pair)
        if one and other and all(set(other) <= strangers.get(home, frozenset()) for home in one):
            reason = f"`{pair[0]}` and `{pair[1]}` are to keep one lease database, and hang on {_refusing(case, one[0], other[0])}"
            yield case.problem(("segments", name, "pool", "mode"), reason, _remedy(one[0], other[0]))


def _strangers(case: PreflightCase) -> dict[str, frozenset[str]]:
    """By switch, the others of its AS number that it has no link to; without an eBGP underlay there are none."""
    ledger = case.ledger
    if not ledger.ebgp:
        return {}
    systems: dict[int, set[str]] = {}
    near: dict[str, set[str]] = {name: {name} for name in case.spec.switches}
    for name in case.spec.switches:
        systems.setdefault(ledger.asn(name), set()).add(name)
    for one, other in (ends for ends in case.spec.link_ends if set(ends) <= set(near)):
        near[one].add(other)
        near[other].add(one)
    found = {name: frozenset(systems[ledger.asn(name)] - near[name]) for name in near}
    return {name: others for name, others in found.items() if others}


def _homes(case: PreflightCase, server: str) -> tuple[str, ...]:
    """Switches that announce the way to a server."""
    spec = case.spec
    ends = {name for each in spec.link_ends if server in each for name in each}
    ends |= set(spec.servers[server].attach)
    for name in case.ledger.server_segments[server]:
        ends |= set(spec.segments[name].routers)
    return tuple(name for name in spec.switches if name in ends)


def _refusing(case: PreflightCase, one: str, other: str) -> str:
    return (
        f"`{one}` and `{other}`, which are both AS {case.ledger.asn(one)} and refuse each other's routes "
        "(RFC 4271 section 9.1.2)"
    )


def _remedy(one: str, other: str) -> str:
    return f"add the link `{one}-{other}`, over which they speak iBGP, or give one of them another AS number"


CHECKS = (autonomous_systems, apart_in_one_system, partners_apart)
