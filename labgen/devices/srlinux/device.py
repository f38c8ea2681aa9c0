"""Nokia SR Linux: relay and client sections in netlab's JSON-RPC form."""

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
)
from labgen.devices.sections import SectionDevice
from labgen.ground.vocabulary import Role

DEVICES: tuple[Device, ...] = (
    SectionDevice(
        DeviceFacts(
            name="srlinux",
            title="Nokia SR Linux",
            roles=frozenset({Role.SWITCH, Role.CLIENT}),
            naming=Naming(port="ethernet-1/{n}", svi="irb0.{vlan}", loopback="lo0.0", vrf_loopback="lo0.{n}"),
            netlab="srlinux",
            containerlab="nokia_srlinux",
            netmiko="nokia_srl",
            relay=RelayCapability(
                inter_vrf=True,
                giaddr=ANY_PORT | {"shared"},
                options=IDENTIFIERS,
                most_servers=8,
            ),
            client=ClientCapability(),
            fabric=FabricCapability(vrf_loopback=True, secondary=True, trunk=True, underlays=UNDERLAYS),
            login=("admin", "NokiaSrl1!"),
            evidence="validated",
            checked="2026-11",
            model="SR Linux YANG 25.3.1",
            cannot=(
                (
                    "tells no VRF",
                    "srl_nokia-interfaces-ip-dhcp-relay 25.3.1: option is circuit-id or remote-id, with no text of one's own",
                ),
                (
                    "relaying for other relays",
                    "srl_nokia-interfaces-ip-dhcp-relay 25.3.1: no leaf for what becomes of requests of other relays",
                ),
                (
                    "unnumbered client port",
                    "srl_nokia-interfaces-ip-dhcp-relay 25.3.1: oper-down without an IPv4 address of the subinterface's own",
                ),
                ("DHCP snooping", "srl_nokia models 25.3.1: no node for it"),
                ("VRRP", "netlab 26.10: its gateways on SR Linux are anycast ones only"),
                (
                    "servers at most",
                    "srl_nokia-interfaces-ip-dhcp-relay 25.3.1: leaf-list server, max-elements 8",
                ),
                (
                    "sends no link selection",
                    "srl_nokia-interfaces-ip-dhcp-relay 25.3.1: option is circuit-id or remote-id",
                ),
            ),
            notes=(
                "option 82 has circuit-id and remote-id only: a giaddr outside the client subnet cannot work",
                "its server hands out static addresses only",
            ),
        ),
        template="srlinux/dhcp.j2",
        image="ghcr.io/nokia/srlinux:26.7.2",
        suffix="yml",
        port="e1-{n}",
    ),
)
