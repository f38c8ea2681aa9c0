"""SONiC: the relay section for dhcp4relay.

What dhcp4relay does was recorded in 2026-11 with sonic-net/sonic-dhcp-relay c8ce985 (2026-06-15), built from its sources, its
configuration made of the lines below by the click plugin of sonic-net/sonic-buildimage 086b03b (2026-08-23): see docs/sonic.md. The
lines that make VLANs are from sonic-utilities, which was not run.
"""

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
from labgen.devices.sonic import ports
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
                circuit=ports.circuit_id,
                link_network=True,
            ),
            fabric=FabricCapability(
                vlan=False, vxlan=False, evpn=False, anycast=False, vrf=False, underlays=WITHOUT_ISIS
            ),
            evidence="recorded",
            checked="2026-11",
            shell=True,
            cannot=(
                (
                    "relaying for other relays",
                    "dhcp4relay, recorded in 2026-11: it takes requests on VLANs alone, and discards those with a giaddr unless told",
                ),
                (
                    "unnumbered client port",
                    "dhcp4relay, recorded in 2026-11: sub-option 5 is the network of the VLAN's address",
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
            notes=(
                "relays on VLANs only; netlab makes none, so the section puts the client port into one",
                "dhcp4relay and its configuration were recorded, a whole SONiC was not run, and docker-sonic-vs ships no relay",
                "drops what has no UDP checksum, or leaves it to the port",
                "sees unicast renewals as well, and relays what is routed",
                "between VRFs sub-option 151 takes a VRF's name from a field of STATE_DB that SONiC does not write",
            ),
        ),
        template="sonic/dhcp.j2",
        image="docker-sonic-vs:latest",
        suffix="sh",
        netlab_oldest="26.10",
        netlab_image="docker-sonic-vs:latest",
    ),
)
