"""Bonds: clients and servers that hang on several switches of their segment at once.

Where all these switches have Ethernet segments, the members are in use together (RFC 7432 section 14.1.2); elsewhere one at a time,
which takes nothing of a switch but to learn where a MAC address has gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from labgen.devices import registry
from labgen.devices.base import DeviceFacts
from labgen.ground.labplan import InterfacePlan, LagPlan, NodePlan, PlanWarning
from labgen.ground.vocabulary import Role
from labgen.ground.yamldoc import Place
from labgen.spec.model import Spec

BOND = "bond{n}"
"""A bond as Linux, and netlab, name it."""
_SYSTEM = 0x02E5_0000_0000
"""First of the system identifiers of LACP: locally administered."""
_ARBITRARY = 0x00
"""Type of an Ethernet segment identifier that an operator sets (RFC 7432 section 5)."""


@dataclass(frozen=True, slots=True)
class BondDraft:
    """One bond. `number` counts those of the lab from 1."""

    segment: str
    node: str
    switches: tuple[str, ...]
    number: int

    @property
    def system_mac(self) -> str:
        """System identifier of LACP that its switches share."""
        return (_SYSTEM + self.number).to_bytes(6, "big").hex(":")

    @property
    def esi(self) -> str:
        """Ten octets in hexadecimal, with colons. The system identifier comes first: it is the route target of the segment."""
        octets = bytes((_ARBITRARY,)) + (_SYSTEM + self.number).to_bytes(6, "big")
        return (octets + bytes(3)).hex(":")


@dataclass(frozen=True)
class Bonds:
    """The bonds of a spec. `segment_switches` have Ethernet segments; one that has none makes a bond one whose members take turns."""

    spec: Spec
    segment_switches: frozenset[str] = field(default=frozenset())

    @cached_property
    def of(self) -> dict[tuple[str, str], BondDraft]:
        """Every bond, by segment and node."""
        return {(each.segment, each.node): each for each in self._each()}

    def _each(self) -> Iterator[BondDraft]:
        number = 0
        for name, segment in self.spec.segments.items():
            for node, switches in segment.homes.items():
                if len(switches) > 1:
                    number += 1
                    yield BondDraft(name, node, switches, number)

    def lag(self, bond: BondDraft, name: str, members: tuple[str, ...] = ()) -> LagPlan:
        """The bond, or a switch's part of it, on an interface of this name."""
        segment = self.spec.overlay is not None and set(bond.switches) <= self.segment_switches
        return LagPlan(
            name=name,
            number=bond.number,
            members=members,
            esi=bond.esi if segment else "",
            system_mac=bond.system_mac if segment else "",
        )


def lacks(node: NodePlan, facts: DeviceFacts) -> Iterator[tuple[Place, str, str]]:
    """What a switch cannot do of the bonds it is part of, and a node of a bond of its own: where the spec asks for it, what it lacks, a
    way out."""
    able = facts.fabric.bonds
    for port in node.interfaces:
        if port.lag is not None and port.lag.members and not facts.embedded:
            place: Place = ("segments", port.segment or "")
            yield (
                place,
                "has no bond of its own that labgen could configure",
                "let it run on Linux, or attach it to one switch",
            )
    for port in _parts(node):
        place = ("segments", port.segment or "", "attach", node.name)
        tunnelled = any(vlan.vni for vlan in node.vlans if vlan.id == port.vlan)
        if not able:
            yield place, "has no bonds to several switches that labgen could configure", _others("")
        elif able == "segment" and not tunnelled:
            what = "has no bonds to several switches without EVPN (MLAG) that labgen could configure"
            yield place, what, _others("segment")
        elif able == "segment" and port.lag and not port.lag.esi:
            yield (
                place,
                "shares no bond with a switch that has no Ethernet segment",
                "let all switches of a bond be of one device",
            )


def _others(but: str) -> str:
    """Switches whose bonds are not of this kind, nor of none."""
    found = registry.everything().items()
    names = [
        name
        for name, other in found
        if Role.SWITCH in other.facts.roles and other.facts.fabric.bonds not in ("", but)
    ]
    return f"use one of: {', '.join(names)}"


def warnings(node: NodePlan, facts: DeviceFacts) -> Iterator[PlanWarning]:
    """What members that take turns mean where EVPN could use them all."""
    tunnelled = {vlan.id for vlan in node.vlans if vlan.vni}
    if facts.fabric.bonds == "moves" and any(port.vlan in tunnelled for port in _parts(node)):
        yield PlanWarning(
            code="bond-takes-turns",
            message=f"labgen configures no Ethernet segment on `{facts.name}`: bonds use one member at a time, and the MAC address "
            "moves to another leaf when that fails (RFC 7432 section 15)",
        )


def _parts(node: NodePlan) -> tuple[InterfacePlan, ...]:
    """Ports of a switch that are part of a bond."""
    return tuple(port for port in node.interfaces if port.lag is not None and not port.lag.members)
