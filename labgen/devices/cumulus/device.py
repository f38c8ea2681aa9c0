"""Cumulus Linux: DHCP sections for NVUE."""

from __future__ import annotations

from labgen.devices.base import (
    ANY_PORT,
    CIRCUIT,
    LINK,
    ClientCapability,
    Device,
    DeviceFacts,
    Naming,
    RelayCapability,
    ServerCapability,
)
from labgen.devices.sections import SectionDevice
from labgen.ground.vocabulary import Role

DEVICES: tuple[Device, ...] = (
    SectionDevice(
        DeviceFacts(
            name="cumulus_nvue",
            title="Cumulus Linux (NVUE)",
            roles=frozenset({Role.SWITCH, Role.SERVER, Role.CLIENT}),
            naming=Naming(port="swp{n}", svi="vlan{vlan}", loopback="lo", vrf_loopback="{vrf}"),
            netlab="cumulus_nvue",
            containerlab="nvidia_cumulusvx",
            netmiko="cumulus_linux",
            relay=RelayCapability(
                inter_vrf=False,
                giaddr=ANY_PORT,
                options=frozenset({CIRCUIT, LINK}),
                away=frozenset({LINK}),
                sourced=frozenset({CIRCUIT, LINK}),
                source_scope="vrf",
                option_scope="vrf",
                server_scope="vrf",
            ),
            server=ServerCapability(link_selection=True, honours_override=False, vrf_pools=False),
            client=ClientCapability(),
            evidence="documented",
            shell=True,
            notes=(
                "one relay per VRF: servers must be in the clients' VRF",
                "5.14 changed the commands; these are for 5.13 and before",
            ),
        ),
        template="cumulus_nvue/dhcp.j2",
        image="networkop/cx:5.3.0",
        suffix="yml",
        port="swp{n}",
    ),
)
