"""Dell SmartFabric OS10: DHCP sections."""

from __future__ import annotations

from labgen.devices.base import (
    ANY_PORT,
    EVERY_OPTION,
    IDENTIFIERS,
    OVERRIDE,
    VSS,
    WITHOUT_ISIS,
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
from labgen.ground.vocabulary import Role

DEVICES: tuple[Device, ...] = (
    SectionDevice(
        DeviceFacts(
            name="dellos10",
            title="Dell SmartFabric OS10",
            roles=frozenset({Role.SWITCH, Role.SERVER, Role.CLIENT}),
            naming=Naming(
                port="ethernet1/1/{n}",
                svi="vlan{vlan}",
                vxlan_svi="virtual-network{vlan}",
                loopback="loopback0",
                vrf_loopback="loopback{n}",
            ),
            netlab="dellos10",
            containerlab="dell_ftosv",
            netmiko="dell_os10",
            relay=RelayCapability(
                inter_vrf=True,
                server_scope="server",
                giaddr=ANY_PORT,
                options=EVERY_OPTION - {VSS},
                always=IDENTIFIERS,
                of_gateway=frozenset({OVERRIDE}),
                source_scope="vrf",
                option_scope="device",
            ),
            server=ServerCapability(
                link_selection=False, honours_override=False, on_segment=True, lease_unit=60
            ),
            client=ClientCapability(),
            fabric=FabricCapability(
                vrf_loopback=True,
                secondary=True,
                svi_ospf=False,
                svi_vrrp=False,
                trunk=True,
                vrrp=True,
                mlag=True,
                snooping=SnoopCapability(silent=False, tunnels=False),
                underlays=WITHOUT_ISIS,
            ),
            evidence="documented",
            checked="2026-11",
            cannot=(
                (
                    "tells no VRF",
                    "OS10 user guide (S4248FB, read 2026-11): it sends 151 by commands whose words are in no page that labgen could read",
                ),
                (
                    "runs no OSPF on stretched",
                    "netlab 26.10, caveats of Dell OS10: no OSPF on virtual networks",
                ),
                (
                    "runs no VRRP on stretched",
                    "netlab 26.10, caveats of Dell OS10: gateways of virtual networks are anycast ones",
                ),
                (
                    "as a server cannot read",
                    "OS10 user guide 10.5.0, DHCP server: a pool is of a network; option 82 is told of for relays alone",
                ),
                (
                    "hands out a prefix once",
                    "OS10 user guide 10.5.0, DHCP server: pools are told apart by their network",
                ),
                (
                    "snooping in stretched VLANs",
                    "OS10 user guide 10.5.0, restrictions for DHCP snooping: not on VXLAN bridges",
                ),
                (
                    "snoops with option 82 alone",
                    "OS10 user guide 10.5.0, restrictions for DHCP snooping: servers have to support option 82",
                ),
                ("words of its own", "OS10 user guide 10.5.0, DHCP snooping: none for the form of option 82"),
                (
                    "circuit-id and remote-id in at access ports",
                    "OS10 user guide 10.5.0, DHCP snooping: option 82 has no choice",
                ),
                (
                    "relaying for other relays",
                    "OS10 user guide (S4248FB), DHCP relay (read 2026-11): it tells of requests of clients alone",
                ),
                (
                    "unnumbered client port",
                    "OS10 user guide (S4248FB), link selection (read 2026-11): the interface's address, else its anycast gateway's",
                ),
                (
                    "gateway address that other",
                    "OS10 user guide (S4248FB), source interface (read 2026-11): giaddr is its own address or the source interface's",
                ),
            ),
            notes=(
                "sub-option 11 carries the anycast gateway or a VRRP address, and is not sent where there is neither",
                "it can send 151 and 152, by commands that labgen does not write",
                "the place of the server VRF in the command is unverified",
            ),
        ),
        template="dellos10/dhcp.j2",
        image="vrnetlab/vr-ftosv",
    ),
)
