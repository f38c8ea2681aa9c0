"""Preflight: external routers hang on switches that are there, with addresses and AS numbers that can work."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from labgen.ground.errors import Problem
from labgen.ground.vocabulary import DEFAULT_VRF
from labgen.ground.yamldoc import Place
from labgen.plan.preflight.case import PreflightCase
from labgen.plan.preflight.names import define
from labgen.spec.externals import ExternalSpec, HandoverSpec
from labgen.spec.values import closest


def named(case: PreflightCase) -> Iterator[Problem]:
    """Border switches and VRFs are there, an external is nothing else, too, and does not have the lab itself behind it."""
    spec = case.spec
    for name, external in spec.externals.items():
        for n, prefix in enumerate(external.reaches):
            if prefix.prefixlen == 0:
                reason = f"{prefix} is said to be behind `{name}`, and holds every address of the lab"
                remedy = "name a prefix that stands for what is beyond, such as 203.0.113.0/24"
                yield case.problem(("externals", name, "reaches", n), reason, remedy)
        for switch, place, handover in _handovers(case, name, external):
            if switch not in spec.switches:
                reason = f"external `{name}` is attached to `{switch}`, which is no switch"
                yield case.problem(
                    ("externals", name, "attach", switch), reason, define(switch, spec.switches)
                )
                break
            if handover.vrf not in (DEFAULT_VRF, *spec.vrfs):
                near = closest(handover.vrf, [*spec.vrfs, DEFAULT_VRF])
                reason = f"external `{name}` is attached in VRF `{handover.vrf}`, which is not defined"
                remedy = f"did you mean `{near}`?" if near else f"add `vrfs: {{{handover.vrf}: {{}}}}`"
                yield case.problem((*place, "vrf"), reason, remedy)


def _handovers(
    case: PreflightCase, name: str, external: ExternalSpec
) -> Iterator[tuple[str, Place, HandoverSpec]]:
    data = case.loaded.source.data
    for switch, some in external.attach.items():
        at: Place = ("externals", name, "attach", switch)
        written = data["externals"][name]["attach"][switch] if isinstance(data, dict) else None
        for n, each in enumerate(some):
            yield switch, ((*at, n) if isinstance(written, list) else at), each


def numbers(case: PreflightCase) -> Iterator[Problem]:
    """AS numbers: one for each external, and another than the switch's."""
    for name, external in case.spec.externals.items():
        for switch, place, each in _handovers(case, name, external):
            if each.asn is None or switch not in case.spec.switches:
                continue
            if each.asn != external.asn:
                reason = (
                    f"external `{name}` has AS {external.asn} in one session and AS {each.asn} in another"
                )
                yield case.problem(
                    (*place, "asn"), reason, f"a router has one AS number: write `asn: {external.asn}`"
                )
            elif each.asn == case.ledger.border_asn(switch):
                reason = f"external `{name}` and `{switch}` are both in AS {each.asn}, and speak eBGP"
                yield case.problem(
                    (*place, "asn"), reason, "give the external another AS number, such as 64999"
                )


def addresses(case: PreflightCase) -> Iterator[Problem]:
    """Links to externals and what is behind them overlap nothing else of the VRF."""
    spec = case.spec
    links: list[tuple[IPv4Network, str, str]] = []
    for name, external in spec.externals.items():
        own = {each.vrf for some in external.attach.values() for each in some}
        for _, place, each in _handovers(case, name, external):
            network = each.address.network
            others = [(net, what) for net, vrf, what in links if vrf == each.vrf]
            others += _segments(case, {each.vrf})
            for other, what in others:
                if other.overlaps(network):
                    reason = f"the link to `{name}` is {network}, which overlaps {what}, {other}"
                    yield case.problem((*place, "address"), reason, "choose a prefix that is nobody's")
                    break
            links.append((network, each.vrf, f"another link to `{name}`"))
        for n, prefix in enumerate(external.reaches):
            for other, what in _segments(case, own):
                if other.overlaps(prefix):
                    reason = f"{prefix} is said to be behind `{name}`, and overlaps {what}, {other}"
                    at = ("externals", name, "reaches", n)
                    yield case.problem(at, reason, "name what is beyond the fabric")
                    break


def _segments(case: PreflightCase, vrfs: set[str]) -> list[tuple[IPv4Network, str]]:
    return [
        (prefix, f"segment `{name}`")
        for name, segment in case.spec.segments.items()
        if segment.vrf in vrfs
        for prefix in case.ledger.subnets(name)
    ]


NAMES = (named,)
CHECKS = (numbers, addresses)
