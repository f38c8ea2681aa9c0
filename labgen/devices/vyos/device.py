"""VyOS: DHCP sections as set commands. Its image is of the rolling release, which is 1.5."""

from __future__ import annotations

from dataclasses import dataclass, replace

from labgen.devices import option_words
from labgen.devices.base import (
    CIRCUIT,
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
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.vocabulary import Existing, Role

OPTIONS = {
    4: ("time-server", True),
    6: ("name-server", True),
    15: ("domain-name", False),
    42: ("ntp-server", True),
    44: ("wins-server", True),
    66: ("tftp-server-name", False),
    67: ("bootfile-name", False),
}
"""Options by the nodes that have them; there is none that takes a code."""
OLDER = ServerCapability(link_selection=True, honours_override=False, on_segment=True)
SERVER = OLDER._replace(option_codes=frozenset(OPTIONS), reservations=frozenset({"mac"}))


@dataclass(frozen=True, slots=True)
class VyosDevice(SectionDevice):
    """VyOS, whose options have names."""

    def further(self, plan: LabPlan, node: NodePlan) -> dict[str, object]:
        return {"named_options": lambda scope: option_words.named(scope.options, OPTIONS)}


FACTS = DeviceFacts(
    name="vyos",
    title="VyOS",
    release="1.5",
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
        existing=frozenset(Existing),
        option_scope="device",
        server_scope="device",
        upstream=True,
    ),
    server=SERVER,
    client=ClientCapability(),
    fabric=FabricCapability(anycast=False, relay_chain=True, trunk=True, vrrp=True, underlays=UNDERLAYS),
    evidence="validated",
    checked="2026-11",
    model="vyos-1x current, 2024-10",
    shell=True,
    cannot=(
        ("hands out no option", "service_dhcp-server.xml.in: options by name, and no node that takes a code"),
        ("keeps no addresses", "service_dhcp-server.xml.in, static-mapping: a MAC address or a DUID"),
        ("tells no classes", "service_dhcp-server.xml.in: no node for classes"),
        ("one lease time", "service_dhcp-server.xml.in: lease is of a subnet"),
        ("no lease time for a single", "service_dhcp-server.xml.in: lease is of a subnet"),
        ("no bounds", "service_dhcp-server.xml.in: lease is one number"),
        ("no lease without an end", "service_dhcp-server.xml.in: lease is seconds"),
        ("leaves declined addresses", "service_dhcp-server.xml.in: no node for what is declined"),
        ("before it offers it", "service_dhcp-server.xml.in: no node for a probe"),
        ("no T1 and T2", "service_dhcp-server.xml.in: no node for options 58 and 59"),
        ("T1 and T2 in seconds", "service_dhcp-server.xml.in: no node for options 58 and 59"),
        ("tells no VRF", "service_dhcp-relay.xml.in: no node for sub-options"),
        ("DHCP snooping", "interfaces_bridge.xml.in of vyos-1x, 2024-10: a bridge snoops on IGMP alone"),
        (
            "unnumbered client port",
            "service_dhcp-relay.xml.in: no node for sub-options, so for no link selection",
        ),
        ("loopback in a VRF", "service_dhcp-relay.xml.in: no node for a VRF"),
        ("anycast gateway", "netlab 26.10: gateways of VyOS are VRRP's"),
        ("hands out a prefix once", "service_dhcp-server.xml.in: a subnet stands once in one shared network"),
        ("cannot relay", "service_dhcp-relay.xml.in: no node for a VRF"),
        ("giaddr from", "service_dhcp-relay.xml.in: no node for the gateway address"),
        ("sends no link selection", "service_dhcp-relay.xml.in: no node for sub-options"),
    ),
    notes=(
        "ISC dhcrelay inside: circuit-id is always sent, the giaddr is always the client interface's",
        "the server is Kea; `vyos:1.4` has ISC dhcpd and other commands",
    ),
)
VYOS = VyosDevice(FACTS, template="vyos/dhcp.j2", image="ghcr.io/sysoleg/vyos-container")

DEVICES: tuple[Device, ...] = (VYOS,)
RELEASES: tuple[Device, ...] = (
    replace(
        VYOS,
        facts=FACTS._replace(release="1.4", evidence="documented", model="", server=OLDER),
        template="vyos/dhcp-1.4.j2",
        image="vrnetlab/vyosnetworks_vyos:1.4",
    ),
)
