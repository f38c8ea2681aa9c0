"""The control plane as Junos shows it with `| display json`.

Element names are those SuzieQ reads (recorded on vQFX 19.4) and those of the Junos XML API: `ifa-local` of `show
interfaces terse`, `vni-id` and `active-source` of `show evpn database`. `current-physical-address` is in recorded
answers, and with that of `irb` in published ones as text. Which of them vJunos prints is unverified.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from labgen.devices.answers import network
from labgen.devices.hardware import octets, units
from labgen.devices.junos.tree import below, has, leaf, under
from labgen.devices.observed import (
    EvpnMac,
    EvpnSession,
    HardwareAddress,
    InterfaceAddress,
    OspfNeighbor,
    Raw,
    Route,
    Vni,
)
from labgen.ground.labplan import NodePlan
from labgen.ground.vocabulary import DEFAULT_VRF

_IP = re.compile(r"\d+\.\d+\.\d+\.\d+$")
_TABLE = re.compile(r"(?:(\w[\w-]*)\.)?inet\.0$")


def members(node: NodePlan, raw: Raw, data: Any) -> Iterator[tuple[str, str]]:
    """`show configuration routing-instances`: which interface is in which VRF."""
    configuration = data["configuration"]
    if isinstance(configuration, list):
        configuration = configuration[0]
    for instance in configuration.get("routing-instances", {}).get("instance", ()):
        if instance.get("instance-type") == "vrf":
            for interface in instance.get("interface", ()):
                yield str(interface["name"]), str(instance["name"])


def addresses(node: NodePlan, raw: Raw, data: Any, vrfs: Mapping[str, str]) -> Iterator[InterfaceAddress]:
    """`show interfaces terse`. A host address stands there without its length."""
    for unit in under(data, "interface-information", "physical-interface", "logical-interface"):
        name = leaf(unit, "name")
        for family in below(unit, "address-family"):
            if leaf(family, "address-family-name") != "inet":
                continue
            for found in below(family, "interface-address"):
                if has(found, "ifa-local"):
                    text = leaf(found, "ifa-local")
                    text = text if "/" in text else f"{text}/32"
                    yield InterfaceAddress(node.name, name, vrfs.get(name, DEFAULT_VRF), text, raw.file)


def hardware(node: NodePlan, raw: Raw, data: Any) -> Iterator[HardwareAddress]:
    """`show interfaces`: all units of a port, and all of `irb`, have its address; interfaces without one may say so."""
    for port in under(data, "interface-information", "physical-interface"):
        if has(port, "current-physical-address"):
            mac = leaf(port, "current-physical-address")
            for name in units(node, leaf(port, "name")) if mac != "Unspecified" else ():
                yield HardwareAddress(node.name, name, octets(mac), raw.file)


def routes(node: NodePlan, raw: Raw, data: Any) -> Iterator[Route]:
    """`show route`: IPv4 tables; `inet.0` is the default VRF's."""
    for table in under(data, "route-information", "route-table"):
        name = _TABLE.match(leaf(table, "table-name"))
        for entry in below(table, "rt") if name else ():
            prefix = leaf(entry, "rt-destination")
            if "/" not in prefix:
                prefix = f"{prefix}/{leaf(entry, 'rt-prefix-length')}"
            yield Route(node.name, (name and name[1]) or DEFAULT_VRF, network(prefix), raw.file)


def neighbors(node: NodePlan, raw: Raw, data: Any) -> Iterator[OspfNeighbor]:
    """`show ospf neighbor instance all`."""
    path = ("ospf-neighbor-information-all", "ospf-instance-neighbor", "ospf-neighbor")
    for found in under(data, *path):
        state = leaf(found, "ospf-neighbor-state").lower()
        yield OspfNeighbor(
            node.name, leaf(found, "neighbor-id"), leaf(found, "interface-name"), state, raw.file
        )


def sessions(node: NodePlan, raw: Raw, data: Any) -> Iterator[EvpnSession]:
    """`show bgp summary`: a peer lists its tables once it is up; until then nothing tells what it will carry."""
    for peer in under(data, "bgp-information", "bgp-peer"):
        tables = [leaf(table, "name") for table in below(peer, "bgp-rib")]
        if not tables or any("evpn" in table for table in tables):
            address = leaf(peer, "peer-address").partition("+")[0]
            yield EvpnSession(node.name, address, leaf(peer, "peer-state").lower(), raw.file)


def remote(node: NodePlan, raw: Raw, data: Any) -> Iterator[tuple[int, str]]:
    """`show ethernet-switching vxlan-tunnel-end-point remote` (or `l2-learning`): VNI and VTEP."""
    path = ("vxlan-source-vtep-information", "svtep-format", "vxlan-remote-vtep-information")
    for vtep in under(data, *path):
        for segment in below(vtep, "vxlan-dynamic-information", "vxlan-format"):
            yield int(leaf(segment, "vn-id")), leaf(vtep, "remote-vtep-address")


def vnis(
    node: NodePlan,
    raw: Raw,
    data: Any,
    remotes: tuple[tuple[int, str], ...],
    vrfs: Mapping[str, str],
) -> Iterator[Vni]:
    """`show evpn instance extensive`: bridge domains with VNI and IRB interface.

    Neighbors of an instance with a single bridge domain (a MAC-VRF for one VLAN) are remote ends of its VNI.
    """
    for instance in under(data, "evpn-instance-information", "evpn-instance"):
        domains = [
            d for d in below(instance, "bridge-domain-status-table", "bridge-domain") if has(d, "domain-id")
        ]
        path = ("evpn-neighbor", "evpn-neighbor-route-information")
        near = [leaf(n, "evpn-neighbor-address") for n in below(instance, *path)]
        for domain in domains:
            vni = int(leaf(domain, "domain-id"))
            irb = leaf(domain, "irb-interface") if has(domain, "irb-interface") else None
            ends = [vtep for number, vtep in remotes if number == vni]
            ends += near if len(domains) == 1 else []
            vrf = vrfs.get(irb or "", DEFAULT_VRF)
            yield Vni(node.name, vni, "l2", vrf, irb, tuple(dict.fromkeys(ends)), raw.file)


def macs(node: NodePlan, raw: Raw, data: Any) -> Iterator[EvpnMac]:
    """`show evpn database`: the active source is a VTEP, or the interface of a local address."""
    for entry in under(data, "evpn-database-information", "evpn-database-instance", "mac-entry"):
        if has(entry, "vni-id") and has(entry, "active-source"):
            source = leaf(entry, "active-source")
            vtep = source if _IP.match(source) else None
            mac = leaf(entry, "mac-address").lower()
            yield EvpnMac(node.name, int(leaf(entry, "vni-id")), mac, vtep, raw.file)
