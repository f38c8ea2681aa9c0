"""Devices labgen configures for DHCP alone; netlab configures the rest of them.

The DHCP section of a node is a file of the lab folder (`config/<node>/dhcp.<suffix>`) and netlab's custom configuration. What
was never run on the device is marked in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from labgen.devices import fabric, snooping, vlans
from labgen.devices.base import Artifact, Daemon, DeviceFacts
from labgen.devices.tools import ContainerNode, Files, NetlabNode
from labgen.ground.labplan import (
    AddressRange,
    ForwardPlan,
    InterfacePlan,
    LabPlan,
    NodePlan,
    OptionPlan,
    RelayPlan,
    RelaySide,
    ReservationPlan,
    ScopePlan,
)
from labgen.ground.naming import NAME_LENGTH as NAME_LENGTH
from labgen.ground.naming import short as short
from labgen.ground.planned_serving import INFINITE
from labgen.ground.templating import render
from labgen.ground.vocabulary import DEFAULT_VRF, Address, Existing, Interface, Network, RelayOption


@dataclass(frozen=True, slots=True)
class RelaySection:
    """Relay intent on one interface, cut down to what the device can do.

    `base` and `unit` are the interface's name before and after the last dot. `vrf` is empty for the default one, `server_vrf` where
    the servers are in the client's. `source` is the interface to take giaddr from; empty, and `giaddr` None, where that is
    the client interface. `ospf` tells that netlab has OSPF on the interface, `passive` that it speaks to nobody there.
    """

    number: int
    interface: str
    base: str
    unit: str
    vlan: int | None
    vrf: str
    address: Interface
    servers: tuple[Address, ...]
    server_vrf: str
    source: str
    giaddr: Address | None
    options: frozenset[RelayOption]
    trusted: bool = False
    existing: Existing | None = None
    ospf: bool = False
    passive: bool = False

    @property
    def option_82(self) -> bool:
        """True if anything of option 82 is sent."""
        return bool(self.options)

    @property
    def circuit_id(self) -> bool:
        return RelayOption.CIRCUIT_ID in self.options

    @property
    def remote_id(self) -> bool:
        return RelayOption.REMOTE_ID in self.options

    @property
    def link_selection(self) -> bool:
        return RelayOption.LINK_SELECTION in self.options

    @property
    def override(self) -> bool:
        return RelayOption.SERVER_ID_OVERRIDE in self.options

    @property
    def vss(self) -> bool:
        return RelayOption.VSS in self.options


@dataclass(frozen=True, slots=True)
class VrfRelays:
    """The relays of one VRF, for devices that configure them together. `upstream` are the ports towards servers in it."""

    vrf: str
    relays: tuple[RelaySection, ...]
    upstream: tuple[str, ...]

    @property
    def interfaces(self) -> list[list[RelaySection]]:
        """Its relays by interface: more than one where an interface has several groups of servers."""
        return _by_interface(self.relays)

    @property
    def source(self) -> str:
        """The interface its relays take giaddr from; a device with one for all of them has no plan with two."""
        return next((relay.source for relay in self.relays if relay.source), "")

    @property
    def giaddr(self) -> Address | None:
        return next((relay.giaddr for relay in self.relays if relay.giaddr), None)

    @property
    def servers(self) -> tuple[Address, ...]:
        return tuple(dict.fromkeys(server for relay in self.relays for server in relay.servers))

    @property
    def options(self) -> frozenset[RelayOption]:
        return frozenset(option for relay in self.relays for option in relay.options)


@dataclass(frozen=True, slots=True)
class PoolSection:
    """A pool and its lease time in the units devices want."""

    name: str
    prefix: Network
    ranges: tuple[AddressRange, ...]
    router: Address | None
    lease: int
    days: int
    hours: int
    minutes: int
    infinite: bool = False
    options: tuple[OptionPlan, ...] = ()
    reservations: tuple[ReservationPlan, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientSection:
    """A client's port. `addresses` are what netlab gives it, which DHCP takes the place of."""

    interface: str
    base: str
    unit: str
    addresses: tuple[Interface, ...]


@dataclass(frozen=True, slots=True)
class FurtherSection:
    """A routed interface with addresses in secondary subnets; its first `address` is written by netlab, and giaddr."""

    interface: str
    base: str
    unit: str
    vlan: int | None
    vrf: str
    address: Interface
    addresses: tuple[Interface, ...]


@dataclass(frozen=True, slots=True)
class SectionDevice:
    """A device with one template for its DHCP section.

    `image` is the container image, `netlab_image` the same where netlab has none of its own. `port` names data ports
    in containerlab.
    """

    facts: DeviceFacts
    template: str
    image: str
    suffix: str = "cfg"
    port: str = "eth{n}"
    netlab_image: str | None = None
    netlab_oldest: str = "26.3"

    def artifacts(self, plan: LabPlan, node: NodePlan) -> Iterable[Artifact]:
        text = self.section(plan, node)
        if text:
            yield Artifact(f"config/{node.name}/dhcp.{self.suffix}", text)

    def section(self, plan: LabPlan, node: NodePlan) -> str:
        """Relay, server and client configuration; empty for a node that is none of these."""
        own = any(port.anycast for port in node.interfaces) and not self.facts.fabric.netlab_anycast
        standby = [port for port in node.interfaces if fabric.moving(port, "hsrp")]
        made = None if self.facts.fabric.netlab_vlan else vlans.section(plan, node)
        further = [_further(port) for port in node.interfaces if port.secondary]
        if not (
            node.relays
            or node.forwards
            or node.server
            or node.client
            or own
            or node.snooping
            or further
            or made
            or standby
        ):
            return ""
        relays = [self._relay(node, relay, number) for number, relay in enumerate(node.relays, 1)]
        relays += [_forward(node, side, number) for number, side in enumerate(node.forwards, len(relays) + 1)]
        if self.facts.relay and self.facts.relay.server_scope != "server":
            relays = _one_list(relays)
        return render(
            self.template,
            node=node,
            relays=relays,
            options={option.value for relay in relays for option in relay.options},
            interfaces=_by_interface(relays),
            vrfs=_by_vrf(node, relays),
            sources=_sources(node),
            server_vrfs=list(dict.fromkeys(relay.server_vrf for relay in relays if relay.server_vrf)),
            gateways=[port for port in node.interfaces if port.anycast],
            anycast_mac=dotted(plan.anycast_mac or ""),
            loopbacks=[vrf for vrf in node.vrfs if vrf.loopback],
            scopes=[_scope(scope) for scope in node.server.scopes] if node.server else [],
            ports=[port for port in node.interfaces if port.address and not port.dhcp],
            listening=_listening(node),
            client=_client(node),
            snooped=snooping.section(plan, node),
            further=further,
            standby=standby,
            vlans=made,
            existing=next((relay.existing.value for relay in relays if relay.existing), ""),
            **self.further(plan, node),
        )

    def further(self, plan: LabPlan, node: NodePlan) -> dict[str, object]:
        """The values that this device's template is given beside those that every one is."""
        return {}

    def netlab(self, plan: LabPlan, node: NodePlan, files: Files) -> NetlabNode:
        return NetlabNode(
            self.facts.netlab, self.netlab_image, files[0].text if files else "", oldest=self.netlab_oldest
        )

    def container(self, plan: LabPlan, node: NodePlan, files: Files) -> ContainerNode:
        return ContainerNode(self.facts.containerlab, self.image, port=self.port)

    def daemons(self, plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
        return ()

    def _relay(self, node: NodePlan, relay: RelayPlan, number: int) -> RelaySection:
        return replace(
            _passing(node, relay, number),
            source=relay.source.interface if relay.source else "",
            giaddr=relay.giaddr if relay.source else None,
            options=frozenset(relay.sent),
            trusted=relay.trusted,
            existing=relay.existing,
        )


def _forward(node: NodePlan, side: ForwardPlan, number: int) -> RelaySection:
    """The section of a port by which other relays send. Their requests go on as they are: giaddr and option 82 are theirs (RFC 1542
    section 4.1.1)."""
    return replace(_passing(node, side, number), existing=Existing.KEEP)


def _passing(node: NodePlan, side: RelaySide, number: int) -> RelaySection:
    """The part that every relaying port has: where requests come in, and who they are for."""
    port = node.interface(side.interface)
    assert port.address is not None
    base, unit = _split(port)
    server_vrf = side.targets[0].vrf
    return RelaySection(
        number=number,
        interface=side.interface,
        base=base,
        unit=unit,
        vlan=port.vlan,
        vrf="" if side.vrf == DEFAULT_VRF else side.vrf,
        address=port.address,
        servers=tuple(address for address, _ in side.asks),
        server_vrf="" if server_vrf == side.vrf else server_vrf,
        source="",
        giaddr=None,
        options=frozenset(),
        ospf=bool(port.ospf and node.ospf),
        passive=port.passive,
    )


def dotted(mac: str) -> str:
    """A MAC address as Cisco writes it: three groups of four digits."""
    digits = mac.replace(":", "")
    return ".".join(digits[n : n + 4] for n in range(0, len(digits), 4))


def _sources(node: NodePlan) -> list[tuple[str, str]]:
    """VRFs of servers, empty for the default one, each with the interface that relays into it take giaddr from."""
    found = (
        (target.vrf, relay.source.interface)
        for relay in node.relays
        if relay.source
        for target in relay.targets
    )
    return [("" if vrf == DEFAULT_VRF else vrf, source) for vrf, source in dict(found).items()]


def _one_list(relays: list[RelaySection]) -> list[RelaySection]:
    """The groups of an interface as one, for devices with one list of servers there: they ask for the same otherwise."""
    return [
        replace(groups[0], servers=tuple(dict.fromkeys(server for each in groups for server in each.servers)))
        for groups in _by_interface(relays)
    ]


def _by_interface(relays: Iterable[RelaySection]) -> list[list[RelaySection]]:
    found: dict[str, list[RelaySection]] = {}
    for relay in relays:
        found.setdefault(relay.interface, []).append(relay)
    return list(found.values())


def _by_vrf(node: NodePlan, relays: list[RelaySection]) -> list[VrfRelays]:
    vrfs = dict.fromkeys(relay.vrf for relay in relays)
    return [
        VrfRelays(
            vrf,
            tuple(relay for relay in relays if relay.vrf == vrf),
            tuple(port.name for port in fabric.upstream(node, vrf)),
        )
        for vrf in vrfs
    ]


def _split(port: InterfacePlan) -> tuple[str, str]:
    base, _, unit = port.name.rpartition(".")
    return (base, unit) if base and unit.isdecimal() else (port.name, "0")


def _listening(node: NodePlan) -> list[Address]:
    """Addresses that a server is asked at: the one that relays know, and those of its ports."""
    if node.server is None:
        return []
    ports = (port.address.ip for port in node.interfaces if port.address and not port.dhcp)
    return list(dict.fromkeys((node.server.address, *ports)))


def _scope(scope: ScopePlan) -> PoolSection:
    minutes = max(1, -(-scope.lease // 60))
    return PoolSection(
        name=short(scope.segment),
        prefix=scope.prefix,
        ranges=scope.ranges,
        router=scope.router,
        lease=scope.lease,
        days=minutes // 1440,
        hours=minutes // 60 % 24,
        minutes=minutes % 60,
        infinite=scope.lease == INFINITE,
        options=scope.options,
        reservations=scope.reservations,
    )


def _further(port: InterfacePlan) -> FurtherSection:
    assert port.address is not None
    base, unit = _split(port)
    return FurtherSection(port.name, base, unit, port.vlan, port.vrf, port.address, port.secondary)


def _client(node: NodePlan) -> ClientSection | None:
    if node.client is None:
        return None
    port = node.interface(node.client.interface)
    base, unit = _split(port)
    return ClientSection(node.client.interface, base, unit, (port.address,) if port.address else ())
