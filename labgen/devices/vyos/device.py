"""VyOS: DHCP sections as set commands. Its image is of the rolling release, which is 1.5."""

from __future__ import annotations

from dataclasses import replace

from labgen.devices.base import (
    CIRCUIT,
    UNDERLAYS,
    ClientCapability,
    Device,
    DeviceFacts,
    FabricCapability,
    Naming,
    RelayCapability,
    ServerCapability,
)
from labgen.devices.sections import SectionDevice
from labgen.ground.vocabulary import Role

FACTS = DeviceFacts(
    name="vyos",
    title="VyOS",
    release="1.5",
    roles=frozenset({Role.SWITCH, Role.SERVER, Role.CLIENT}),
    naming=Naming(port="eth{n}", svi="br0.{vlan}", loopback="lo"),
    netlab="vyos",
    containerlab="vyosnetworks_vyos",
    netmiko="vyos",
    relay=RelayCapability(
        inter_vrf=False,
        options=frozenset({CIRCUIT}),
        always=frozenset({CIRCUIT}),
        in_vrf=False,
        server_scope="device",
        upstream=True,
    ),
    server=ServerCapability(link_selection=True, honours_override=False, on_segment=True),
    client=ClientCapability(),
    fabric=FabricCapability(anycast=False, relay_chain=True, trunk=True, vrrp=True, underlays=UNDERLAYS),
    evidence="validated",
    checked="2026-11",
    model="vyos-1x current, 2024-10",
    shell=True,
    cannot=(
        ("DHCP snooping", "interfaces_bridge.xml.in of vyos-1x, 2024-10: a bridge snoops on IGMP alone"),
        (
            "unnumbered client port",
            "service_dhcp-relay.xml.in: no node for sub-options, so for no link selection",
        ),
        ("loopback in a VRF", "service_dhcp-relay.xml.in: no node for a VRF"),
        ("anycast gateway", "netlab 26.10: gateways of VyOS are VRRP's"),
        ("hands out a prefix once", "service_dhcp-server.xml.in: a subnet stands once in one shared network"),
        ("cannot relay", "service_dhcp-relay.xml.in: no node for a VRF"),
        ("giaddr from", "service_dhcp-relay.xml.in: no node for the gateway address"),
        ("sends no link selection", "service_dhcp-relay.xml.in: no node for sub-options"),
    ),
    notes=(
        "ISC dhcrelay inside: circuit-id is always sent, the giaddr is always the client interface's",
        "the server is Kea; `vyos:1.4` has ISC dhcpd and other commands",
    ),
)
VYOS = SectionDevice(FACTS, template="vyos/dhcp.j2", image="ghcr.io/sysoleg/vyos-container")

DEVICES: tuple[Device, ...] = (VYOS,)
RELEASES: tuple[Device, ...] = (
    replace(
        VYOS,
        facts=replace(FACTS, release="1.4", evidence="documented", model=""),
        template="vyos/dhcp-1.4.j2",
        image="vrnetlab/vyosnetworks_vyos:1.4",
    ),
)
