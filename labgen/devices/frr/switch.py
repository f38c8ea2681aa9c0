"""A Linux switch routed by FRR, whatever program relays DHCP on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from labgen.devices import linux, ports, process, reading
from labgen.devices.base import (
    Action,
    Artifact,
    Daemon,
    DeviceFacts,
    FabricCapability,
    Naming,
    Probe,
    RelayCapability,
)
from labgen.devices.frr import routing, state
from labgen.devices.observed import Observed, Raw
from labgen.devices.tools import ContainerNode, Files, NetlabNode
from labgen.dhcp.logs import LogFormat
from labgen.dhcp.model import Role as MessageRole
from labgen.plan.model import LabPlan, NodePlan, Role

RELAY_STATE = "relay-state"


class RelayProgram(Protocol):
    """A program that relays: its files, its process and its log."""

    @property
    def log(self) -> Probe: ...

    @property
    def format(self) -> LogFormat: ...

    def files(self, node: NodePlan) -> Iterable[Artifact]: ...

    def daemon(self, node: NodePlan) -> Daemon: ...

    def kernel_vrfs(self, node: NodePlan) -> Mapping[str, str]:
        """Texts of files, by absolute path, that differ where VRFs are kernel devices."""
        ...


@dataclass(frozen=True, slots=True)
class FrrSwitch:
    """FRR and a relay program, which runs on the switches that relay."""

    facts: DeviceFacts
    relay: RelayProgram

    def artifacts(self, plan: LabPlan, node: NodePlan) -> Iterable[Artifact]:
        yield from routing.artifacts(plan, node)
        if relays(node):
            yield from self.relay.files(node)

    def netlab(self, plan: LabPlan, node: NodePlan, files: Files) -> NetlabNode:
        """VRFs are kernel devices there."""
        return linux.netlab_node(self, plan, node, files, self._kernel_vrfs(node))

    def container(self, plan: LabPlan, node: NodePlan, files: Files) -> ContainerNode:
        """VRFs are kernel devices there."""
        return linux.container_node(self, plan, node, files, self._kernel_vrfs(node))

    def daemons(self, plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
        return (*routing.daemons(plan, node), *([self.relay.daemon(node)] if relays(node) else []))

    def probes(self, plan: LabPlan, node: NodePlan) -> tuple[Probe, ...]:
        if not relays(node):
            return state.probes(node)
        return (*state.probes(node), process.state(RELAY_STATE, self.relay.daemon(node)), self.relay.log)

    def observe(self, plan: LabPlan, node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
        log = raw.get(self.relay.log.name)
        parts = [
            state.observe(node, raw),
            reading.records(self.relay.format.parse, log, node.name, MessageRole.RELAY),
            reading.running(raw.get(RELAY_STATE), node.name, "relay"),
        ]
        return Observed.total(parts)

    def actions(self, plan: LabPlan, node: NodePlan) -> Mapping[str, Action]:
        relay = process.actions("relay", self.relay.daemon(node)) if relays(node) else {}
        return relay | ports.actions(node)

    def _kernel_vrfs(self, node: NodePlan) -> dict[str, str]:
        return dict(self.relay.kernel_vrfs(node)) if relays(node) else {}


def relays(node: NodePlan) -> bool:
    """Whether a switch relays, for clients or for other relays."""
    return bool(node.relays or node.forwards)


def facts(
    name: str,
    title: str,
    relay: RelayCapability,
    packages: tuple[str, ...] = (),
    programs: tuple[str, ...] = (),
) -> DeviceFacts:
    """Facts of a switch; `packages` and `programs` are the relay program's."""
    return DeviceFacts(
        name=name,
        title=title,
        roles=frozenset({Role.SWITCH}),
        naming=Naming(port="eth{n}", svi="vlan{vlan}", loopback="lo"),
        netlab="frr",
        containerlab="linux",
        netmiko="linux",
        relay=relay,
        fabric=FabricCapability(vrf_loopback=True, unnumbered=True, relay_chain=True),
        evidence="run here",
        packages=("frr", *packages),
        programs=("/usr/lib/frr/zebra", "/usr/lib/frr/ospfd", "/usr/lib/frr/bgpd", "vtysh", *programs),
        cli=("vtysh",),
        embedded=True,
    )
