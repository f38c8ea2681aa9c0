"""VLANs of a switch whose VLANs netlab does not make: what a template says of them, and of the routing on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from labgen.devices import fabric
from labgen.ground.labplan import InterfacePlan, LabPlan, NodePlan, VlanPlan, VrrpPlan
from labgen.ground.vocabulary import DEFAULT_VRF, Interface, Network


@dataclass(frozen=True, slots=True)
class RoutedVlan:
    """The routed interface of a VLAN. `vrf` is empty for the default one; `anycast` is an address
    that the switches share, which may be its own."""

    name: str
    vrf: str
    address: Interface
    anycast: Interface | None
    vrrp: VrrpPlan | None


@dataclass(frozen=True, slots=True)
class VlanSection:
    """A VLAN, its ports without and with tags, and its routed interface where it has one."""

    plan: VlanPlan
    untagged: tuple[str, ...]
    tagged: tuple[str, ...]
    routed: RoutedVlan | None


@dataclass(frozen=True, slots=True)
class OspfSection:
    """Routed VLANs that an OSPF process advertises, and those on which it speaks to nobody. `vrf` is empty for the default one."""

    process: int
    vrf: str
    ports: tuple[str, ...]
    passive: frozenset[str]


@dataclass(frozen=True, slots=True)
class VlansSection:
    """All VLANs of a switch. `networks` are what BGP tells of them where it is the underlay, `isis` the interfaces IS-IS advertises."""

    vlans: tuple[VlanSection, ...]
    ospf: tuple[OspfSection, ...]
    networks: tuple[Network, ...]
    isis: tuple[str, ...]

    @property
    def moving(self) -> tuple[RoutedVlan, ...]:
        """Routed VLANs with a gateway that moves between switches."""
        return tuple(vlan.routed for vlan in self.vlans if vlan.routed and vlan.routed.vrrp)

    @property
    def tagged(self) -> tuple[tuple[str, int], ...]:
        """Every port that carries a VLAN with tags, with the VLAN."""
        return tuple((port, vlan.plan.id) for vlan in self.vlans for port in vlan.tagged)

    @property
    def trunks(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(port for port, _ in self.tagged))

    @property
    def vrfs(self) -> tuple[str, ...]:
        """VRFs, without the default one, in which VLANs are routed."""
        found = (vlan.routed.vrf for vlan in self.vlans if vlan.routed)
        return tuple(dict.fromkeys(vrf for vrf in found if vrf))

    @property
    def untagged(self) -> tuple[str, ...]:
        return tuple(port for vlan in self.vlans for port in vlan.untagged)


def section(plan: LabPlan, node: NodePlan) -> VlansSection | None:
    """The VLANs of a switch; None where it has none."""
    if not node.vlans:
        return None
    ports = [port for port in node.interfaces if port.kind == "svi" and port.address]
    default = [port for port in ports if port.vrf == DEFAULT_VRF]
    by_bgp = plan.underlay == "ebgp" and node.bgp is not None and node.bgp.underlay
    return VlansSection(
        vlans=tuple(_vlan(node, vlan) for vlan in node.vlans),
        ospf=tuple(_ospf(plan, node, ports)),
        networks=tuple(port.address.network for port in default if port.address) if by_bgp else (),
        isis=tuple(port.name for port in default) if node.isis else (),
    )


def _vlan(node: NodePlan, vlan: VlanPlan) -> VlanSection:
    svi = next((port for port in node.interfaces if port.kind == "svi" and port.vlan == vlan.id), None)
    return VlanSection(
        plan=vlan,
        untagged=tuple(
            port.name for port in node.interfaces if port.kind == "access" and port.vlan == vlan.id
        ),
        tagged=tuple(port.name for port in node.interfaces if vlan.id in port.vlans),
        routed=_routed(svi) if svi is not None and svi.address else None,
    )


def _routed(port: InterfacePlan) -> RoutedVlan:
    assert port.address is not None
    return RoutedVlan(
        name=port.name,
        vrf="" if port.vrf == DEFAULT_VRF else port.vrf,
        address=port.address,
        anycast=port.anycast,
        vrrp=fabric.moving(port, "vrrp"),
    )


def _ospf(plan: LabPlan, node: NodePlan, ports: list[InterfacePlan]) -> Iterator[OspfSection]:
    """Routed VLANs by process. In a VRF it is worth one only where it has somebody to speak to."""
    by_process: dict[tuple[int, str], list[InterfacePlan]] = {}
    for port in ports:
        process = fabric.ospf_instance(plan, node, port)
        if process is not None:
            by_process.setdefault((process, port.vrf), []).append(port)
    for (process, vrf), own in by_process.items():
        passive = frozenset(port.name for port in own if port.passive)
        if vrf == DEFAULT_VRF:
            yield OspfSection(process, "", tuple(port.name for port in own), passive)
        elif len(passive) < len(own):
            yield OspfSection(process, vrf, tuple(port.name for port in own), passive)
