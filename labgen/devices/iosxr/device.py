"""Cisco IOS XR: DHCP profiles."""

from __future__ import annotations

from labgen.devices.base import (
    ABROAD,
    ANY_PORT,
    EVERY_OPTION,
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
from labgen.devices.snooping import SnoopCapability
from labgen.ground.vocabulary import Existing, Role

ANYCAST = "Cisco's NCS 540 L2VPN guide 7.3.x, EVPN IRB (read 2026-11): BVIs share address and MAC over EVPN, which there runs on MPLS"

DEVICES: tuple[Device, ...] = (
    SectionDevice(
        DeviceFacts(
            name="iosxr",
            title="Cisco IOS XR (XRd)",
            roles=frozenset({Role.SWITCH, Role.SERVER, Role.CLIENT}),
            naming=Naming(
                port="GigabitEthernet0/0/0/{n}",
                svi="BVI{vlan}",
                loopback="Loopback0",
                vrf_loopback="Loopback{n}",
                first_port=0,
            ),
            netlab="iosxr",
            containerlab="cisco_xrd",
            netmiko="cisco_xr",
            relay=RelayCapability(
                inter_vrf=True,
                server_scope="server",
                source_scope="server",
                giaddr=ANY_PORT,
                options=EVERY_OPTION,
                brings=((ABROAD, ABROAD), (EVERY_OPTION, IDENTIFIERS)),
                trust=True,
                existing=frozenset(Existing),
            ),
            server=ServerCapability(
                link_selection=False,
                honours_override=False,
                on_segment=True,
                lease_unit=60,
                longest_lease=365 * 86400,
                one_pool=True,
                options=True,
                lease_policy=frozenset({"infinite"}),
            ),
            client=ClientCapability(),
            fabric=FabricCapability(
                vrf_loopback=True,
                secondary=True,
                netlab_vlan=False,
                trunk=True,
                vrrp=True,
                snooping=SnoopCapability(by_vlan=True),
                vxlan=False,
                evpn=False,
                anycast=False,
                relay_chain=True,
                underlays=UNDERLAYS,
            ),
            login=("clab", "clab@123"),
            evidence="unverified",
            checked="2026-11",
            cannot=(
                (
                    "keeps no addresses",
                    "Cisco-IOS-XR-um-dhcp-ipv4-cfg 25.2.1, profile server: no list of hosts",
                ),
                (
                    "options to single clients",
                    "Cisco-IOS-XR-um-dhcp-ipv4-cfg 25.2.1, profile server: no list of hosts",
                ),
                (
                    "no lease time for a single",
                    "Cisco-IOS-XR-um-dhcp-ipv4-cfg 25.2.1, profile server: no list of hosts",
                ),
                ("no bounds", "Cisco-IOS-XR-um-dhcp-ipv4-cfg 25.2.1, profile server: lease is one time"),
                (
                    "forms no pair",
                    "Cisco-IOS-XR-um-dhcp-ipv4-cfg 25.2.1, profile server: no leaf for a partner",
                ),
                (
                    "leaves declined addresses",
                    "Cisco-IOS-XR-um-dhcp-ipv4-cfg 25.2.1, profile server: no leaf for what is declined",
                ),
                (
                    "before it offers it",
                    "Cisco-IOS-XR-um-dhcp-ipv4-cfg 25.2.1, profile server: no leaf for a probe",
                ),
                (
                    "unnumbered client port",
                    "Cisco-IOS-XR-um-dhcp-ipv4-cfg 7.9.21: a relay profile has no leaf for the subnet it tells",
                ),
                (
                    "anycast gateway",
                    ANYCAST,
                ),
                (
                    "gateway address that other",
                    ANYCAST,
                ),
                (
                    "hands out a prefix once",
                    "Cisco-IOS-XR-um-dhcp-ipv4-cfg 7.9.21: an interface has one profile, a profile one pool",
                ),
                (
                    "as a server cannot read",
                    "Cisco-IOS-XR-um-dhcp-ipv4-cfg 7.9.21: profiles are matched by option 60 of clients, nothing of option 82",
                ),
                (
                    "binds one pool",
                    "Cisco-IOS-XR-um-dhcp-ipv4-cfg 25.2.1: an interface has one leaf for its profile, a profile one pool",
                ),
                ("lease longer", "Cisco-IOS-XR-um-dhcp-ipv4-cfg 25.2.1: days from 0 to 365"),
                (
                    "words of its own",
                    "Cisco-IOS-XR-um-dhcp-ipv4-cfg 25.2.1: a snoop profile has no leaf for circuit-id; a relay profile none for both",
                ),
                (
                    "circuit-id and remote-id in at access ports",
                    "Cisco-IOS-XR-um-dhcp-ipv4-cfg 25.2.1, profile snoop: relay information option inserts circuit ID and remote ID",
                ),
                (
                    "VXLAN",
                    "netlab 26.10, xr.yml: EVPN by MPLS and segment routing; of VXLAN the control plane alone (cp_vxlan)",
                ),
            ),
            notes=(
                "sub-options 5 and 11 in RFC mode are unverified",
                "a reader of the blog series saw replies between VRFs dropped",
                "whether XRd relays at all is unverified",
                "VLANs are bridge domains with BVIs, which labgen configures; XRd's models have them, whether it forwards is unverified",
            ),
        ),
        template="iosxr/dhcp.j2",
        image="ios-xr/xrd-control-plane:25.2.1",
        port="Gi0-0-0-{n}",
    ),
)
