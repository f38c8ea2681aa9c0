"""SR Linux' state datastore, by the YANG models of release 25.3 (nokia/srlinux-yang-models).

Names and nesting are the models'; that the CLI prints them as one JSON object for a path with wildcards, as
JSON-RPC does, was never seen by labgen. Ports have `hw-mac-address` in published answers; whether `irb0` does is
unverified, so the bridge table is asked too, whose `irb-interface` entries published tables show.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labgen.devices import answers
from labgen.devices.hardware import octets, units
from labgen.devices.observed import (
    DaemonState,
    EvpnMac,
    EvpnSession,
    HardwareAddress,
    InterfaceAddress,
    OspfNeighbor,
    Raw,
    RelayCounter,
    Route,
    Vni,
)
from labgen.devices.srlinux.tree import child, text, walk, word
from labgen.dhcp.model import Binding, MessageRole
from labgen.ground.labplan import NodePlan
from labgen.ground.vocabulary import DEFAULT_VRF

BRIDGE = "mac-vrf"
_DESTINATION = re.compile(r"vxlan-interface:\S+ vtep:(\S+) vni:(\d+)")


@dataclass(frozen=True, slots=True)
class Instances:
    """Network-instances: `kinds` by name, and which subinterface is in which (an IRB one is in two)."""

    kinds: Mapping[str, str]
    members: tuple[tuple[str, str], ...]

    def vrf(self, subinterface: str) -> str:
        """The routed instance a subinterface is in."""
        own = (
            n for n, member in self.members if member == subinterface and self.kinds.get(n, BRIDGE) != BRIDGE
        )
        return next(own, DEFAULT_VRF)

    def holder(self, subinterface: str) -> str:
        """The instance a VXLAN interface is in."""
        return next((n for n, member in self.members if member == subinterface), "")

    def irb(self, instance: str) -> str | None:
        """The routed interface of a bridged instance."""
        return next((m for n, m in self.members if n == instance and m.startswith("irb")), None)


def kinds(node: NodePlan, raw: Raw, data: Any) -> Iterator[tuple[str, str]]:
    """`network-instance * type`."""
    for (instance,) in walk(data, "network-instance"):
        yield text(instance, "name"), word(instance, "type")


def members(node: NodePlan, raw: Raw, data: Any) -> Iterator[tuple[str, str]]:
    """`network-instance * interface *`."""
    for instance, interface in walk(data, "network-instance", "interface"):
        yield text(instance, "name"), text(interface, "name")


def tunnels(node: NodePlan, raw: Raw, data: Any) -> Iterator[tuple[str, str]]:
    """`network-instance * vxlan-interface *`."""
    for instance, interface in walk(data, "network-instance", "vxlan-interface"):
        yield text(instance, "name"), text(interface, "name")


def addresses(node: NodePlan, raw: Raw, data: Any, instances: Instances) -> Iterator[InterfaceAddress]:
    """`interface * subinterface * ipv4`; an anycast gateway is beside the interface's own address."""
    for port, unit, address in walk(data, "interface", "subinterface", "ipv4", "address"):
        name = f"{text(port, 'name')}.{text(unit, 'index')}"
        prefix = text(address, "ip-prefix")
        yield InterfaceAddress(node.name, _spelled(node, port, unit), instances.vrf(name), prefix, raw.file)


def hardware(node: NodePlan, raw: Raw, data: Any) -> Iterator[HardwareAddress]:
    """`interface * ethernet hw-mac-address`: all subinterfaces of a port have its address."""
    for port, ethernet in walk(data, "interface", "ethernet"):
        for name in units(node, text(port, "name")):
            yield HardwareAddress(node.name, name, octets(text(ethernet, "hw-mac-address")), raw.file)


def routed(node: NodePlan, raw: Raw, data: Any) -> Iterator[HardwareAddress]:
    """`network-instance * bridge-table mac-table mac * type`: the address of `irb0`, which netlab gives all routed VLANs.

    An anycast address is of another type. That all subinterfaces have the interface's address is unverified.
    """
    for _, mac in walk(data, "network-instance", "bridge-table", "mac-table", "mac"):
        if word(mac, "type") == "irb-interface":
            for port in node.interfaces:
                if port.kind == "svi":
                    yield HardwareAddress(node.name, port.name, octets(text(mac, "address")), raw.file)


def leases(node: NodePlan, raw: Raw, data: Any) -> Iterator[Binding]:
    """The address DHCP gave a client, by its `origin`. The state has no lease time and no server."""
    for port, unit, address in walk(data, "interface", "subinterface", "ipv4", "address"):
        name = _spelled(node, port, unit)
        if node.client is None or name != node.client.interface or child(address, "origin") is None:
            continue
        if word(address, "origin") == "dhcp":
            yield Binding(
                address=text(address, "ip-prefix").partition("/")[0],
                node=node.name,
                mac=node.interface(name).mac,
                state="bound",
                interface=name,
                role=MessageRole.CLIENT,
                file=raw.file,
            )


def relays(node: NodePlan, raw: Raw, data: Any) -> Iterator[DaemonState]:
    """`oper-state` of the relay on each interface that has one."""
    for port, unit, relay in walk(data, "interface", "subinterface", "ipv4", "dhcp-relay"):
        if _spelled(node, port, unit) in {own.interface for own in node.relays}:
            yield DaemonState(node.name, "relay", word(relay, "oper-state") == "up", raw.file)


def counters(node: NodePlan, raw: Raw, data: Any) -> Iterator[RelayCounter]:
    """`dhcp-relay statistics`."""
    path = ("interface", "subinterface", "ipv4", "dhcp-relay", "statistics")
    for port, unit, numbers in walk(data, *path):
        for name, value in numbers.items():
            if isinstance(value, int | str) and str(value).isdecimal():
                what = f"{_spelled(node, port, unit)} {name.rpartition(':')[2]}"
                yield RelayCounter(node.name, what, int(value), raw.file)


def neighbors(node: NodePlan, raw: Raw, data: Any) -> Iterator[OspfNeighbor]:
    """`protocols ospf instance * area * interface * neighbor *`."""
    path = ("network-instance", "protocols", "ospf", "instance", "area", "interface", "neighbor")
    for _, _, _, port, neighbor in walk(data, *path):
        state = word(neighbor, "adjacency-state")
        name = text(port, "interface-name")
        known = answers.spelled(node, name, name.removesuffix(".0"))
        yield OspfNeighbor(node.name, text(neighbor, "router-id"), known, state, raw.file)


def sessions(node: NodePlan, raw: Raw, data: Any) -> Iterator[EvpnSession]:
    """`protocols bgp neighbor *`: those that carry EVPN."""
    for _, neighbor in walk(data, "network-instance", "protocols", "bgp", "neighbor"):
        families = child(neighbor, "afi-safi") or []
        evpn = [f for f in families if word(f, "afi-safi-name") == "evpn"]
        if any(word(family, "admin-state") == "enable" for family in evpn):
            state = word(neighbor, "session-state")
            yield EvpnSession(node.name, text(neighbor, "peer-address"), state, raw.file)


def vnis(node: NodePlan, raw: Raw, data: Any, instances: Instances) -> Iterator[Vni]:
    """`tunnel-interface * vxlan-interface *` with its ingress VNI and flooding list."""
    for tunnel, vxlan in walk(data, "tunnel-interface", "vxlan-interface"):
        holder = instances.holder(f"{text(tunnel, 'name')}.{text(vxlan, 'index')}")
        vni = int(text(child(vxlan, "ingress"), "vni"))
        if word(vxlan, "type") == "routed":
            yield Vni(node.name, vni, "l3", holder, None, (), raw.file)
            continue
        irb = instances.irb(holder)
        vrf = instances.vrf(irb) if irb else DEFAULT_VRF
        yield Vni(node.name, vni, "l2", vrf, irb, tuple(_flooded(vxlan)), raw.file)


def _flooded(vxlan: dict[str, Any]) -> Iterator[str]:
    table = child(vxlan, "bridge-table")
    if table and child(table, "multicast-destinations"):
        for (destination,) in walk(child(table, "multicast-destinations"), "destination"):
            yield text(destination, "vtep")


def macs(node: NodePlan, raw: Raw, data: Any) -> Iterator[EvpnMac]:
    """`network-instance * bridge-table mac-table`: what EVPN brought."""
    for _, mac in walk(data, "network-instance", "bridge-table", "mac-table", "mac"):
        found = _DESTINATION.search(text(mac, "destination"))
        if found and word(mac, "type").startswith("evpn"):
            address = text(mac, "address").lower()
            yield EvpnMac(node.name, int(found[2]), address, found[1], raw.file)


def routes(node: NodePlan, raw: Raw, data: Any) -> Iterator[Route]:
    """`network-instance * route-table ipv4-unicast`."""
    for instance, route in walk(data, "network-instance", "route-table", "ipv4-unicast", "route"):
        yield Route(node.name, text(instance, "name"), answers.network(text(route, "ipv4-prefix")), raw.file)


def _spelled(node: NodePlan, port: dict[str, Any], unit: dict[str, Any]) -> str:
    """Routed ports have subinterface 0, which the plan does not write."""
    name, index = text(port, "name"), text(unit, "index")
    return answers.spelled(node, f"{name}.{index}", *([name] if index == "0" else []))
