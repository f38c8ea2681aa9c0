"""Aruba AOS-CX: relay and server sections."""

from __future__ import annotations

from labgen.devices.base import (
    ABROAD,
    ANY_PORT,
    EVERY_OPTION,
    IDENTIFIERS,
    WITHOUT_ISIS,
    Device,
    DeviceFacts,
    FabricCapability,
    Naming,
    RelayCapability,
    ServerCapability,
)
from labgen.devices.sections import SectionDevice
from labgen.devices.snooping import SnoopCapability
from labgen.ground.vocabulary import Existing, Role

DEVICES: tuple[Device, ...] = (
    SectionDevice(
        DeviceFacts(
            name="arubacx",
            title="Aruba AOS-CX",
            roles=frozenset({Role.SWITCH, Role.SERVER}),
            naming=Naming(
                port="1/1/{n}", svi="vlan{vlan}", loopback="loopback 0", vrf_loopback="loopback {n}"
            ),
            netlab="arubacx",
            containerlab="aruba_aoscx",
            netmiko="aruba_aoscx",
            relay=RelayCapability(
                inter_vrf=True,
                server_scope="server",
                giaddr=ANY_PORT,
                options=EVERY_OPTION,
                brings=((ABROAD, ABROAD), (EVERY_OPTION, IDENTIFIERS)),
                source_scope="server-vrf",
                option_scope="device",
                most_servers=8,
                trust=True,
                existing=frozenset({Existing.KEEP, Existing.REPLACE, Existing.DROP}),
            ),
            server=ServerCapability(
                link_selection=False,
                honours_override=False,
                on_segment=True,
                lease_unit=60,
                options=True,
                reservations=frozenset({"mac"}),
                lease_policy=frozenset({"infinite"}),
            ),
            fabric=FabricCapability(
                vrf_loopback=True,
                secondary=True,
                max_vni=65535,
                trunk=True,
                vrrp=True,
                mlag=True,
                relay_chain=True,
                snooping=SnoopCapability(),
                underlays=WITHOUT_ISIS,
            ),
            evidence="documented",
            checked="2026-11",
            cannot=(
                (
                    "as a server cannot read",
                    "AOS-CX 10.07 IP Services guide, DHCP server: pools have ranges and static bindings, and no word for option 82",
                ),
                (
                    "hands out a prefix once",
                    "AOS-CX 10.07 IP Services guide, DHCP server: requests are of the VRF of the interface they come in by",
                ),
                (
                    "tells no classes",
                    "AOS-CX 10.07 IP Services guide, DHCP server: no word for option 60 or 77",
                ),
                (
                    "options to single clients",
                    "AOS-CX 10.07 IP Services guide, DHCP server: options are of a pool",
                ),
                (
                    "keeps no addresses",
                    "AOS-CX 10.07 IP Services guide, DHCP server, static-bind: by MAC address alone",
                ),
                (
                    "one lease time",
                    "AOS-CX 10.07 IP Services guide, DHCP server: no word for option 60 or 77",
                ),
                (
                    "no lease time for a single",
                    "AOS-CX 10.07 IP Services guide, DHCP server: lease is of a pool",
                ),
                ("no bounds", "AOS-CX 10.07 IP Services guide, DHCP server, lease: one time"),
                (
                    "words of its own",
                    "AOS-CX 10.07 IP Services guide: remote-id is mac, subnet-ip or mgmt-ip, and circuit-id has no word",
                ),
                (
                    "circuit-id and remote-id in at access ports",
                    "AOS-CX 10.07 IP Services guide, dhcpv4-snooping option 82: both or neither",
                ),
                (
                    "option 82 in at all",
                    "AOS-CX 10.07 IP Services guide, dhcpv4-snooping option 82: a line of the whole switch",
                ),
                (
                    "unnumbered client port",
                    "AOS-CX 10.06 VXLAN EVPN guide, chapter 4: sub-option 5 is of the client interface, here the loopback's address",
                ),
                (
                    "gateway address that other",
                    "AOS-CX 10.06 VXLAN EVPN guide, chapter 4: giaddr is the interface's own address or the source interface's",
                ),
                (
                    "servers at most",
                    "the OpenSwitch schema, from which AOS-CX comes: DHCP-Relay, ipv4_ucast_server, 8",
                ),
            ),
            notes=(
                "sends sub-options 5, 11 and 151 together or not at all",
                "relay and server cannot both be active in one VRF",
                "lines of server and snooping are those of its IP Services guide, 10.07 and 10.10",
            ),
        ),
        template="arubacx/dhcp.j2",
        image="vrnetlab/aruba_arubaos-cx:20250218160442",
    ),
)
