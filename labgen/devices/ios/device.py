"""Cisco IOS and IOS XE: IOSv, CSR 1000v, Catalyst 8000v, IOL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from labgen.devices.base import (
    Artifact,
    ClientCapability,
    Daemon,
    Device,
    DeviceFacts,
    Evidence,
    Naming,
    RelayCapability,
    ServerCapability,
)
from labgen.plan.model import LabPlan, NodePlan, Role


@dataclass(frozen=True, slots=True)
class Ios:
    facts: DeviceFacts

    def artifacts(self, plan: LabPlan, node: NodePlan) -> Iterable[Artifact]:
        return ()

    def daemons(self, plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
        return ()


def _ios(name: str, title: str, port: str, first: int, containerlab: str, netmiko: str, *, xe: bool, evidence: Evidence) -> Ios:
    return Ios(
        DeviceFacts(
            name=name,
            title=title,
            roles=frozenset(Role),
            naming=Naming(port=port, svi="Vlan{vlan}", loopback="Loopback0", first_port=first),
            netlab=name,
            containerlab=containerlab,
            netmiko=netmiko,
            relay=RelayCapability(inter_vrf=True, loopback_giaddr=True, link_selection=True, server_id_override=True, vss=True),
            server=ServerCapability(link_selection=xe, honours_override=xe, vrf_pools=xe),
            client=ClientCapability(broadcast_flag=True),
            evidence=evidence,
        )
    )


DEVICES: tuple[Device, ...] = (
    _ios("iosv", "Cisco IOSv", "GigabitEthernet0/{n}", 1, "cisco_vios", "cisco_ios", xe=False, evidence="recorded"),
    _ios("csr", "Cisco CSR 1000v", "GigabitEthernet{n}", 2, "cisco_csr1000v", "cisco_xe", xe=True, evidence="recorded"),
    _ios("cat8000v", "Cisco Catalyst 8000v", "GigabitEthernet{n}", 2, "cisco_c8000v", "cisco_xe", xe=True, evidence="documented"),
    _ios("iol", "Cisco IOL", "Ethernet{slot}/{unit}", 1, "cisco_iol", "cisco_ios", xe=True, evidence="documented"),
)
