"""Route leaks: the switches that leak, the VRFs, and the routes."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Interface, IPv4Network

from labgen.ground.labplan import StaticRoute
from labgen.ground.planned_leaks import LeakEnd, LeakPlan
from labgen.ground.vocabulary import Network
from labgen.plan.ledger import Ledger
from labgen.plan.relaying import Relaying
from labgen.spec.model import Spec

CABLES = IPv4Network("169.254.64.0/18")
"""Addresses of the ports between VRFs, which nobody else sees (RFC 3927)."""
Pair = tuple[str, str]


def pairs(spec: Spec) -> dict[Pair, tuple[str, ...]]:
    """Pairs of VRFs that leak, each once, with the switches that the spec names for it."""
    found: dict[Pair, tuple[str, ...]] = {}
    for name, vrf in spec.vrfs.items():
        for other, switches in vrf.leaks.items():
            pair = (other, name) if (other, name) in found else (name, other)
            found[pair] = tuple(dict.fromkeys((*found.get(pair, ()), *switches)))
    return found


def switches(ledger: Ledger, pair: Pair) -> tuple[str, ...]:
    """Switches that leak between two VRFs: those that are named, else all that have both."""
    named = pairs(ledger.spec).get(pair, ())
    return named or tuple(name for name in ledger.spec.switches if set(pair) <= set(ledger.vrfs_of[name]))


def of(ledger: Ledger, switch: str) -> Iterator[LeakPlan]:
    """The leaks of one switch."""
    for number, pair in enumerate(pairs(ledger.spec)):
        if switch in switches(ledger, pair):
            hosts = [IPv4Interface((address, 30)) for address in _cable(number).hosts()]
            yield LeakPlan(
                ends=(
                    LeakEnd(vrf=pair[0], linux=f"leak{number + 1}a", address=hosts[0]),
                    LeakEnd(vrf=pair[1], linux=f"leak{number + 1}b", address=hosts[1]),
                )
            )


def _cable(number: int) -> IPv4Network:
    """Reckoned, since to list all four thousand was most of what a build took."""
    return IPv4Network((int(CABLES.network_address) + 4 * number, 30))


def routes(ledger: Ledger, relaying: Relaying, switch: str) -> Iterator[StaticRoute]:
    """Routes in each of the two VRFs to the other's prefixes."""
    for leak in of(ledger, switch):
        for own, other in (leak.ends, leak.ends[::-1]):
            for prefix in prefixes(ledger, relaying, switch, other.vrf):
                yield StaticRoute(prefix=prefix, interface=own.linux, via=other.address.ip, vrf=own.vrf)


def prefixes(ledger: Ledger, relaying: Relaying, switch: str, vrf: str) -> Iterator[Network]:
    """Subnets of a VRF that a switch has a way to, and relays' loopbacks in it."""
    across = ledger.transit_vni(vrf) is not None
    for name, segment in ledger.spec.segments.items():
        if segment.vrf == vrf and segment.routers and (across or switch in segment.routers):
            yield from ledger.subnets(name)
    for other in ledger.spec.switches:
        if (across or other == switch) and relaying.vrf_loopback(other, vrf):
            yield relaying.interfaces.vrf_loopback(other, vrf).network
