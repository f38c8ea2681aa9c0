"""Preflight: subnets of links that the spec sets."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from labgen.ground.errors import Problem
from labgen.ground.vocabulary import DEFAULT_VRF
from labgen.plan.preflight.case import PreflightCase

LONGEST, SHORTEST = 31, 24


def subnets(case: PreflightCase) -> Iterator[Problem]:
    """Each holds two addresses and is nobody else's; links without addresses have none."""
    taken: list[tuple[IPv4Network, str]] = [
        (prefix, f"segment `{name}`")
        for name, prefix in case.ledger.prefixes.items()
        if case.spec.segments[name].vrf == DEFAULT_VRF
    ]
    for n, (link, ends) in enumerate(zip(case.spec.links, case.spec.link_ends, strict=True)):
        if link.prefix is None:
            continue
        place, shown = ("links", n), f"link `{'-'.join(ends)}`"
        if case.ledger.bridging.is_trunk(ends):
            yield case.problem(place, f"{shown} is a trunk, which has no address", "leave its prefix out")
        elif case.spec.underlay.unnumbered and set(ends) <= set(case.spec.switches):
            yield case.problem(place, f"{shown} is unnumbered, as the underlay says", "keep one of the two")
        elif not SHORTEST <= link.prefix.prefixlen <= LONGEST:
            reason = f"{shown} has {link.prefix}, and two ends"
            yield case.problem(place, reason, f"write a prefix from /{SHORTEST} to /{LONGEST}, such as a /31")
        elif other := next((what for prefix, what in taken if prefix.overlaps(link.prefix)), None):
            yield case.problem(
                place, f"{shown} has {link.prefix}, which overlaps {other}", "choose another prefix"
            )
        taken.append((link.prefix, shown))


CHECKS = (subnets,)
