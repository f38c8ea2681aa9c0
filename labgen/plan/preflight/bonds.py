"""Preflight: clients and servers on several switches of a segment have a bond that can work."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.ground.errors import Problem
from labgen.ground.yamldoc import Place
from labgen.plan.preflight.case import PreflightCase

MOST_MEMBERS = 8
"""Ports that a bond may have on switches of every vendor."""


def overlay(case: PreflightCase) -> Iterator[Problem]:
    """Multihoming is EVPN's: without it nobody tells the other leaves where a MAC address has gone."""
    asked = case.spec.overlay
    if asked is not None and asked.multihoming and asked.control != "evpn":
        yield case.problem(
            ("overlay", "multihoming"),
            "multihoming is a part of EVPN (RFC 7432 section 8), and `overlay.control` is static",
            "write `control: evpn` and `asn`, or leave `multihoming` out",
        )


def bonds(case: PreflightCase) -> Iterator[Problem]:
    """Whoever hangs on several switches does so by a bond, which the fabric must allow, within one broadcast domain."""
    spec = case.spec
    for (name, node), bond in case.ledger.bonds.of.items():
        segment, place = spec.segments[name], _place(case, name, node)
        both = " and ".join(f"`{switch}`" for switch in bond.switches)
        if spec.overlay is not None and not spec.overlay.multihoming:
            yield case.problem(
                place,
                f"`{node}` hangs on {both} at once, which is a bond",
                "write `multihoming: true` under `overlay`, or attach it to one of them",
            )
        elif not segment.stretch or not (spec.overlay or case.ledger.bridging.bridged(segment)):
            yield case.problem(
                place,
                f"`{node}` has a bond to {both}, and segment `{name}` does not reach from one to the other",
                "stretch the segment, or attach it to one of them",
            )
        elif len(bond.switches) > MOST_MEMBERS:
            reason = f"the bond of `{node}` has {len(bond.switches)} members, more than {MOST_MEMBERS}"
            yield case.problem(place, reason, "attach it to fewer switches")


def _place(case: PreflightCase, segment: str, node: str) -> Place:
    """The place where the second switch of a bond is named."""
    attach = case.spec.segments[segment].attach
    switch = [name for name, members in attach.items() if node in members][1]
    return ("segments", segment, "attach", switch, attach[switch].index(node))


CHECKS = (overlay, bonds)
