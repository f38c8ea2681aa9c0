"""Juniper Junos: DHCP sections in Junos' hierarchical form."""

from __future__ import annotations

from dataclasses import dataclass

from labgen.devices import option_words
from labgen.devices.base import (
    ANY_PORT,
    CIRCUIT,
    EVERY_OPTION,
    LINK,
    OVERRIDE,
    UNDERLAYS,
    VSS,
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
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.vocabulary import Existing, Role

BOUNDS = (
    (
        "tells no VRF",
        "Juniper YANG 24.4R1, relay-option-82: circuit-id names the port a request came in by, and there is no leaf for VSS",
    ),
    ("keeps no addresses", "Juniper YANG 24.4R1, address-assignment: a host has a hardware-address"),
    ("options to single clients", "Juniper YANG 24.4R1, address-assignment: a host has two leaves"),
    ("no lease time for a single", "Juniper YANG 24.4R1, address-assignment: a host has two leaves"),
    ("no bounds", "Juniper YANG 24.4R1, dhcp-attributes: maximum-lease-time is the lease"),
    (
        "unnumbered client port",
        "Juniper YANG 24.4R1: link-selection has no value of its own, it is the interface's address",
    ),
    (
        "gateway address that other",
        "Juniper YANG 24.4R1: relay-source names an interface, not one of its addresses",
    ),
    (
        "as a server cannot read",
        "Juniper YANG 24.4R1, address-assignment: pools are matched by giaddr, option 82 or a name",
    ),
    (
        "hands out a prefix once",
        "Juniper YANG 24.4R1, address-assignment: pools are the whole instance's, told apart by prefix",
    ),
    (
        "words of its own",
        "Juniper YANG 24.4R1, dhcp-security option-82: a prefix for the circuit-id, no text in its place",
    ),
    (
        "circuit-id and remote-id in at",
        "Juniper, Junos CLI reference, option-82 (DHCP snooping): it begins with circuit-id",
    ),
    ("EVPN over no session", "netlab 26.10: on Junos not together with other address families"),
    (
        "servers at most",
        "Juniper, Junos CLI reference, server-group (DHCP Relay Agent): five addresses a group",
    ),
)
RELAY = RelayCapability(
    inter_vrf=True,
    giaddr=ANY_PORT,
    options=EVERY_OPTION - {VSS},
    between=frozenset({CIRCUIT}),  # by which an answer finds the client's instance
    most_servers=5,
    trust=True,
    existing=frozenset({Existing.KEEP, Existing.REPLACE}),
    brings=((frozenset({OVERRIDE}), frozenset({LINK})),),
)
SERVER = ServerCapability(
    link_selection=False,
    honours_override=False,
    on_segment=True,
    options=True,
    reservations=frozenset({"mac"}),
    lease_policy=frozenset({"infinite"}),
)
SNOOPING = SnoopCapability(by_vlan=True)
FABRIC = FabricCapability(
    vrf_loopback=True,
    secondary=True,
    relay_chain=True,
    trunk=True,
    vrrp=True,
    underlays=UNDERLAYS,
    evpn_ebgp=False,
)

LISTED = {6: "name-server", 44: "wins-server"}
"""Options that have statements with a list of addresses; most others are octets of a code."""


@dataclass(frozen=True, slots=True)
class JunosDevice(SectionDevice):
    """Junos, some of whose options have statements of their own."""

    def further(self, plan: LabPlan, node: NodePlan) -> dict[str, object]:
        return {"listed": LISTED, "addresses": option_words.addresses, "text": option_words.text}


DEVICES: tuple[Device, ...] = (
    JunosDevice(
        DeviceFacts(
            name="vjunos-switch",
            title="Juniper vJunos-switch",
            roles=frozenset({Role.SWITCH, Role.SERVER, Role.CLIENT}),
            naming=Naming(
                port="ge-0/0/{n}.0", svi="irb.{vlan}", loopback="lo0.0", vrf_loopback="lo0.{n}", first_port=0
            ),
            netlab="vjunos-switch",
            containerlab="juniper_vjunosswitch",
            netmiko="juniper_junos",
            relay=RELAY,
            server=SERVER,
            client=ClientCapability(),
            fabric=FABRIC._replace(bonds="segment", snooping=SNOOPING),
            login=("admin", "admin@123"),
            cannot=BOUNDS,
            evidence="validated",
            checked="2026-11",
            model="Juniper YANG 24.4R1",
            notes=(
                "the value `routing-instance default` and relay-source together with link selection are unverified",
                "no leaf for VSS",
            ),
        ),
        template="junos/switch.j2",
        image="vrnetlab/juniper_vjunos-switch:23.4R2-S2.1",
        suffix="conf",
    ),
    JunosDevice(
        DeviceFacts(
            name="vptx",
            title="Juniper vJunosEvolved (PTX)",
            roles=frozenset({Role.SWITCH}),
            naming=Naming(
                port="et-0/0/{n}.0", svi="irb.{vlan}", loopback="lo0.0", vrf_loopback="lo0.{n}", first_port=0
            ),
            netlab="vptx",
            containerlab="juniper_vjunosevolved",
            netmiko="juniper_junos",
            relay=RELAY,
            fabric=FABRIC._replace(snooping=SNOOPING),
            login=("admin", "admin@123"),
            cannot=BOUNDS,
            evidence="validated",
            checked="2026-11",
            model="Juniper YANG 24.4R1-EVO",
            notes=(
                "its model has the statements of Junos by which it relays; no document of PTX tells of them",
                "as a client it declined leases up to 23.2R1; labgen uses it as a switch alone",
            ),
        ),
        template="junos/switch.j2",
        image="vrnetlab/juniper_vjunosevolved:25.2R1.8-EVO",
        suffix="conf",
    ),
    JunosDevice(
        DeviceFacts(
            name="vjunos-router",
            title="Juniper vJunos-router",
            roles=frozenset({Role.SWITCH, Role.SERVER, Role.CLIENT}),
            naming=Naming(
                port="ge-0/0/{n}.0", svi="irb.{vlan}", loopback="lo0.0", vrf_loopback="lo0.{n}", first_port=0
            ),
            netlab="vjunos-router",
            containerlab="juniper_vjunosrouter",
            netmiko="juniper_junos",
            relay=RELAY,
            server=SERVER,
            client=ClientCapability(),
            fabric=FABRIC._replace(snooping=SNOOPING),
            login=("admin", "admin@123"),
            cannot=BOUNDS,
            evidence="validated",
            checked="2026-11",
            model="Juniper YANG 24.4R1",
            notes=(
                "the value `routing-instance default` and relay-source together with link selection are unverified",
                "no leaf for VSS",
            ),
        ),
        template="junos/router.j2",
        image="vrnetlab/juniper_vjunos-router:26.2R1.7",
        suffix="conf",
    ),
)
