"""Arista EOS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from labgen.devices.base import (
    ABROAD,
    ANY_PORT,
    EVERY_OPTION,
    IDENTIFIERS,
    WITHOUT_ISIS,
    Artifact,
    ClientCapability,
    Daemon,
    Device,
    DeviceFacts,
    FabricCapability,
    Naming,
    RelayCapability,
    ServerCapability,
)
from labgen.devices.eos import config
from labgen.devices.tools import ContainerNode, Files, NetlabNode
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.vocabulary import Role

STARTUP = "startup-config"
IMAGE = "ceos:4.34.2F"


class Eos(NamedTuple):
    facts: DeviceFacts
    image: str = IMAGE

    def artifacts(self, plan: LabPlan, node: NodePlan) -> Iterable[Artifact]:
        yield Artifact(startup_path(node), config.full(plan, node))

    def netlab(self, plan: LabPlan, node: NodePlan, files: Files) -> NetlabNode:
        return NetlabNode(self.facts.netlab, config=config.dhcp(plan, node), neighbors="plugin")

    def container(self, plan: LabPlan, node: NodePlan, files: Files) -> ContainerNode:
        """cEOS counts its ports from Ethernet1, which containerlab calls eth1."""
        return ContainerNode(
            self.facts.containerlab,
            self.image,
            startup_config=startup_path(node),
            config=files,
            env=(("CLAB_MGMT_VRF", "management"),),
        )

    def daemons(self, plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
        return ()


def startup_path(node: NodePlan) -> str:
    """The startup configuration in the lab folder."""
    return f"config/{node.name}/{STARTUP}"


FACTS = DeviceFacts(
    name="eos",
    title="Arista EOS",
    roles=frozenset(Role),
    naming=Naming(
        port="Ethernet{n}",
        svi="Vlan{vlan}",
        loopback="Loopback0",
        vrf_loopback="Loopback{n}",
        lag="Port-Channel{n}",
    ),
    netlab="eos",
    containerlab="arista_ceos",
    netmiko="arista_eos",
    relay=RelayCapability(
        inter_vrf=True,
        server_scope="server",
        giaddr=ANY_PORT,
        options=EVERY_OPTION,
        away=ABROAD,
        between=ABROAD,
        sourced=ABROAD,
        brings=((EVERY_OPTION, IDENTIFIERS),),
        typed_vss=False,
        source_scope="server",
        option_scope="device",
    ),
    server=ServerCapability(
        link_selection=True,
        honours_override=False,
        on_segment=True,
        lease_unit=60,
        option_codes=frozenset({6}),
        reservations=frozenset({"mac"}),
    ),
    client=ClientCapability(),
    fabric=FabricCapability(
        handover=True,
        vrf_loopback=True,
        secondary=True,
        trunk=True,
        vrrp=True,
        bonds="segment",
        mlag=True,
        evpn_apart=True,
        underlays=WITHOUT_ISIS,
    ),
    evidence="recorded",
    checked="2026-11",
    release="4.28",
    cannot=(
        (
            "relaying for other relays",
            "Arista TOI, DHCP Relay (read 2026-11): giaddr is the primary address of the interface a request comes in by",
        ),
        (
            "hands out no option",
            "Arista AVD 5.0.0-rc2, dhcp_servers: a subnet has DNS servers, the server domain name and boot file; no code has a word",
        ),
        ("keeps no addresses", "Arista AVD 5.0.0-rc2, dhcp_servers: reservations are by MAC address"),
        (
            "options to single clients",
            "Arista AVD 5.0.0-rc2, dhcp_servers: a reservation has addresses and a hostname",
        ),
        (
            "tells no classes",
            "Arista AVD 5.0.0-rc2, dhcp_servers: vendor-option of option 60 holds option 43 alone",
        ),
        ("one lease time", "Arista AVD 5.0.0-rc2, dhcp_servers: a lease time is of a subnet"),
        (
            "no lease time for a single",
            "Arista AVD 5.0.0-rc2, dhcp_servers: a lease time is of a subnet",
        ),
        ("no bounds", "Arista AVD 5.0.0-rc2, dhcp_servers: a subnet has one lease time"),
        ("no lease without an end", "Arista AVD 5.0.0-rc2, dhcp_servers: days, hours and minutes"),
        (
            "DHCP snooping",
            "Arista AVD 5.0.0-rc2, ip_dhcp_snooping, and DISA's guide for EOS 4.2x, ARST-L2-000090: it puts option 82 in and "
            "has no word for ports that are trusted",
        ),
        (
            "unnumbered client port",
            "EOS manual, DHCP Relay Across VRF (2026-03): sub-option 5 is the client interface's subnet, here the loopback's",
        ),
        (
            "gateway address that other",
            "a recording of EOS 4.28: giaddr is the address of the VLAN interface, not its virtual-router address",
        ),
        (
            "hands out a prefix once",
            "EOS manual, DHCP Server (2026-03): a subnet is configured once for each VRF of the server's own interfaces",
        ),
    ),
    notes=(
        "sub-option 151 is sent without its type byte; IOS XE reports it and ignores the VRF",
        "the server is ISC Kea inside: serving relayed requests and RFC 5107 are unverified",
        "takes replies from any address; releases that close advisory 0156 (2026-09) take those of helper addresses alone",
        "cEOS takes no DHCP address on its Ethernet ports; as a client use a vEOS machine",
    ),
)

CLOSED = ("4.33.10M", "4.34.8M", "4.35.6M", "4.36.2F")
"""Releases that close CVE-2026-73437, as Arista's advisory 0156 of 2026-09 names them, each the first of its train that does."""
HELPERS_ALONE = "takes replies from helper addresses alone (Arista's advisory 0156, CVE-2026-73437, 2026-09)"


def _train(closed: str) -> Iterator[Eos]:
    """A train of releases as it begins, and from the release on that closes the advisory."""
    first = closed.rpartition(".")[0]
    image = IMAGE if IMAGE.startswith(f"ceos:{first}.") else f"ceos:{first}.0F"
    yield Eos(FACTS._replace(release=first), image)
    notes = tuple(note for note in FACTS.notes if "advisory" not in note)
    yield Eos(FACTS._replace(release=closed, notes=(*notes, HELPERS_ALONE)), f"ceos:{closed}")


DEVICES: tuple[Device, ...] = (Eos(FACTS),)
RELEASES: tuple[Device, ...] = tuple(each for closed in CLOSED for each in _train(closed))
