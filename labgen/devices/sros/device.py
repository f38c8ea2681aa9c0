"""Nokia SR OS: DHCP sections in netlab's gNMI form."""

from __future__ import annotations

from labgen.devices.base import (
    ANY_PORT,
    IDENTIFIERS,
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

DEVICES: tuple[Device, ...] = (
    SectionDevice(
        DeviceFacts(
            name="sros",
            title="Nokia SR OS",
            roles=frozenset({Role.SWITCH, Role.SERVER, Role.CLIENT}),
            naming=Naming(port="eth-1/1/c{n}", svi="svi.{vlan}", loopback="system", vrf_loopback="lo{n}"),
            netlab="sros",
            containerlab="nokia_sros",
            netmiko="nokia_sros",
            relay=RelayCapability(
                inter_vrf=False,
                giaddr=ANY_PORT,
                options=IDENTIFIERS,
                most_servers=8,
            ),
            server=ServerCapability(
                link_selection=False, honours_override=False, on_segment=True, min_lease=10, options=True
            ),
            client=ClientCapability(),
            fabric=FabricCapability(
                vrf_loopback=True,
                secondary=True,
                relay_chain=True,
                trunk=True,
                vrrp=True,
                underlays=UNDERLAYS,
            ),
            evidence="validated",
            checked="2026-11",
            model="SR OS YANG 25.10",
            cannot=(
                (
                    "keeps no addresses",
                    "nokia-conf-router-dhcp-server 25.10: a pool has subnets with ranges, and no list of hosts",
                ),
                (
                    "options to single clients",
                    "nokia-conf-router-dhcp-server 25.10: options are of a pool or a subnet",
                ),
                (
                    "tells no classes",
                    "nokia-conf-router-dhcp-server 25.10: pools are chosen by giaddr or by name, nothing of clients",
                ),
                ("one lease time", "nokia-conf-router-dhcp-server 25.10: lease times are of a pool"),
                (
                    "no lease time for a single",
                    "nokia-conf-router-dhcp-server 25.10: lease times are of a pool",
                ),
                ("no lease without an end", "nokia-conf-router-dhcp-server 25.10: max-lease-time is seconds"),
                ("before it offers it", "nokia-conf-router-dhcp-server 25.10: no leaf for a probe"),
                (
                    "tells no VRF",
                    "nokia-conf-svc-vprn 25.10: option 82 has circuit-id, remote-id and vendor-specific ones, none with a VRF",
                ),
                (
                    "unnumbered client port",
                    "nokia-conf-router 25.10: no sub-option 5, which alone could name a subnet that the interface is not in",
                ),
                (
                    "as a server cannot read",
                    "nokia-conf-router-dhcp-server 25.10: pools are chosen by giaddr or by a pool's name",
                ),
                (
                    "hands out a prefix once",
                    "nokia-conf-router-dhcp-server 25.10: a subnet is in one pool of a server",
                ),
                (
                    "gateway address that other",
                    "Nokia's 7210 services guide, gi-address (read 2026-11): an address of the interface, as those of VRRP are not",
                ),
                (
                    "DHCP snooping",
                    "nokia-conf-svc-vpls 25.10: `snoop` and option-82 of a SAP, and no leaf for ports that are trusted",
                ),
                ("servers at most", "nokia-conf-router 25.10: leaf-list server, max-elements 8"),
                (
                    "one VRF into another",
                    "nokia-conf-svc-vprn 25.10: its relay has no leaf for the servers' router",
                ),
                ("sends no link selection", "nokia-conf-svc-vprn 25.10: its option 82 has no sub-option 5"),
            ),
            notes=(
                "no server VRF: relaying between VRFs needs leaked routes",
                "no sub-options 5, 11 and 151",
                "a gi-address of another interface is unverified: the 7210's guide tells of the interface's own addresses alone",
            ),
        ),
        template="sros/dhcp.j2",
        image="vrnetlab/nokia_sros:25.10.R1",
        suffix="yml",
    ),
)
