"""Questions to a running OS10 switch, the meaning of its answers, and its actions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from labgen.devices.base import Action, Probe, Reader
from labgen.devices.collected import configured, port_client, relaying, stopping, unplugging
from labgen.devices.dellos10 import show
from labgen.devices.leasetable import leases
from labgen.devices.observed import Observed, Raw
from labgen.devices.tables import Tables
from labgen.ground.labplan import NodePlan
from labgen.ground.vocabulary import DEFAULT_VRF

HARDWARE = Probe("show-interface", "show interface", early=True)
OSPF = Probe("show-ip-ospf-neighbor", "show ip ospf neighbor")
SESSIONS = Probe("show-ip-bgp-l2vpn-evpn-summary", "show ip bgp l2vpn evpn summary")
VTEPS = Probe("show-nve-remote-vtep", "show nve remote-vtep")
HELPERS = Probe("show-helper-addresses", "show running-configuration | grep helper-address")
BINDINGS = Probe("show-ip-dhcp-binding", "show ip dhcp binding")
BRIEF = "show ip interface brief"


def probes(node: NodePlan) -> tuple[Probe, ...]:
    """Probes that are worth asking this node. OS10 has no counters of its relay that labgen knows."""
    wanted = [HARDWARE, *(_routes(vrf) for vrf in _vrfs(node))]
    if node.relays:
        wanted.append(HELPERS)
    if node.server:
        wanted.append(BINDINGS)
    if node.ospf:
        wanted.append(OSPF)
    if node.bgp:
        wanted.append(SESSIONS)
    wanted += _macs(node)
    if any(vlan.vni for vlan in node.vlans):
        wanted.append(VTEPS)
    return tuple(wanted)


def observe(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    """Typed facts. Texts that cannot be read are named in `problems`."""
    tables = Tables(node, raw)
    addresses = tuple(
        address
        for vrf in _vrfs(node)
        for address in tables.read(_routes(vrf), partial(show.addresses, vrf=vrf))
    )
    return Observed(
        bindings=tables.read(BINDINGS, leases),
        ospf=tables.read(OSPF, show.neighbors),
        sessions=tables.read(SESSIONS, show.sessions),
        vnis=tables.read(VTEPS, lambda node, raw: show.vnis(node, raw, addresses)),
        macs=tuple(mac for probe in _macs(node) for mac in tables.read(probe, show.macs)),
        addresses=addresses,
        hardware=tables.read(HARDWARE, show.hardware),
        routes=tuple(
            route for vrf in _vrfs(node) for route in tables.read(_routes(vrf), partial(show.routes, vrf=vrf))
        ),
        daemons=tables.read(HELPERS, relaying),
        problems=tuple(dict.fromkeys(tables.problems)),
    )


def _vrfs(node: NodePlan) -> tuple[str, ...]:
    return (DEFAULT_VRF, *(vrf.name for vrf in node.vrfs))


def _routes(vrf: str) -> Probe:
    if vrf == DEFAULT_VRF:
        return Probe("show-ip-route", "show ip route")
    return Probe(f"show-ip-route-vrf-{vrf}", f"show ip route vrf {vrf}")


def _macs(node: NodePlan) -> list[Probe]:
    numbers = [vlan.vni for vlan in node.vlans if vlan.vni and node.bgp]
    return [Probe(f"show-mac-vni-{n}", f"show mac address-table nve vxlan-vni {n}") for n in numbers]


def actions(node: NodePlan) -> dict[str, Action]:
    """Actions of playbooks; the client's port is turned off and on, since OS10 documents no command that renews.

    Server and client are unverified, as their sections are.
    """
    found = unplugging(node)
    if node.server:
        off, on = (configured("ip dhcp server", word) for word in ("disable", "no disable"))
        found |= stopping("server", off, on)
    if node.client:
        found |= _client(node.client.interface)
    return found


def _client(port: str) -> dict[str, Action]:
    kind, number = port.rstrip("/0123456789"), port.lstrip("abcdefghijklmnopqrstuvwxyz-")
    bound = rf"(?i)^\s*{kind} ?{number}\s+\d+\.\d+\.\d+\.\d+/\d+"
    return port_client(port, BRIEF, bound)


READER = Reader(probes, observe, actions)
