"""Devices labgen configures for DHCP alone; netlab configures the rest of them.

The DHCP section of a node is a file of the lab folder (`config/<node>/dhcp.<suffix>`) and netlab's custom configuration. What
was never run on the device is marked in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from labgen.devices.base import Artifact, Daemon, DeviceFacts
from labgen.devices.tools import ContainerNode, Files, NetlabNode
from labgen.ground.labplan import AddressRange, InterfacePlan, LabPlan, NodePlan, RelayPlan, ScopePlan
from labgen.ground.templating import render
from labgen.ground.vocabulary import DEFAULT_VRF, Address, Interface, Network, RelayOption


@dataclass(frozen=True, slots=True)
class Relay:
    """Relay intent on one interface, cut down to what the device can do.

    `base` and `unit` are the interface's name before and after the last dot. `server_vrf` is empty where the servers
    are in the client's VRF, `giaddr` None where the interface's own address is used.
    """

    interface: str
    base: str
    unit: str
    vlan: int | None
    vrf: str
    address: Interface
    servers: tuple[Address, ...]
    server_vrf: str
    giaddr: Address | None
    circuit_id: bool
    remote_id: bool
    link_selection: bool
    override: bool
    vss: bool

    @property
    def option_82(self) -> bool:
        """Whether anything of option 82 is asked for."""
        return self.circuit_id or self.remote_id or self.link_selection or self.override or self.vss


@dataclass(frozen=True, slots=True)
class Scope:
    """A pool and its lease time in the units devices want."""

    name: str
    prefix: Network
    ranges: tuple[AddressRange, ...]
    router: Address | None
    lease: int
    days: int
    hours: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Client:
    interface: str
    base: str
    unit: str


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
        if not (node.relays or node.server or node.client):
            return ""
        return render(
            self.template,
            node=node,
            relays=[self._relay(node, relay) for relay in node.relays],
            uplinks=[port for port in node.interfaces if port.kind == "p2p"],
            scopes=[_scope(scope) for scope in node.server.scopes] if node.server else [],
            ports=[port for port in node.interfaces if port.address and not port.dhcp],
            client=_client(node),
        )

    def netlab(self, plan: LabPlan, node: NodePlan, files: Files) -> NetlabNode:
        return NetlabNode(
            self.facts.netlab, self.netlab_image, files[0].text if files else "", oldest=self.netlab_oldest
        )

    def container(self, plan: LabPlan, node: NodePlan, files: Files) -> ContainerNode:
        return ContainerNode(self.facts.containerlab, self.image, port=self.port)

    def daemons(self, plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
        return ()

    def _relay(self, node: NodePlan, relay: RelayPlan) -> Relay:
        can = self.facts.relay
        assert can is not None
        port = node.interface(relay.interface)
        assert port.address is not None
        base, unit = _split(port)
        wanted = frozenset(relay.options)
        server_vrf = relay.targets[0].vrf
        return Relay(
            interface=relay.interface,
            base=base,
            unit=unit,
            vlan=port.vlan,
            vrf="" if relay.vrf == DEFAULT_VRF else relay.vrf,
            address=port.address,
            servers=tuple(target.address for target in relay.targets),
            server_vrf="" if server_vrf == relay.vrf else server_vrf,
            giaddr=relay.giaddr if relay.source != "interface" else None,
            circuit_id=RelayOption.CIRCUIT_ID in wanted,
            remote_id=RelayOption.REMOTE_ID in wanted,
            link_selection=RelayOption.LINK_SELECTION in wanted and can.link_selection,
            override=RelayOption.SERVER_ID_OVERRIDE in wanted and can.server_id_override,
            vss=RelayOption.VSS in wanted and can.vss,
        )


def _split(port: InterfacePlan) -> tuple[str, str]:
    base, _, unit = port.name.rpartition(".")
    return (base, unit) if base and unit.isdigit() else (port.name, "0")


def _scope(scope: ScopePlan) -> Scope:
    minutes = max(1, -(-scope.lease // 60))
    return Scope(
        name=scope.segment,
        prefix=scope.prefix,
        ranges=scope.ranges,
        router=scope.router,
        lease=scope.lease,
        days=minutes // 1440,
        hours=minutes // 60 % 24,
        minutes=minutes % 60,
    )


def _client(node: NodePlan) -> Client | None:
    if node.client is None:
        return None
    base, unit = _split(node.interface(node.client.interface))
    return Client(node.client.interface, base, unit)
