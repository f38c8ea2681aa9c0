"""Questions to a running AOS-CX switch, the meaning of its answers, and its actions."""

from __future__ import annotations

from collections.abc import Mapping

from labgen.devices.arubacx import show
from labgen.devices.base import Action, Probe, Reader
from labgen.devices.collected import configured, relaying, stopping, unplugging
from labgen.devices.leasetable import leases
from labgen.devices.observed import Observed, Raw
from labgen.devices.tables import Tables
from labgen.ground.labplan import NodePlan

HARDWARE = Probe("show-interface", "show interface", early=True)
OSPF = Probe("show-ip-ospf-neighbors", "show ip ospf neighbors")
SESSIONS = Probe("show-bgp-l2vpn-evpn-summary", "show bgp l2vpn evpn summary")
VNIS = Probe("show-interface-vxlan1", "show interface vxlan1")
MACS = Probe("show-evpn-mac-ip", "show evpn mac-ip")
ROUTES = Probe("show-ip-route-all-vrfs", "show ip route all-vrfs")
RELAY = Probe("show-dhcp-relay", "show dhcp-relay")
HELPERS = Probe("show-ip-helper-address", "show ip helper-address")
LEASES = Probe("show-dhcp-server-leases", "show dhcp-server leases")
"""Unverified on AOS-CX: the table is OpenSwitch's, from which AOS-CX came."""


def probes(node: NodePlan) -> tuple[Probe, ...]:
    """Probes that are worth asking this node."""
    wanted = [HARDWARE, ROUTES]
    if node.relays:
        wanted += [RELAY, HELPERS]
    if node.server:
        wanted.append(LEASES)
    if node.ospf:
        wanted.append(OSPF)
    if node.bgp:
        wanted += [SESSIONS, MACS]
    if any(vlan.vni for vlan in node.vlans):
        wanted.append(VNIS)
    return tuple(wanted)


def observe(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    """Typed facts. Texts that cannot be read are named in `problems`."""
    tables = Tables(node, raw)
    table = tables.read(ROUTES, show.entries)
    file = raw[ROUTES.name].file if table else ""
    addresses = tuple(show.addresses(node, table, file))
    return Observed(
        bindings=tables.read(LEASES, leases),
        ospf=tables.read(OSPF, show.neighbors),
        sessions=tables.read(SESSIONS, show.sessions),
        vnis=tables.read(VNIS, lambda node, raw: show.vnis(node, raw, addresses)),
        macs=tables.read(MACS, show.macs),
        addresses=addresses,
        hardware=tables.read(HARDWARE, show.hardware),
        routes=tuple(show.routes(node, table, file)),
        counters=tables.read(RELAY, show.counters),
        daemons=tables.read(RELAY, show.agent) + tables.read(HELPERS, relaying),
        problems=tuple(dict.fromkeys(tables.problems)),
    )


def actions(node: NodePlan) -> dict[str, Action]:
    """Actions of playbooks. `stop-server` is unverified, as the server's section is."""
    found = unplugging(node)
    if node.relays:
        found |= stopping("relay", configured("no dhcp-relay"), configured("dhcp-relay"))
    if node.server:
        off, on = (configured("dhcp-server vrf default", word) for word in ("disable", "enable"))
        found |= stopping("server", off, on)
    return found


READER = Reader(probes, observe, actions)
