"""IOS and IOS XE configuration from a plan: the whole of it, and the DHCP part alone.

VLANs are bridge domains with BDI interfaces, as on CSR 1000v, Catalyst 8000v and IOL.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from labgen.devices import fabric, option_words
from labgen.devices.sections import dotted
from labgen.ground.labplan import (
    AddressRange,
    InterfacePlan,
    LabPlan,
    NodePlan,
    OptionPlan,
    RelayPlan,
    RelaySide,
    ScopePlan,
    ServerPlan,
    VrrpPlan,
)
from labgen.ground.planned_serving import INFINITE
from labgen.ground.templating import render
from labgen.ground.vocabulary import DEFAULT_VRF, Address, Existing, Interface, Network, RelayOption

DAY = 86400
TRANSIT_DOMAIN = 3800
SERVER_DEBUGS = ("debug ip dhcp server packet", "debug ip dhcp server events")
CLIENT_DEBUGS = ("debug dhcp detail",)
ACTIONS = {
    Existing.KEEP: "keep",
    Existing.APPEND: "encapsulate",
    Existing.REPLACE: "replace",
    Existing.DROP: "drop",
}


@dataclass(frozen=True, slots=True)
class IosPort:
    """An interface as the template lays it out; `ospf` is the process number."""

    name: str
    kind: str
    description: str = ""
    vrf: str = DEFAULT_VRF
    vlan: int | None = None
    address: Interface | None = None
    mac: str = ""
    dhcp: bool = False
    unnumbered: bool = False
    ospf: int | None = None
    point_to_point: bool = False
    relay: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    vlans: tuple[int, ...] = ()
    secondary: tuple[Interface, ...] = ()
    vrrp: VrrpPlan | None = None
    hsrp: VrrpPlan | None = None


@dataclass(frozen=True, slots=True)
class Domain:
    """A bridge domain and its members."""

    id: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IosVni:
    """A member of nve1: a VLAN's, or with `vrf` a transit VNI."""

    number: int
    vrf: str = ""
    flood: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IosOspf:
    id: int
    vrf: str
    passive: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IosScope:
    """A pool; `vrf` where sub-option 151 selects it, `lease` as IOS writes it, empty for its default."""

    name: str
    prefix: Network
    vrf: str
    excluded: tuple[AddressRange, ...]
    router: Address | None
    lease: str
    options: tuple[str, ...] = ()


def full(plan: LabPlan, node: NodePlan, title: str, family: frozenset[str]) -> str:
    """The complete configuration but management, which the machine's bootstrap brings."""
    vlans = [vlan for vlan in node.vlans if vlan.vni and fabric.evpn(plan)]
    ports = [_port(plan, node, port) for port in node.interfaces]
    return render(
        "ios/config.j2",
        plan=plan,
        node=node,
        title=title,
        names={port.linux: port.name for port in node.interfaces},
        fast=fabric.fast(plan),
        head=_head(plan, node, family),
        server=_server(plan, node),
        evpn_vlans=vlans,
        bridge_domains=list(_domains(plan, node)),
        ports=[*ports, *_transit_ports(node)],
        by_vrrp=any(port.vrrp for port in ports),
        vnis=list(_vnis(plan, node)),
        ospf=list(_ospf(plan, node)),
        ospf_vrfs=[vrf.name for vrf in fabric.ospf_vrfs(plan, node)],
        bgp=node.bgp,
        **fabric.beyond(node),
        debugs=debugs(node),
    )


def dhcp(plan: LabPlan, node: NodePlan, family: frozenset[str]) -> str:
    """Relay, server and client lines, the debugs, and where their output goes."""
    own = any(port.anycast or port.secondary or fabric.moving(port, "hsrp") for port in node.interfaces)
    if not (node.relays or node.forwards or node.server or node.client or own):
        return ""
    ports = [_port(plan, node, port) for port in node.interfaces]
    return render(
        "ios/dhcp.j2",
        head=_head(plan, node, family),
        server=_server(plan, node),
        loopbacks=[vrf for vrf in node.vrfs if vrf.loopback],
        ports=[
            port for port in ports if port.helpers or port.dhcp or port.mac or port.secondary or port.hsrp
        ],
        debugs=debugs(node),
    )


def debugs(node: NodePlan) -> tuple[str, ...]:
    """The debugs verification reads; relays use the server's."""
    found = SERVER_DEBUGS if node.relays or node.forwards or node.server else ()
    return found + (CLIENT_DEBUGS if node.client else ())


def option(plan: OptionPlan) -> str:
    """An option of a pool. Those that IOS has a command for have no other."""
    words = {6: "dns-server", 44: "netbios-name-server"}
    if plan.code in words:
        return f"{words[plan.code]} {' '.join(map(str, option_words.addresses(plan)))}"
    if plan.code == 15:
        return f"domain-name {option_words.text(plan)}"
    return f"option {plan.code} hex {option_words.grouped(plan)}"


def lease(seconds: int) -> str:
    """`days [hours [minutes]]`, rounded up to a minute; empty for IOS's own default of one day."""
    if seconds == INFINITE:
        return "infinite"
    minutes = max(1, -(-seconds // 60))
    if minutes * 60 == DAY:
        return ""
    parts = [minutes // 1440, minutes // 60 % 24, minutes % 60]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return " ".join(str(part) for part in parts)


def helpers(side: RelaySide) -> Iterator[str]:
    """The words after `ip helper-address`: the VRF is named only where it is not the client's."""
    for address, vrf in side.asks:
        if vrf == side.vrf:
            yield str(address)
        else:
            yield f"global {address}" if vrf == DEFAULT_VRF else f"vrf {vrf} {address}"


def _head(plan: LabPlan, node: NodePlan, family: frozenset[str]) -> str:
    """Global relay lines. `family` holds the devices that understand Cisco's own sub-options 150 and 152."""
    servers = {plan.node(target.server).device for relay in node.relays for target in relay.targets}
    vpn = any(_vpn(relay) for relay in node.relays)
    return render(
        "ios/relay.j2",
        vpn=vpn,
        circuit_id=any(_inserts(relay) for relay in node.relays),
        standard=any(RelayOption.LINK_SELECTION in relay.sent for relay in node.relays)
        and not servers <= family,
        chain=bool(node.forwards),
    )


def _vpn(relay: RelayPlan) -> bool:
    """True if sub-options 5, 11 and 151 go with the VPN option, which is for interfaces in a VRF."""
    return relay.vrf != DEFAULT_VRF and RelayOption.LINK_SELECTION in relay.sent


def _inserts(relay: RelayPlan) -> bool:
    return RelayOption.CIRCUIT_ID in relay.sent


def _relay_lines(node: NodePlan, relay: RelayPlan) -> Iterator[str]:
    """Lines of an interface about relaying beside its helper addresses, where that is not what the whole device does.

    Between VRFs IOS takes giaddr from the outgoing interface by itself.
    """
    owner = relay.source
    if owner is not None and not (relay.inter_vrf and owner.outgoing):
        yield f"source-interface {owner.interface}"
    if relay.vrf == DEFAULT_VRF and RelayOption.LINK_SELECTION in relay.sent:
        yield "information option server-id-override"
    if relay.vrf != DEFAULT_VRF and not _vpn(relay) and any(_vpn(other) for other in node.relays):
        yield "information option vpn-id none"
    if not relay.sent and any(_inserts(other) for other in node.relays):
        yield "information option-insert none"  # no option 82 at all
    if relay.trusted:
        yield "information trusted"
    if relay.existing:
        yield f"information policy-action {ACTIONS[relay.existing]}"


def _server(plan: LabPlan, node: NodePlan) -> str:
    if node.server is None:
        return ""
    scopes = [_scope(plan, node.server, scope) for scope in node.server.scopes]
    return render("ios/server.j2", scopes=scopes)


def _scope(plan: LabPlan, server: ServerPlan, scope: ScopePlan) -> IosScope:
    relays = plan.relays(scope.segment)
    named = bool(relays) and all(fabric.names_vrf(switch, relay) for switch, relay in relays)
    name = f"p_{scope.prefix.network_address}"
    alone = [each.prefix.network_address for each in server.scopes].count(scope.prefix.network_address) == 1
    return IosScope(
        name=name if alone else f"{name}_{scope.vrf}",
        prefix=scope.prefix,
        vrf=scope.vrf if named else "",
        excluded=scope.excluded,
        router=scope.router,
        lease=lease(scope.lease),
        options=tuple(map(option, scope.options)),
    )


def _port(plan: LabPlan, node: NodePlan, port: InterfacePlan) -> IosPort:
    relays = [relay for relay in node.relays if relay.interface == port.name]
    sides = (*relays, *(side for side in node.forwards if side.interface == port.name))
    return IosPort(
        name=port.name,
        kind=port.kind,
        description=fabric.description(port),
        vrf=port.vrf,
        vlan=port.vlan,
        address=port.address,
        mac=dotted(plan.anycast_mac) if port.anycast and plan.anycast_mac else "",
        dhcp=port.dhcp,
        ospf=fabric.ospf_instance(plan, node, port),
        point_to_point=port.kind == "p2p" and port.ospf and node.ospf,
        relay=tuple(dict.fromkeys(line for relay in relays for line in _relay_lines(node, relay))),
        helpers=tuple(dict.fromkeys(line for side in sides for line in helpers(side))),
        vlans=port.vlans,
        secondary=port.secondary,
        vrrp=fabric.moving(port, "vrrp"),
        hsrp=fabric.moving(port, "hsrp"),
    )


def _transit_ports(node: NodePlan) -> Iterator[IosPort]:
    for number, vrf in enumerate(node.vrfs):
        if vrf.transit_vni:
            yield IosPort(f"BDI{TRANSIT_DOMAIN + number}", "svi", vrf=vrf.name, unnumbered=True)


def _domains(plan: LabPlan, node: NodePlan) -> Iterator[Domain]:
    for vlan in node.vlans:
        ports = (
            port
            for port in node.interfaces
            if (port.vlan == vlan.id and port.kind == "access") or vlan.id in port.vlans
        )
        members = [f"{port.name} service-instance {vlan.id}" for port in ports]
        if vlan.vni:
            members.append(
                f"evpn-instance {vlan.id} vni {vlan.vni}" if fabric.evpn(plan) else f"vni {vlan.vni}"
            )
        yield Domain(vlan.id, tuple(members))
    for number, vrf in enumerate(node.vrfs):
        if vrf.transit_vni:
            yield Domain(TRANSIT_DOMAIN + number, (f"vni {vrf.transit_vni}",))


def _vnis(plan: LabPlan, node: NodePlan) -> Iterator[IosVni]:
    for vlan in node.vlans:
        if vlan.vni:
            yield IosVni(vlan.vni, flood=tuple(str(remote) for remote in vlan.flood))
    for vrf in node.vrfs:
        if vrf.transit_vni:
            yield IosVni(vrf.transit_vni, vrf.name)


def _ospf(plan: LabPlan, node: NodePlan) -> Iterator[IosOspf]:
    if node.ospf:
        yield IosOspf(1, "", tuple(port.name for port in fabric.passive(plan, node, DEFAULT_VRF)))
    for vrf in fabric.ospf_vrfs(plan, node):
        yield IosOspf(vrf.table, vrf.name, tuple(port.name for port in fabric.passive(plan, node, vrf.name)))
