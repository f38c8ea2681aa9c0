"""EOS configuration from a plan: the whole of it, and the DHCP part alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from labgen.devices import fabric, option_words
from labgen.devices.sections import short
from labgen.ground.labplan import InterfacePlan, LabPlan, LagPlan, NodePlan, RelayPlan, ScopePlan, VrrpPlan
from labgen.ground.templating import render
from labgen.ground.vocabulary import DEFAULT_VRF, Address, Interface

PEER = {"vlan": 4094, "channel": 1000}
"""VLAN and port channel of a peer link."""


@dataclass(frozen=True, slots=True)
class EosHelper:
    """One helper address; `vrf` is empty where it is the client's own, `source` where EOS is to choose."""

    address: Address
    vrf: str
    source: str


@dataclass(frozen=True, slots=True)
class RelayedInterface:
    interface: str
    helpers: tuple[EosHelper, ...]


@dataclass(frozen=True, slots=True)
class EosPort:
    """An interface as the template lays it out."""

    name: str
    kind: str
    description: str
    vrf: str
    vlan: int | None
    address: str
    anycast: str
    dhcp: bool
    ospf: bool
    point_to_point: bool
    helpers: tuple[EosHelper, ...]
    vlans: tuple[int, ...]
    secondary: tuple[Interface, ...] = ()
    vrrp: VrrpPlan | None = None
    lag: EosLag | None = None


@dataclass(frozen=True, slots=True)
class EosLag:
    """A port channel that is an Ethernet segment, or one of an MLAG pair, where `esi` is empty. `esi` is in groups of two octets,
    `system` in Arista's notation."""

    name: str
    number: int
    esi: str
    target: str
    system: str


@dataclass(frozen=True, slots=True)
class EosOspf:
    """An OSPF process; `vrf` is empty for the default VRF."""

    id: int
    vrf: str
    passive: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EosScope:
    """A DHCP scope with its lease time split as EOS wants it."""

    plan: ScopePlan
    days: int
    hours: int
    minutes: int
    dns: tuple[Address, ...]


def full(plan: LabPlan, node: NodePlan) -> str:
    """The complete startup configuration."""
    return render(
        "eos/config.j2",
        plan=plan,
        node=node,
        short=short,
        names={port.linux: port.name for port in node.interfaces},
        fast=fabric.fast(plan),
        information=information(node),
        ports=[_port(plan, node, port) for port in node.interfaces],
        mlag=node.mlag,
        peer=PEER,
        vxlan=plan.overlay is not None and node.role.value == "switch",
        anycast_mac=plan.anycast_mac if any(port.anycast for port in node.interfaces) else None,
        server=_server(node),
        bgp=node.bgp,
        **fabric.beyond(node),
        ospf=list(_ospf(plan, node)),
        ospf_vrfs=[vrf.name for vrf in fabric.ospf_vrfs(plan, node)],
    )


def dhcp(plan: LabPlan, node: NodePlan) -> str:
    """Relay, server and client lines, for a device whose other configuration comes from elsewhere."""
    parts = []
    loopbacks = [vrf for vrf in node.vrfs if vrf.loopback]
    further = [port for port in node.interfaces if port.secondary]
    if node.relays or loopbacks or further:
        relays = [RelayedInterface(relay.interface, helpers(relay)) for relay in node.relays]
        parts.append(
            render(
                "eos/relay.j2",
                information=information(node),
                loopbacks=loopbacks,
                further=further,
                relays=relays,
            )
        )
    parts.append(_server(node))
    if node.client:
        parts.append(render("eos/client.j2", client=node.client))
    return "".join(parts)


def information(node: NodePlan) -> bool:
    """True if option 82 is on: EOS needs it for any sub-option, another VRF, and a source interface."""
    return any(relay.sent or relay.inter_vrf or relay.source for relay in node.relays)


def helpers(relay: RelayPlan) -> tuple[EosHelper, ...]:
    """Helper addresses, each once, with the VRF where it is not the client's."""
    return tuple(
        EosHelper(address, vrf if vrf != relay.vrf else "", _source(relay)) for address, vrf in relay.asks
    )


def _source(relay: RelayPlan) -> str:
    """The words that set giaddr on EOS. Between VRFs it takes the outgoing interface's address by itself."""
    owner = relay.source
    if owner is None or (relay.inter_vrf and owner.outgoing):
        return ""
    if owner.kind == "loopback":
        return f"source-interface {owner.interface}"
    return f"source-address {relay.giaddr}"


def _lag(lag: LagPlan) -> EosLag:
    """The route target by which the switches of the segment find each other is its system identifier (RFC 7432 section 7.6)."""
    esi, system = lag.esi.replace(":", ""), lag.system_mac.replace(":", "")
    return EosLag(
        name=lag.name,
        number=lag.number,
        esi=":".join(esi[n : n + 4] for n in range(0, len(esi), 4)),
        target=lag.system_mac,
        system=".".join(system[n : n + 4] for n in range(0, len(system), 4)),
    )


def _port(plan: LabPlan, node: NodePlan, port: InterfacePlan) -> EosPort:
    relays = [relay for relay in node.relays if relay.interface == port.name]
    return EosPort(
        name=port.name,
        kind=port.kind,
        description=fabric.description(port),
        vrf=port.vrf,
        vlan=port.vlan,
        address=str(port.address) if port.address else "",
        anycast=str(port.anycast) if port.anycast else "",
        dhcp=port.dhcp,
        ospf=fabric.ospf_instance(plan, node, port) is not None,
        point_to_point=port.kind == "p2p" and port.ospf and node.ospf,
        helpers=tuple(helper for relay in relays for helper in helpers(relay)),
        vlans=port.vlans,
        secondary=port.secondary,
        lag=_lag(port.lag) if port.lag else None,
        vrrp=port.vrrp,
    )


def _ospf(plan: LabPlan, node: NodePlan) -> Iterator[EosOspf]:
    if node.ospf:
        yield EosOspf(1, "", tuple(port.name for port in fabric.passive(plan, node, DEFAULT_VRF)))
    for vrf in fabric.ospf_vrfs(plan, node):
        yield EosOspf(vrf.table, vrf.name, tuple(port.name for port in fabric.passive(plan, node, vrf.name)))


def _server(node: NodePlan) -> str:
    if node.server is None:
        return ""
    ports = [port.name for port in node.interfaces if port.address]
    return render("eos/server.j2", scopes=[_scope(scope) for scope in node.server.scopes], ports=ports)


def _scope(scope: ScopePlan) -> EosScope:
    minutes = max(1, -(-scope.lease // 60))
    dns = tuple(
        address for each in scope.options if each.code == 6 for address in option_words.addresses(each)
    )
    return EosScope(scope, minutes // 1440, minutes // 60 % 24, minutes % 60, dns)
