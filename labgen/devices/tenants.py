"""Scopes of one prefix in several VRFs: how a server that keeps one table per prefix tells tenants apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from labgen.devices import fabric, registry
from labgen.ground.labplan import LabPlan, NodePlan, RelayPlan, ScopePlan, ServerPlan
from labgen.ground.vocabulary import Network

VSS_ASCII = 0
"""First octet of sub-option 151 when a VRF's name follows (RFC 6607 section 3.5)."""


class Subnet(NamedTuple):
    """A prefix and the scopes on it: more than one where VRFs overlap."""

    prefix: Network
    scopes: tuple[ScopePlan, ...]

    @property
    def shared(self) -> bool:
        return len(self.scopes) > 1


class Tenant(NamedTuple):
    """A VRF that shares prefixes, and what its relays' option 82 shows.

    `names` are the values of sub-option 151 where all relays send it, else none, and `circuits` are the values of
    sub-option 1.
    """

    vrf: str
    names: tuple[bytes, ...]
    circuits: tuple[bytes, ...]


def subnets(server: ServerPlan) -> tuple[Subnet, ...]:
    """Scopes by prefix, in the order they are planned."""
    scopes: dict[Network, list[ScopePlan]] = {}
    for scope in server.scopes:
        scopes.setdefault(scope.prefix, []).append(scope)
    return tuple(Subnet(prefix, tuple(found)) for prefix, found in scopes.items())


def guarded(server: ServerPlan) -> dict[str, str]:
    """Segments whose prefix another VRF has, too, each with its VRF: what they hand out is for clients of that VRF alone."""
    return {scope.segment: scope.vrf for each in subnets(server) if each.shared for scope in each.scopes}


def tenants(plan: LabPlan, server: ServerPlan) -> Iterator[Tenant]:
    """The VRFs that share prefixes, each once, however many they share."""
    segments: dict[str, list[str]] = {}
    for segment, vrf in guarded(server).items():
        segments.setdefault(vrf, []).append(segment)
    return (_tenant(plan, vrf, found) for vrf, found in segments.items())


def _tenant(plan: LabPlan, vrf: str, segments: Sequence[str]) -> Tenant:
    relays = [each for segment in segments for each in plan.relays(segment)]
    names = dict.fromkeys(_name(switch, relay) for switch, relay in relays)
    circuits = dict.fromkeys(_circuit(switch, relay) for switch, relay in relays)
    return Tenant(vrf, () if b"" in names else tuple(names), tuple(circuits))


def _name(switch: NodePlan, relay: RelayPlan) -> bytes:
    """Sub-option 151 as a relay sends it, with the type octet of RFC 6607 or without; empty where it sends none."""
    if not fabric.names_vrf(switch, relay, typed=False):
        return b""
    typed = fabric.names_vrf(switch, relay)
    own = registry.get(switch.device).facts.naming.vrf_name(relay.vrf)
    return (bytes((VSS_ASCII,)) if typed else b"") + own.encode()


def _circuit(switch: NodePlan, relay: RelayPlan) -> bytes:
    """The circuit-id that a relay sends, where its device's is known; servers are not told apart by others."""
    can = registry.get(switch.device).facts.relay
    return (can.circuit(switch, relay) if can and can.circuit else relay.linux).encode()
