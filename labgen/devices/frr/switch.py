"""A Linux switch routed by FRR, whatever program relays DHCP on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from labgen.devices.base import (
    UNDERLAYS,
    Artifact,
    Daemon,
    DeviceFacts,
    FabricCapability,
    Naming,
    Probe,
    RelayCapability,
)
from labgen.devices.frr import routing, snooping
from labgen.devices.snooping import SnoopCapability
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.vocabulary import Role

FABRIC = FabricCapability(
    bonds="moves",
    evpn_apart=True,
    vrf_loopback=True,
    unnumbered=True,
    relay_chain=True,
    trunk=True,
    vrrp=True,
    secondary=True,
    secondary_gateways=True,
    handover=True,
    external=True,
    snooping=SnoopCapability("{port}:{vlan}", "{host}", worded=True, apart=True, by_vlan=True),
    leaking=True,
    underlays=UNDERLAYS,
)
"""What FRR on Linux can do of a fabric, whatever relays."""


class RelayProgram(Protocol):
    """A program that relays: its files, its process and its log."""

    @property
    def log(self) -> Probe: ...

    def files(self, node: NodePlan) -> Iterable[Artifact]: ...

    def daemon(self, node: NodePlan) -> Daemon: ...


class FrrSwitch(NamedTuple):
    """FRR and a relay program, which runs on the switches that relay."""

    facts: DeviceFacts
    relay: RelayProgram

    def artifacts(self, plan: LabPlan, node: NodePlan) -> Iterable[Artifact]:
        yield from routing.artifacts(plan, node)
        if relays(node):
            yield from self.relay.files(node)
        if snooping.ports(node):
            yield snooping.config(node)

    def daemons(self, plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
        relay = [self.relay.daemon(node)] if relays(node) else []
        return (
            *routing.daemons(plan, node), *relay, *([snooping.daemon(node)] if snooping.ports(node) else [])
        )  # fmt: skip


def relays(node: NodePlan) -> bool:
    """True if a switch relays, for clients or for other relays."""
    return bool(node.relays or node.forwards)


def facts(
    name: str,
    title: str,
    relay: RelayCapability,
    packages: tuple[str, ...] = (),
    programs: tuple[str, ...] = (),
    cannot: tuple[tuple[str, str], ...] = (),
) -> DeviceFacts:
    """Facts of a switch; `packages`, `programs` and what it `cannot` are the relay program's."""
    return DeviceFacts(
        name=name,
        title=title,
        roles=frozenset({Role.SWITCH}),
        naming=Naming(port="eth{n}", svi="vlan{vlan}", loopback="lo", vrf_loopback="{vrf}"),
        netlab="frr",
        containerlab="linux",
        netmiko="linux",
        relay=relay,
        fabric=FABRIC._replace(bgp_unnumbered=True),
        evidence="run here",
        packages=("frr", *packages),
        programs=("/usr/lib/frr/zebra", "/usr/lib/frr/ospfd", "/usr/lib/frr/bgpd", "vtysh", *programs),
        cli=("vtysh",),
        embedded=True,
        cannot=cannot,
    )
