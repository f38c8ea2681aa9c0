"""Preflight: numbers that must be unique, and keys that need each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations

from labgen.ground.errors import Problem
from labgen.ground.yamldoc import Place
from labgen.plan.peering import apart, multihop
from labgen.plan.preflight.case import PreflightCase
from labgen.spec.fabric import OverlaySpec
from labgen.spec.model import SegmentSpec

Numbered = tuple[int, Place, str]


def vlans(case: PreflightCase) -> Iterator[Problem]:
    """One VLAN id is one segment on a switch, and in the whole lab where both are stretched."""
    spec = case.spec
    alike: dict[int, list[tuple[int, str, SegmentSpec]]] = defaultdict(list)
    for n, (name, segment) in enumerate(spec.segments.items()):
        if segment.vlan:
            alike[segment.vlan].append((n, name, segment))
    pairs = (pair for same in alike.values() for pair in combinations(same, 2))
    for (_, first, one), (_, name, other) in sorted(pairs, key=lambda pair: (pair[0][0], pair[1][0])):
        both = [switch for switch in other.switches if switch in one.switches]
        stretched = spec.overlay is not None and one.stretch and other.stretch
        if not both and not stretched:
            continue
        where = case.place_of(("segments", first, "vlan"))
        on = f"on switch `{both[0]}`" if both else "and both are stretched over the fabric"
        yield case.problem(
            ("segments", name, "vlan"),
            f"VLAN {other.vlan} is segment `{first}` already{where}, {on}",
            "give one of them another VLAN id",
        )


def vnis(case: PreflightCase) -> Iterator[Problem]:
    """A VNI is one segment, or one VRF's transit."""
    spec = case.spec
    numbers: list[Numbered] = [
        *(
            (s.vni, ("segments", name, "vni"), f"segment `{name}`")
            for name, s in spec.segments.items()
            if s.vni
        ),
        *(
            (vrf.transit_vni, ("vrfs", name, "transit_vni"), f"the transit VNI of VRF `{name}`")
            for name, vrf in spec.vrfs.items()
            if vrf.transit_vni and vrf.transit_vni is not True
        ),
    ]
    for first, other in _same(numbers):
        where = case.place_of(first[1])
        reason = f"VNI {other[0]} is {first[2]} already{where}"
        yield case.problem(other[1], reason, "give one of them another VNI")


def _same(numbers: Iterable[Numbered]) -> Iterator[tuple[Numbered, Numbered]]:
    seen: dict[int, Numbered] = {}
    for each in numbers:
        first = seen.setdefault(each[0], each)
        if first is not each:
            yield first, each


def overlay(case: PreflightCase) -> Iterator[Problem]:
    """Whatever needs an overlay has one, and EVPN has its AS number."""
    spec = case.spec
    if spec.overlay is None:
        yield from _without_overlay(case)
        return
    if spec.overlay.control == "evpn":
        yield from _peering(case, spec.overlay)
    if spec.overlay.control == "static":
        if spec.overlay.route_reflectors:
            reason = "route reflectors belong to EVPN, and `control` is static"
            yield case.problem(
                ("overlay", "route_reflectors"), reason, "write `control: evpn`, or leave them out"
            )
        for name, vrf in spec.vrfs.items():
            if vrf.transit_vni:
                reason = f"the transit VNI of VRF `{name}` needs EVPN, and the overlay is static"
                yield case.problem(
                    ("vrfs", name, "transit_vni"), reason, "write `overlay: {control: evpn, asn: 65000}`"
                )


def _peering(case: PreflightCase, overlay: OverlaySpec) -> Iterator[Problem]:
    """EVPN by iBGP has an AS number; by eBGP it runs in the sessions of the underlay."""
    if not case.ledger.ebgp:
        if multihop(case.spec):
            yield from _multihop(case, overlay)
        elif overlay.asn is None:
            yield case.problem(("overlay",), "EVPN needs an AS number", "add `asn: 65000`")
    elif apart(case.spec):
        yield from _apart(case, overlay)
    elif overlay.asn is not None:
        yield case.problem(
            ("overlay", "asn"),
            "over an eBGP underlay, EVPN runs in the same eBGP sessions, each switch with an AS number of its own",
            "leave it out (AS numbers of switches are `underlay.asn` or `nodes.NAME.asn`), or add `peering: ibgp` for sessions "
            "between loopbacks",
        )
    elif overlay.route_reflectors:
        reason = "route reflectors belong to iBGP, and EVPN runs by eBGP here"
        yield case.problem(
            ("overlay", "route_reflectors"), reason, "leave them out, or add `peering: ibgp` and `asn: 65000`"
        )


def _multihop(case: PreflightCase, overlay: OverlaySpec) -> Iterator[Problem]:
    """EVPN by eBGP between loopbacks: each switch has an AS number of its own."""
    if overlay.asn is not None:
        reason = "EVPN runs by eBGP, each switch with an AS number of its own"
        remedy = "leave it out (numbers are `nodes.NAME.asn`, or follow from node ids), or leave `peering` out for iBGP"
        yield case.problem(("overlay", "asn"), reason, remedy)
    seen: dict[int, str] = {}
    for name in case.spec.switches:
        other = seen.setdefault(case.ledger.asn(name), name)
        if other != name:
            both = f"`{other}` and `{name}` are both AS {case.ledger.asn(name)}"
            reason = f"{both}: they would refuse each other's routes (RFC 4271 section 9.1.2)"
            yield case.problem(
                ("overlay", "peering"), reason, "give each an AS number of its own, or leave `peering` out"
            )
            return


def _apart(case: PreflightCase, overlay: OverlaySpec) -> Iterator[Problem]:
    """EVPN by iBGP over an eBGP underlay has an AS number of its own: it is the switches' own, and others are spoken over links."""
    if overlay.asn is None:
        reason = "EVPN by iBGP over an eBGP underlay needs an AS number of its own"
        yield case.problem(("overlay", "peering"), reason, "add `asn: 65000`")
    taken = [name for name in case.spec.switches if case.ledger.asn(name) == overlay.asn]
    for name in taken[:1]:
        reason = f"EVPN has AS {overlay.asn}, which `{name}` has in the underlay: routes would be a loop (RFC 4271 section 9.1.2)"
        yield case.problem(("overlay", "asn"), reason, "give EVPN an AS number that no switch has")
    for n, ends in enumerate(case.spec.link_ends):
        inside = set(ends) <= set(case.spec.switches)
        if inside and case.ledger.asn(ends[0]) == case.ledger.asn(ends[1]):
            reason = f"`{ends[0]}` and `{ends[1]}` are both AS {case.ledger.asn(ends[0])}, and EVPN's AS number is another"
            yield case.problem(
                ("links", n), reason, "give each an AS number of its own, or let EVPN run by eBGP"
            )


def _without_overlay(case: PreflightCase) -> Iterator[Problem]:
    remedy = "add `overlay: {data: vxlan, control: evpn, asn: 65000}`"
    for name, segment in case.spec.segments.items():
        if len(segment.switches) > 1 and segment.stretch and not case.ledger.bridging.bridged(segment):
            reason = f"segment `{name}` is on {len(segment.switches)} switches, and there is no overlay"
            last = segment.switches[-1]
            remedies = f"say which switches only bridge it (`bridge: [{last}]`), {remedy}, or attach it to one switch"
            yield case.problem(("segments", name, "attach"), reason, remedies)
        if segment.vni:
            reason = f"segment `{name}` has a VNI, and there is no overlay to carry it"
            yield case.problem(("segments", name, "vni"), reason, f"{remedy}, or leave the VNI out")
    for name, vrf in case.spec.vrfs.items():
        if vrf.transit_vni:
            reason = f"VRF `{name}` has a transit VNI, and there is no overlay to carry it"
            yield case.problem(("vrfs", name, "transit_vni"), reason, f"{remedy}, or leave it out")


CHECKS = (vlans, vnis, overlay)
