"""Cisco NX-OS: the relay section."""

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
)
from labgen.devices.sections import SectionDevice
from labgen.devices.snooping import SnoopCapability
from labgen.ground.vocabulary import Role

DEVICES: tuple[Device, ...] = (
    SectionDevice(
        DeviceFacts(
            name="nxos",
            title="Cisco Nexus 9300v (NX-OS)",
            roles=frozenset({Role.SWITCH}),
            naming=Naming(
                port="Ethernet1/{n}", svi="vlan{vlan}", loopback="loopback0", vrf_loopback="loopback{n}"
            ),
            netlab="nxos",
            containerlab="cisco_n9kv",
            netmiko="cisco_nxos",
            relay=RelayCapability(
                inter_vrf=True,
                server_scope="server",
                giaddr=ANY_PORT,
                options=EVERY_OPTION,
                brings=((ABROAD, ABROAD), (EVERY_OPTION, IDENTIFIERS)),
                option_scope="device",
                trust=True,
            ),
            fabric=FabricCapability(
                vrf_loopback=True,
                secondary=True,
                anycast_alone=True,
                netlab_anycast=False,
                asymmetric_irb=False,
                max_vlan=3966,
                trunk=True,
                vrrp=True,
                hsrp=True,
                snooping=SnoopCapability(tunnels=False),
                underlays=WITHOUT_ISIS - {"ebgp"},
            ),
            evidence="unverified",
            checked="2026-11",
            cannot=(
                ("has no VLAN above", "netlab 26.10: Nexus keeps VLANs from 3967 on for itself"),
                (
                    "relaying for other relays",
                    "Nexus 9000 VXLAN guide 10.6(x), DHCP Relay (read 2026-11): it tells of requests of hosts alone",
                ),
                (
                    "snooping in stretched VLANs",
                    "Cisco's NX-API reference 10.5(x), VXLAN FHS: from 10.4(1) on, by `ip dhcp snooping vlan V evpn`; its image is a 9.3",
                ),
                (
                    "words of its own",
                    "Nexus 9000 NX-OS data model of netascode (read 2026-11): snooping has none for the form of option 82",
                ),
                (
                    "option 82 in at all",
                    "Nexus 9000 NX-OS data model of netascode (read 2026-11): information_option is of the whole switch",
                ),
                (
                    "circuit-id and remote-id in at",
                    "Nexus 9000 NX-OS data model of netascode (read 2026-11): information_option is both",
                ),
                (
                    "unnumbered client port",
                    "Nexus 9000 VXLAN guide 10.6(x), DHCP Relay (read 2026-11): sub-option 5 is its subnet, here the loopback's",
                ),
                (
                    "bonds to several switches",
                    "netlab 26.10: no lag module for it, and its ports are netlab's",
                ),
                (
                    "ebgp underlay",
                    "netlab 26.10: on NX-OS it imports no static routes, such as those to servers, into BGP",
                ),
                (
                    "isis underlay",
                    "netlab 26.10: on NX-OS it imports no static routes, such as those to servers, into IS-IS",
                ),
            ),
            notes=(
                "use-vrf and the sub-options on the wire are unverified",
                "an anycast gateway is the only address of its VLAN interface; labgen configures it, netlab does not",
                "VRFs of stretched VLANs get a transit VNI",
            ),
        ),
        template="nxos/dhcp.j2",
        image="vrnetlab/cisco_n9kv:9.3.8",
    ),
)
