"""Arista EOS."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from labgen.devices.base import Artifact, Daemon, Device, DeviceFacts, Naming, RelayCapability
from labgen.plan.model import LabPlan, NodePlan, Role


@dataclass(frozen=True, slots=True)
class Eos:
    facts: DeviceFacts

    def artifacts(self, plan: LabPlan, node: NodePlan) -> Iterable[Artifact]:
        return ()

    def daemons(self, plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
        return ()


DEVICES: tuple[Device, ...] = (
    Eos(
        DeviceFacts(
            name="eos",
            title="Arista EOS",
            roles=frozenset({Role.SWITCH}),
            naming=Naming(port="Ethernet{n}", svi="Vlan{vlan}", loopback="Loopback0"),
            netlab="eos",
            containerlab="arista_ceos",
            netmiko="arista_eos",
            relay=RelayCapability(inter_vrf=True, loopback_giaddr=True, link_selection=True, server_id_override=True, vss=True),
            evidence="recorded",
        )
    ),
)
