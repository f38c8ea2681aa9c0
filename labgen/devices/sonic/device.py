"""SONiC: the relay section for dhcp4relay."""

from __future__ import annotations

from labgen.devices.base import (
    ABROAD,
    ANY_PORT,
    EVERY_OPTION,
    IDENTIFIERS,
    LINK,
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
            name="sonic",
            title="SONiC (dhcp4relay)",
            roles=frozenset({Role.SWITCH}),
            naming=Naming(
                port="Ethernet{n}",
                svi="Vlan{vlan}",
                loopback="Loopback0",
                vrf_loopback="Loopback{n}",
                first_port=0,
                step=4,
            ),
            netlab="sonic",
            containerlab="sonic-vs",
            netmiko="linux",
            relay=RelayCapability(
                inter_vrf=True,
                giaddr=ANY_PORT,
                options=EVERY_OPTION,
                always=IDENTIFIERS,
                away=frozenset({LINK}),
                between=ABROAD,
            ),
            fabric=FabricCapability(
                vlan=False, vxlan=False, evpn=False, anycast=False, vrf=False, underlays=WITHOUT_ISIS
            ),
            evidence="unverified",
            checked="2026-11",
            shell=True,
            cannot=(
                (
                    "relaying for other relays",
                    "sonic-net/SONiC, DHCPv4 relay agent HLD: it is for VLANs alone, and discards requests with a giaddr",
                ),
                (
                    "unnumbered client port",
                    "sonic-net/SONiC, DHCPv4 relay agent HLD: sub-option 5 is the network of the VLAN's interface",
                ),
                (
                    "anycast gateway",
                    "netlab 26.10: no gateway module for it",
                ),
                (
                    "gateway address that other",
                    "netlab 26.10: no gateway module for it",
                ),
                ("VLANs with", "netlab 26.10: no VLAN module for it"),
                ("VXLAN", "netlab 26.10: no VXLAN module for it"),
                ("VRFs", "netlab 26.10: no VRF module for it"),
                ("loopback in a VRF", "netlab 26.10: no VRF module for it"),
            ),
            notes=("relays on VLANs only; netlab makes none, so the section puts the client port into one",),
        ),
        template="sonic/dhcp.j2",
        image="docker-sonic-vs:latest",
        suffix="sh",
        netlab_oldest="26.10",
        netlab_image="docker-sonic-vs:latest",
    ),
)
