"""VyOS 1.4: DHCP sections as set commands."""

from __future__ import annotations

from labgen.devices.base import (
    CIRCUIT,
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
            name="vyos",
            title="VyOS 1.4",
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
            ),
            server=ServerCapability(link_selection=True, honours_override=False, vrf_pools=False),
            client=ClientCapability(),
            fabric=FabricCapability(anycast=False),
            evidence="documented",
            shell=True,
            notes=(
                "ISC dhcrelay inside: circuit-id is always sent, the giaddr is always the client interface's",
            ),
        ),
        template="vyos/dhcp.j2",
        image="ghcr.io/sysoleg/vyos-container",
    ),
)
