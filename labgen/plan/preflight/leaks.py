"""Preflight: routes leak between VRFs that there are, on switches that can have both, and between prefixes that are apart."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.ground.errors import Problem
from labgen.ground.vocabulary import DEFAULT_VRF
from labgen.plan import leaks
from labgen.plan.ledger import Ledger
from labgen.plan.preflight.case import PreflightCase
from labgen.plan.preflight.names import define


def named(case: PreflightCase) -> Iterator[Problem]:
    """The other VRF is defined, and the switches are switches."""
    for name, vrf in case.spec.vrfs.items():
        for other, switches in vrf.leaks.items():
            place = ("vrfs", name, "leaks", other)
            if other == name:
                yield case.problem(place, f"VRF `{name}` leaks into itself", "name another VRF")
            elif other == DEFAULT_VRF:
                reason = "routes leak between VRFs, and the global table is none"
                yield case.problem(
                    place, reason, "relay with `server_vrf: default`, or put the servers into a VRF"
                )
            elif other not in case.spec.vrfs:
                yield case.problem(
                    place,
                    f"VRF `{other}` is not defined",
                    define(other, [each for each in case.spec.vrfs if each != name]),
                )
            for switch in switches:
                if switch not in case.spec.switches:
                    yield case.problem(place, f"`{switch}` is no switch", define(switch, case.spec.switches))


def places(case: PreflightCase) -> Iterator[Problem]:
    """Some switch has both VRFs, and their prefixes do not overlap: a route would lead to one of the two only."""
    ledger = case.ledger
    for pair in leaks.pairs(case.spec):
        place = _place(case, pair)
        if not leaks.switches(ledger, pair):
            home = case.spec.switches[0]
            yield case.problem(
                place,
                f"no switch has both VRF `{pair[0]}` and VRF `{pair[1]}`",
                f"name one that is to leak: `leaks: {{{place[-1]}: [{home}]}}`",
            )
        for one, first in case.spec.segments.items():
            for other, second in case.spec.segments.items():
                if (first.vrf, second.vrf) == pair and ledger.prefixes[one].overlaps(ledger.prefixes[other]):
                    reason = f"routes leak between VRF `{pair[0]}` and VRF `{pair[1]}`, and `{one}` and `{other}` overlap"
                    yield case.problem(place, reason, "give the segments prefixes of their own")


def _place(case: PreflightCase, pair: leaks.Pair) -> tuple[str, ...]:
    one, other = pair if pair[1] in case.spec.vrfs[pair[0]].leaks else pair[::-1]
    return ("vrfs", one, "leaks", other)


def leads_to(ledger: Ledger, switch: str, server: str, vrf: str) -> bool:
    """True if a switch gets from a VRF to a server in another one, into which its routes leak."""
    homes = [ledger.spec.segments[name] for name in ledger.server_segments[server]]
    for pair in leaks.pairs(ledger.spec):
        if vrf not in pair:
            continue
        other = pair[1 - pair.index(vrf)]
        leaking = leaks.switches(ledger, pair)
        here = switch in leaking or (bool(leaking) and ledger.transit_vni(vrf) is not None)
        own = [home for home in homes if home.vrf == other]
        there = ledger.transit_vni(other) is not None or any(set(home.routers) & set(leaking) for home in own)
        if here and own and there:
            return True
    return False


CHECKS = (places,)
