"""Cisco IOS and IOS XE: IOSv, CSR 1000v, Catalyst 8000v, IOL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from labgen.devices.base import (
    ABROAD,
    ANY_PORT,
    EVERY_OPTION,
    IDENTIFIERS,
    VSS,
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
from labgen.devices.ios import config
from labgen.devices.tools import ContainerNode, Files, Health, NetlabNode
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.vocabulary import Existing, Role

FAMILY = frozenset({"iosv", "csr", "cat8000v", "iol"})
"""Devices whose server understands Cisco's own sub-options 150 and 152."""

STARTUP = "startup.partial.cfg"
RELAY = RelayCapability(
    inter_vrf=True,
    server_scope="server",
    giaddr=ANY_PORT,
    options=EVERY_OPTION,
    brings=((ABROAD, ABROAD), (IDENTIFIERS, IDENTIFIERS)),
    identifiers_together=True,
    trust=True,
    existing=frozenset(Existing),
)
YEAR = 365 * 86400
"""The longest lease of a pool that is not infinite: `lease {days [hours] [minutes]}`, days from 0 to 365, in seconds."""
IOS_SERVER = ServerCapability(
    link_selection=False,
    honours_override=False,
    min_lease=60,
    lease_unit=60,
    longest_lease=YEAR,
    one_offer=True,
    on_segment=True,
    tenants=frozenset({VSS}),
    vrf_pools=True,
    options=True,
    lease_policy=frozenset({"infinite"}),
)
XE_SERVER = IOS_SERVER._replace(link_selection=True, honours_override=True)

XE_FABRIC = FabricCapability(
    handover=True,
    vrf_loopback=True,
    secondary=True,
    relay_chain=True,
    anycast_alone=True,
    netlab_anycast=False,
    trunk=True,
    vrrp=True,
    hsrp=True,
    underlays=WITHOUT_ISIS,
    evpn_ebgp=False,
)

_MODEL = "Cisco-IOS-XE-dhcp 17.16.1"
SERVING = (
    ("no bounds", f"{_MODEL}, pool: lease is one time"),
    (
        "gives all clients of a segment one lease time",
        f"{_MODEL}, pool, class: options and a range, no lease",
    ),
    ("forms no pair", f"{_MODEL}: no leaf for a partner"),
    ("leaves declined addresses", f"{_MODEL}: no leaf for what is declined"),
    ("T1 and T2 in seconds", f"{_MODEL}, pool: options 58 and 59 are octets"),
)
"""What servers of IOS and IOS XE cannot do of leases."""
UNNUMBERED = (
    "unnumbered client port",
    "Catalyst 9300 16.12 BGP EVPN guide, DHCP relay (read 2026-11): sub-option 5 is the client interface's subnet, which is the "
    "loopback's here",
)
SNOOPING = (
    "DHCP snooping",
    "Cisco-IOS-XE-dhcp 17.16.1: `ip dhcp snooping vlan` is of VLANs, and VLANs are bridge domains here (netlab 26.10)",
)
LINK_SESSIONS = (
    "EVPN over no session",
    "no document was found that takes neighbor next-hop-unchanged over links; it is known for multihop sessions",
)
ALONE = (
    "an anycast gateway is the only address of its routed interface; labgen configures it, netlab does not"
)
SHORTEST = "leases shorter than a minute become a minute"


class Ios(NamedTuple):
    """`port` names data ports in containerlab; `machine`: the image is a virtual machine that boots for minutes."""

    facts: DeviceFacts
    image: str
    port: str = "eth{n}"
    machine: bool = True

    def artifacts(self, plan: LabPlan, node: NodePlan) -> Iterable[Artifact]:
        yield Artifact(startup_path(node), config.full(plan, node, self.facts.title, FAMILY))

    def netlab(self, plan: LabPlan, node: NodePlan, files: Files) -> NetlabNode:
        return NetlabNode(self.facts.netlab, config=config.dhcp(plan, node, FAMILY))

    def container(self, plan: LabPlan, node: NodePlan, files: Files) -> ContainerNode:
        return ContainerNode(
            self.facts.containerlab,
            self.image,
            port=self.port,
            startup_config=startup_path(node),
            config=files,
            health=Health("/healthcheck.py", start_period=120, interval=15, retries=60)
            if self.machine
            else None,
        )

    def daemons(self, plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
        return ()


def startup_path(node: NodePlan) -> str:
    """The configuration in the lab folder; containerlab adds it to the machine's bootstrap configuration."""
    return f"config/{node.name}/{STARTUP}"


IOSV = Ios(
    DeviceFacts(
        name="iosv",
        title="Cisco IOSv",
        roles=frozenset(Role),
        naming=Naming(
            port="GigabitEthernet0/{n}", svi="BVI{vlan}", loopback="Loopback0", vrf_loopback="Loopback{n}"
        ),
        netlab="iosv",
        containerlab="cisco_vios",
        netmiko="cisco_ios",
        relay=RELAY,
        server=IOS_SERVER,
        client=ClientCapability(),
        fabric=FabricCapability(
            handover=True,
            vrf_loopback=True,
            secondary=True,
            hsrp=True,
            vlan=False,
            vxlan=False,
            evpn=False,
            anycast=False,
            relay_chain=True,
            underlays=WITHOUT_ISIS,
        ),
        evidence="recorded",
        checked="2026-11",
        cannot=(
            *SERVING,
            ("VXLAN", "netlab 26.10: no VXLAN module for it"),
            ("VLANs with", "netlab 26.10: no VLAN module for it"),
            ("DHCP snooping", "netlab 26.10: no VLAN module for it, and snooping is of VLANs"),
            ("trunks that", "netlab 26.10: no VLAN module for it, and trunks are of VLANs"),
            ("anycast gateway", "netlab 26.10: no VLAN module for it, and no anycast gateway without"),
            (
                "gateway address that other",
                "netlab 26.10: no VLAN module for it, and no anycast gateway without",
            ),
            (
                "as a server cannot read",
                "blog.ipspace.net, netlab-vrf-dhcp-relay (2023-03): IOSv's server does not support subnet selection",
            ),
            UNNUMBERED,
        ),
        notes=(
            SHORTEST,
            "its server knows no link selection: relays must put a client-side address into giaddr",
        ),
    ),
    image="vrnetlab/cisco_vios:15.9.3",
)
CSR = Ios(
    DeviceFacts(
        name="csr",
        title="Cisco CSR 1000v",
        roles=frozenset(Role),
        naming=Naming(
            port="GigabitEthernet{n}",
            svi="BDI{vlan}",
            loopback="Loopback0",
            vrf_loopback="Loopback{n}",
            first_port=2,
        ),
        netlab="csr",
        containerlab="cisco_csr1000v",
        netmiko="cisco_xe",
        relay=RELAY,
        server=XE_SERVER,
        client=ClientCapability(),
        fabric=FabricCapability(
            handover=True,
            vrf_loopback=True,
            secondary=True,
            evpn=False,
            anycast=False,
            relay_chain=True,
            trunk=True,
            vrrp=True,
            hsrp=True,
            underlays=WITHOUT_ISIS,
        ),
        evidence="recorded",
        checked="2026-11",
        cannot=(
            *SERVING,
            ("EVPN over VXLAN", "netlab 26.10: its EVPN runs over MPLS and segment routing"),
            ("anycast gateway", "netlab 26.10: gateways of CSR are VRRP's"),
            ("gateway address that other", "netlab 26.10: gateways of CSR are VRRP's"),
            UNNUMBERED,
            SNOOPING,
        ),
        notes=(SHORTEST,),
    ),
    image="vrnetlab/vr-csr:17.03.04",
)
CAT8000V = Ios(
    DeviceFacts(
        name="cat8000v",
        title="Cisco Catalyst 8000v",
        roles=frozenset(Role),
        naming=Naming(
            port="GigabitEthernet{n}",
            svi="BDI{vlan}",
            loopback="Loopback0",
            vrf_loopback="Loopback{n}",
            first_port=2,
        ),
        netlab="cat8000v",
        containerlab="cisco_c8000v",
        netmiko="cisco_xe",
        relay=RELAY,
        server=XE_SERVER,
        client=ClientCapability(),
        fabric=XE_FABRIC,
        evidence="documented",
        checked="2026-11",
        cannot=(*SERVING, UNNUMBERED, LINK_SESSIONS, SNOOPING),
        notes=(SHORTEST, ALONE),
    ),
    image="vrnetlab/cisco_c8000v:17.16.01a",
)
IOL = Ios(
    DeviceFacts(
        name="iol",
        title="Cisco IOL",
        roles=frozenset(Role),
        naming=Naming(
            port="Ethernet{slot}/{unit}", svi="BDI{vlan}", loopback="Loopback0", vrf_loopback="Loopback{n}"
        ),
        netlab="iol",
        containerlab="cisco_iol",
        netmiko="cisco_ios",
        relay=RELAY,
        server=XE_SERVER,
        client=ClientCapability(),
        fabric=XE_FABRIC,
        evidence="documented",
        checked="2026-11",
        cannot=(*SERVING, UNNUMBERED, LINK_SESSIONS, SNOOPING),
        notes=(SHORTEST, ALONE),
    ),
    image="vrnetlab/cisco_iol:17.16.01a",
    machine=False,
)

DEVICES: tuple[Device, ...] = (IOSV, CSR, CAT8000V, IOL)
