"""Scopes of one prefix in several VRFs: how a server that keeps one table per prefix tells tenants apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from labgen.devices import fabric
from labgen.ground.labplan import LabPlan, ScopePlan, ServerPlan
from labgen.ground.vocabulary import Network

VSS_ASCII = 0
"""First octet of sub-option 151 when a VRF's name follows (RFC 6607 section 3.5)."""


@dataclass(frozen=True, slots=True)
class Subnet:
    """A prefix and the scopes on it: more than one where VRFs overlap."""

    prefix: Network
    scopes: tuple[ScopePlan, ...]

    @property
    def shared(self) -> bool:
        return len(self.scopes) > 1


@dataclass(frozen=True, slots=True)
class Tenant:
    """One VRF of a shared prefix, and what its relays' option 82 shows.

    `vss` is the value of sub-option 151 where the relays send it, else `circuits` are the values of
    sub-option 1.
    """

    vrf: str
    vss: bytes | None
    circuits: tuple[bytes, ...]


def subnets(server: ServerPlan) -> tuple[Subnet, ...]:
    """Scopes by prefix, in the order they are planned."""
    scopes: dict[Network, list[ScopePlan]] = {}
    for scope in server.scopes:
        scopes.setdefault(scope.prefix, []).append(scope)
    return tuple(Subnet(prefix, tuple(found)) for prefix, found in scopes.items())


def tenants(plan: LabPlan, server: ServerPlan) -> Iterator[Tenant]:
    """The tenants of every shared prefix."""
    for subnet in subnets(server):
        if subnet.shared:
            yield from (_tenant(plan, scope) for scope in subnet.scopes)


def _tenant(plan: LabPlan, scope: ScopePlan) -> Tenant:
    relays = plan.relays(scope.segment)
    named = relays and all(fabric.names_vrf(switch, relay) for switch, relay in relays)
    vss = bytes((VSS_ASCII,)) + scope.vrf.encode() if named else None
    return Tenant(scope.vrf, vss, tuple(dict.fromkeys(relay.linux.encode() for _, relay in relays)))
