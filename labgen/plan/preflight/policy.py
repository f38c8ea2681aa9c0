"""Preflight: what relays do with option 82, their own and others'."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.ground.errors import Problem
from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import DEFAULT_VRF, RelayOption
from labgen.plan.preflight.case import AskedGroup, PreflightCase
from labgen.plan.preflight.names import define
from labgen.spec.service import RelaySpec

IDENTIFIERS = (("circuit_id", RelayOption.CIRCUIT_ID), ("remote_id", RelayOption.REMOTE_ID))


def formats(case: PreflightCase) -> Iterator[Problem]:
    """A format is of a sub-option that is sent."""
    for group in case.groups:
        for key, option in IDENTIFIERS:
            if getattr(group.relay, key) and option not in group.relay.options:
                reason = f"`{key}` says what the {option} looks like, which is not sent"
                yield case.problem(
                    (*group.place, key), reason, f"add `{option}` to `options`, or leave it out"
                )


def one_policy(case: PreflightCase) -> Iterator[Problem]:
    """Groups of one segment on one switch share its interface, and so what is done there."""
    first: dict[tuple[str, str], AskedGroup] = {}
    for group in case.groups:
        for switch in group.switches:
            other = first.setdefault((group.name, switch), group)
            if key := _difference(other.relay, group.relay):
                reason = f"two groups of segment `{group.name}` want different `{key}` of `{switch}`, which has one for both"
                yield case.problem(
                    (*group.place, key),
                    reason,
                    "say the same in both groups, or give each switches of its own",
                )


def _difference(one: RelaySpec, other: RelaySpec) -> str:
    """The part of a switch's policy that two groups say differently; empty where they agree."""
    keys = ("circuit_id", "remote_id", "trust", "existing")
    return next((key for key in keys if getattr(one, key) != getattr(other, key)), "")


def helpers(case: PreflightCase) -> Iterator[Problem]:
    """Helper addresses are of nobody in the lab: servers are named."""
    for group in case.groups:
        seen: set[object] = set()
        for n, address in enumerate(group.relay.helpers):
            place = (*group.place, "helpers", n)
            for name, prefix in case.ledger.prefixes.items():
                if address in prefix:
                    reason = f"helper {address} is in segment `{name}`, where no server of that address is"
                    yield case.problem(place, reason, "name servers of the lab under `servers`")
            if address in seen:
                yield case.problem(place, f"helper {address} is listed twice", "leave one of them out")
            seen.add(address)


def known_helpers(case: PreflightCase, built: LabPlan) -> Iterator[Problem]:
    """The same of addresses that nodes have elsewhere: a server of the lab would get each broadcast twice."""
    owners = {
        (port.vrf, port.address.ip): node.name
        for node in built.nodes
        for port in node.interfaces
        if port.address and not port.dhcp
    }
    owners |= {(DEFAULT_VRF, node.loopback.ip): node.name for node in built.nodes if node.loopback}
    for group in case.groups:
        for n, address in enumerate(group.relay.helpers):
            owner = owners.get((group.relay.server_vrf, address))
            if owner is None:
                continue
            reason = f"helper {address} is an address of `{owner}`"
            remedy = "choose one that nobody in the lab has, or move labgen's own by `addressing`"
            if owner in group.relay.servers:
                reason, remedy = f"{reason}, which is asked already", "leave it out"
            elif owner in case.spec.servers:
                remedy = f"name `{owner}` under `servers`"
            yield case.problem((*group.place, "helpers", n), reason, remedy)


def overrides(case: PreflightCase) -> Iterator[Problem]:
    """Overrides are of switches that route for the segment."""
    for group in case.groups:
        for switch in group.relay.overrides:
            if switch not in group.segment.routers:
                reason = f"`{switch}` does not relay for segment `{group.name}`, so nothing of it can be overridden"
                yield case.problem(
                    (*group.place, "overrides", switch), reason, define(switch, group.segment.routers)
                )


CHECKS = (formats, one_policy, helpers, overrides)
