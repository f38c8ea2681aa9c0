"""Cumulus Linux: DHCP sections for NVUE."""

from __future__ import annotations

from dataclasses import dataclass, replace

from labgen.devices import option_words
from labgen.devices.base import (
    ANY_PORT,
    CIRCUIT,
    LINK,
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
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.vocabulary import Role

OPTIONS = {6: ("domain-name-server", True), 15: ("domain-name", False)}
"""Options by the words that pools have for them; there is none that takes a code."""
SERVER = ServerCapability(
    link_selection=True,
    honours_override=False,
    on_segment=True,
    min_lease=180,
    longest_lease=365 * 86400,
    option_codes=frozenset({6}),
    reservations=frozenset({"mac"}),
)
NAMED = SERVER._replace(option_codes=frozenset(OPTIONS))
"""From 5.15 on a domain name is a value; the reference and the guide's table have two forms of it for releases before."""

RELAY = RelayCapability(
    inter_vrf=False,
    giaddr=ANY_PORT,
    options=frozenset({LINK}),
    away=frozenset({LINK}),
    sourced=frozenset({CIRCUIT, LINK}),
    source_scope="vrf",
    option_scope="vrf",
    server_scope="vrf",
    upstream=True,
)
AGENT = RELAY._replace(options=frozenset({CIRCUIT, LINK}))
"""From 5.7 on NVUE turns option 82 on by itself; before, only a giaddr of another interface brings it."""
GROUPS = AGENT._replace(server_scope="interface")
FACTS = DeviceFacts(
    name="cumulus_nvue",
    title="Cumulus Linux (NVUE)",
    release="5.3",
    roles=frozenset({Role.SWITCH, Role.SERVER, Role.CLIENT}),
    naming=Naming(port="swp{n}", svi="vlan{vlan}", loopback="lo", vrf_loopback="{vrf}"),
    netlab="cumulus_nvue",
    containerlab="nvidia_cumulusvx",
    netmiko="cumulus_linux",
    relay=RELAY,
    server=SERVER,
    client=ClientCapability(),
    fabric=FabricCapability(trunk=True, vrrp=True, bonds="segment", mlag=True, underlays=WITHOUT_ISIS),
    evidence="documented",
    checked="2026-11",
    shell=True,
    cannot=(
        (
            "tells no VRF",
            "dhcrelay(8), which runs inside: circuit-id is the port's name, another for every port, and there is no sub-option 151",
        ),
        (
            "DHCP snooping",
            "the NVUE reference, DHCP Snooping (read 2026-11): from 5.11 on, and it puts no option 82 in",
        ),
        (
            "one VRF into another",
            "the Cumulus Linux user guide, DHCP Relays: a relay in each VRF, with servers in it",
        ),
        (
            "by a transit VNI",
            "the Cumulus Linux user guide, DHCP Relays: the L3 VNI's interface, whose name the switch chooses, is upstream",
        ),
        (
            "loopback in a VRF",
            "the Cumulus Linux user guide, DHCP Relays: answers to it come by the L3 VNI's interface, which the switch names",
        ),
        (
            "relaying for other relays",
            "the NVUE reference, DHCP Relay (read 2026-11): no command for dhcrelay's -m, to keep option 82 of others",
        ),
        (
            "unnumbered client port",
            "dhcrelay(8), -U: link selection is the client interface's own address, here the loopback's",
        ),
        (
            "gateway address that other",
            "the Cumulus Linux user guide, DHCP Relays: the relay runs on the VLAN's interface, not on VRR's",
        ),
        (
            "hands out a prefix once",
            "the NVUE reference, DHCP Server: a pool is a prefix of a VRF of the switch",
        ),
        (
            "hands out no option",
            "the NVUE reference, DHCP Server (read 2026-11): domain-name-server and domain-name alone, the latter in two forms up to 5.14",
        ),
        *(
            (
                f"keeps no addresses by {by}",
                "the NVUE reference, DHCP Server (read 2026-11): static by mac-address, ifname or circuit-id",
            )
            for by in ("client-id", "remote-id")
        ),
        ("lease longer", "the NVUE reference, DHCP Server: lease-time from 180 to 31536000"),
    ),
    notes=(
        "a relay in each VRF, with servers in the clients' VRF",
        "up to 5.6 NVUE sends option 82 only with a giaddr of another interface; `cumulus_nvue:5.5` names that by another "
        "command, `cumulus_nvue:5.7` turns option 82 on, `cumulus_nvue:5.14` has server groups, `cumulus_nvue:5.15` other "
        "commands for clients and servers",
    ),
)


@dataclass(frozen=True, slots=True)
class CumulusDevice(SectionDevice):
    """Cumulus, whose pools name their options."""

    def further(self, plan: LabPlan, node: NodePlan) -> dict[str, object]:
        return {"named_options": lambda scope: tuple(option_words.named(scope.options, OPTIONS))}


CUMULUS = CumulusDevice(
    FACTS, template="cumulus_nvue/dhcp.j2", image="networkop/cx:5.3.0", suffix="yml", port="swp{n}"
)


def _later(release: str, relay: RelayCapability, server: ServerCapability = SERVER) -> SectionDevice:
    """Cumulus Linux of a release with commands of its own; the images are virtual machines."""
    facts = FACTS._replace(release=release, relay=relay, server=server)
    image = f"vrnetlab/nvidia_cumulus-vx:{release}"
    return replace(CUMULUS, facts=facts, template=f"cumulus_nvue/dhcp-{release}.j2", image=image)


DEVICES: tuple[Device, ...] = (CUMULUS,)
RELEASES: tuple[Device, ...] = (
    _later("5.5", RELAY),
    _later("5.7", AGENT),
    _later("5.14", GROUPS),
    _later("5.15", GROUPS, NAMED),
)
