"""Bonds: clients and servers that hang on several switches of their segment at once.

Where all these switches have Ethernet segments, the members are in use together (RFC 7432 section 14.1.2); so they are without EVPN
where two switches of a kind are an MLAG pair. Elsewhere one is used at a time, which takes nothing of a switch but to learn where a MAC
address has gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from labgen.devices import registry
from labgen.devices.base import DeviceFacts, FabricCapability
from labgen.ground.labplan import InterfacePlan, LagPlan, NodePlan, PlanWarning
from labgen.ground.vocabulary import Role
from labgen.ground.yamldoc import Place
from labgen.spec.model import Spec

BOND = "bond{n}"
"""A bond as Linux, and netlab, name it."""
_SYSTEM = 0x02E5_0000_0000
"""First of the system identifiers of LACP: locally administered."""
PEER_VLAN = 4094
"""The VLAN of a peer link, as netlab has it on every device whose pairs need one."""
_ARBITRARY = 0x00
"""Type of an Ethernet segment identifier that an operator sets (RFC 7432 section 5)."""


class BondDraft(NamedTuple):
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


class Bonds:
    """The bonds of a spec. `segment_switches` have Ethernet segments; one that has none makes a bond one whose members take turns.
    `mlag_switches` can be one of an MLAG pair, each with its device.
    """

    def __init__(
        self,
        spec: Spec,
        segment_switches: frozenset[str] = frozenset(),
        mlag_switches: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.spec = spec
        self.segment_switches = segment_switches
        self.mlag_switches = mlag_switches

    @cached_property
    def pairs(self) -> tuple[frozenset[str], ...]:
        """MLAG pairs: two switches of one device with a link, and a bond to both. A switch is in one pair at most."""
        links = {frozenset(ends) for ends in self.spec.link_ends} if self.spec.overlay is None else set()
        found: dict[frozenset[str], None] = {}
        for bond in self.of.values():
            devices = {self.mlag_switches.get(switch, "") for switch in bond.switches}
            ends = frozenset(bond.switches)
            alone = not any(ends & other for other in found if ends != other)
            if len(bond.switches) == 2 and len(devices) == 1 and all(devices) and ends in links and alone:
                found[ends] = None
        return tuple(found)

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
            mlag=frozenset(bond.switches) in self.pairs,
        )


def lacks(node: NodePlan, facts: DeviceFacts) -> Iterator[tuple[Place, str, str]]:
    """Lacks of a switch for the bonds it is part of, and of a node for a bond of its own: the place in the spec that asks for it, the
    lack, a way out."""
    able = facts.fabric.bonds
    for vlan in node.vlans if node.mlag else ():
        if vlan.id == PEER_VLAN:
            place: Place = ("segments", vlan.segment)
            yield place, f"keeps VLAN {PEER_VLAN} for its peer link (MLAG)", "give the segment another VLAN"
    for port in node.interfaces:
        if port.lag is not None and port.lag.members and not facts.embedded:
            place = ("segments", port.segment or "")
            yield (
                place,
                "has no bond of its own that labgen could configure",
                "let it run on Linux, or attach it to one switch",
            )
    for port in _parts(node):
        place = ("segments", port.segment or "", "attach", node.name)
        tunnelled = any(vlan.vni for vlan in node.vlans if vlan.id == port.vlan)
        if port.lag is not None and port.lag.mlag:
            continue
        if facts.fabric.mlag and not tunnelled:
            yield (
                place,
                "shares a bond without EVPN (MLAG) with one other switch of its device that it has a link to, and with no more",
                f"add a link between two `{facts.name}` switches, or write `overlay: {{control: evpn, multihoming: true}}`",
            )
        elif not tunnelled and able != "moves":
            what = "has no bonds to several switches without EVPN (MLAG) that labgen could configure"
            yield place, what, _others(lambda can: can.mlag or can.bonds == "moves")
        elif not able:
            what = "has no bonds to several switches that labgen could configure"
            yield place, what, _others(lambda can: bool(can.bonds))
        elif able == "segment" and port.lag and not port.lag.esi:
            yield (
                place,
                "shares no bond with a switch that has no Ethernet segment",
                "let all switches of a bond be of one device",
            )


def _others(able: Callable[[FabricCapability], bool]) -> str:
    """Switches that can do it."""
    found = registry.everything().items()
    names = [name for name, other in found if Role.SWITCH in other.facts.roles and able(other.facts.fabric)]
    return f"use one of: {', '.join(names)}"


def warnings(node: NodePlan, facts: DeviceFacts) -> Iterator[PlanWarning]:
    """Warnings about members that take turns where EVPN could use them all."""
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
