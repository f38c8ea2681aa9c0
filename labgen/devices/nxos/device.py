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
            ),
            fabric=FabricCapability(
                vrf_loopback=True,
                anycast_alone=True,
                netlab_anycast=False,
                asymmetric_irb=False,
                max_vlan=3966,
                trunk=True,
                vrrp=True,
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
                    "unnumbered client port",
                    "Nexus 9000 VXLAN guide 10.6(x), DHCP Relay (read 2026-11): sub-option 5 is its subnet, here the loopback's",
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
