"""Cisco NX-OS: the relay section."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from labgen.devices.base import (
    Action,
    Device,
    DeviceFacts,
    FabricCapability,
    Naming,
    Probe,
    RelayCapability,
)
from labgen.devices.nxos import collect
from labgen.devices.observed import Observed, Raw
from labgen.devices.sections import SectionDevice
from labgen.plan.model import LabPlan, NodePlan, Role


@dataclass(frozen=True, slots=True)
class NxOs(SectionDevice):
    def probes(self, plan: LabPlan, node: NodePlan) -> tuple[Probe, ...]:
        return collect.probes(node)

    def observe(self, plan: LabPlan, node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
        return collect.observe(node, raw)

    def actions(self, plan: LabPlan, node: NodePlan) -> Mapping[str, Action]:
        return collect.actions(node)


DEVICES: tuple[Device, ...] = (
    NxOs(
        DeviceFacts(
            name="nxos",
            title="Cisco Nexus 9300v (NX-OS)",
            roles=frozenset({Role.SWITCH}),
            naming=Naming(port="Ethernet1/{n}", svi="vlan{vlan}", loopback="loopback0"),
            netlab="nxos",
            containerlab="cisco_n9kv",
            netmiko="cisco_nxos",
            relay=RelayCapability(
                inter_vrf=True, loopback_giaddr=True, link_selection=True, server_id_override=True, vss=True
            ),
            fabric=FabricCapability(anycast=False, asymmetric_irb=False),
            evidence="unverified",
            notes=(
                "use-vrf and the sub-options on the wire are unverified",
                "netlab has no anycast gateway for it",
            ),
        ),
        template="nxos/dhcp.j2",
        image="vrnetlab/cisco_n9kv:9.3.8",
    ),
)
