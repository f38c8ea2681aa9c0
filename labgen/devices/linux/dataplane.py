"""The data plane of a Linux node, derived from the plan once: bridges, VXLAN devices and anycast gateways, by their kernel names.

The embedded lab makes it with netlink, containers with a shell script.
"""

from collections.abc import Iterator
from typing import NamedTuple

from labgen.ground.labplan import InterfacePlan, LabPlan, NodePlan, VlanPlan, VrfPlan
from labgen.ground.vocabulary import Address, Interface

"""The first octets of a virtual router's MAC address; its group follows (RFC 5798 section 7.3)."""


class Bridge(NamedTuple):
    """The bridge of a VLAN or of a transit VNI. Where the VLAN is routed on this switch, the bridge is its routed interface."""

    name: str
    vrf: str
    mac: str | None = None
    address: Interface | None = None
    further: tuple[Interface, ...] = ()


class Tunnel(NamedTuple):
    """A VXLAN device on a bridge (RFC 7348). `learning`: no control plane says what is behind it; then `flood` holds the remote VTEPs
    of ingress replication.
    """

    name: str
    vni: int
    bridge: str
    vrf: str
    local: str
    learning: bool = False
    flood: tuple[Address, ...] = ()


class Gateway(NamedTuple):
    """A gateway beside a bridge's own address: a macvlan device with the MAC address that the switches share.

    `anycast`: all of them have it at once, so the bridge is told that it is its own. A virtual router has to hear the announcements
    that others send from that address, which a macvlan in private mode keeps to itself.
    """

    name: str
    bridge: str
    vrf: str
    mac: str
    address: Interface
    anycast: bool = True
    further: tuple[Interface, ...] = ()


class Tagged(NamedTuple):
    """A VLAN on a trunk: an interface of its own in the VLAN's bridge, as 802.1Q makes it."""

    name: str
    port: str
    vlan: int
    bridge: str
    vrf: str


class Snooped(NamedTuple):
    """An access port that is not in its bridge: of the veth pair in its place `inner` is the snooper's end and `bridged` in the bridge."""

    port: str
    inner: str
    bridged: str
    bridge: str
    vrf: str


def snooped(node: NodePlan) -> tuple[Snooped, ...]:
    """One for each access port that is snooped on."""
    return tuple(
        Snooped(port.linux, f"{port.linux}-snoop", f"{port.linux}-br", f"vlan{each.vlan}", each.vrf)
        for each in node.snooping
        for port in each.ports
    )


def tagged(node: NodePlan) -> tuple[Tagged, ...]:
    """One for each VLAN of each trunk."""
    vrfs = {vlan.id: vlan.vrf for vlan in node.vlans}
    return tuple(
        Tagged(f"{port.linux}.{vlan}", port.linux, vlan, f"vlan{vlan}", vrfs[vlan])
        for port in node.interfaces
        if port.kind == "trunk"
        for vlan in port.vlans
    )


def bridge_name(vlan: VlanPlan) -> str:
    return f"vlan{vlan.id}"


def tunnel_name(vlan: VlanPlan) -> str:
    return f"vxlan{vlan.id}"


def transit_bridge(vrf: VrfPlan) -> str:
    """Kernel names have 15 characters at most; a VNI has eight digits."""
    return f"brvni{vrf.transit_vni}"


def port_address(port: InterfacePlan) -> Interface | None:
    """The address that the lab gives an interface: none where DHCP does."""
    return None if port.dhcp else port.address


def bridges(node: NodePlan) -> tuple[Bridge, ...]:
    """One for each VLAN, one for each transit VNI."""
    routed = {port.vlan: port for port in node.interfaces if port.kind == "svi"}
    vlans = (_vlan_bridge(vlan, routed.get(vlan.id)) for vlan in node.vlans)
    transits = (Bridge(transit_bridge(vrf), vrf.name, vrf.router_mac) for vrf in _with_transit(node))
    return (*vlans, *transits)


def _vlan_bridge(vlan: VlanPlan, svi: InterfacePlan | None) -> Bridge:
    if svi is None:
        return Bridge(bridge_name(vlan), vlan.vrf)
    return Bridge(svi.linux, vlan.vrf, svi.mac, port_address(svi), svi.secondary)


def tunnels(plan: LabPlan, node: NodePlan) -> tuple[Tunnel, ...]:
    """One for each VNI that ends here, transit VNIs last."""
    static = plan.overlay is not None and plan.overlay.control == "static"
    local = str(node.loopback.ip) if node.loopback else ""
    stretched = (
        Tunnel(
            tunnel_name(vlan),
            vlan.vni,
            bridge_name(vlan),
            vlan.vrf,
            local,
            static,
            vlan.flood if static else (),
        )
        for vlan in node.vlans
        if vlan.vni
    )
    transits = (
        Tunnel(f"vxvni{vrf.transit_vni}", vrf.transit_vni, transit_bridge(vrf), vrf.name, local)
        for vrf in _with_transit(node)
        if vrf.transit_vni
    )
    return (*stretched, *transits)


def gateways(plan: LabPlan, node: NodePlan) -> tuple[Gateway, ...]:
    """One for each VLAN with an anycast gateway, or with a part in a virtual router, whose address FRR turns on and off."""
    return (
        *(
            Gateway(
                f"varp{port.vlan}", port.linux, port.vrf, plan.anycast_mac, port.anycast, True, port.shared
            )
            for port in node.interfaces
            if port.kind == "svi" and port.anycast and plan.anycast_mac
        ),
        *(
            Gateway(
                f"vrrp{port.vlan}",
                port.linux,
                port.vrf,
                port.vrrp.mac,
                port.vrrp.address,
                False,
                port.vrrp.further,
            )
            for port in node.interfaces
            if port.vrrp
        ),
    )


def capture_ports(node: NodePlan) -> Iterator[str]:
    """All data interfaces, and the transit bridges: what a node itself sends over its transit VNI is seen bare only there."""
    yield from (port.linux for port in node.interfaces if port.kind not in ("trunk", "member"))
    yield from (each.name for each in tagged(node))
    yield from (transit_bridge(vrf) for vrf in _with_transit(node))


def _with_transit(node: NodePlan) -> Iterator[VrfPlan]:
    return (vrf for vrf in node.vrfs if vrf.transit_vni)
