"""Questions to a running EOS node, the meaning of its answers, and its actions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from labgen.devices import reading
from labgen.devices.answers import Answers
from labgen.devices.base import Action, Probe, Reader
from labgen.devices.collected import port_client, unplugging
from labgen.devices.eos import show, tables
from labgen.devices.observed import (
    EvpnSession,
    HardwareAddress,
    InterfaceAddress,
    Observed,
    OspfNeighbor,
    Raw,
    Route,
    Vni,
)
from labgen.dhcp.model import MessageRole
from labgen.ground.labplan import NodePlan
from labgen.ground.vocabulary import DEFAULT_VRF

RELAY = Probe("show-ip-dhcp-relay", "show ip dhcp relay")
COUNTERS = Probe("show-ip-dhcp-relay-counters", "show ip dhcp relay counters")
LEASES = Probe("show-dhcp-server-leases", "show dhcp server leases")
LOG = Probe("show-logging", "show logging")
OSPF = Probe("show-ip-ospf-neighbor", "show ip ospf neighbor | json")
SESSIONS = Probe("show-bgp-evpn-summary", "show bgp evpn summary | json")
VNIS = Probe("show-vxlan-vni", "show vxlan vni | json")
VTEPS = Probe("show-vxlan-flood-vtep", "show vxlan flood vtep")
REMOTE_MACS = Probe("show-vxlan-address-table", "show vxlan address-table")
LOCAL_MACS = Probe("show-mac-address-table", "show mac address-table")
HARDWARE = Probe("show-interfaces", "show interfaces | json", early=True)
ADDRESSES = Probe("show-ip-interface", "show ip interface | json")
ROUTES = Probe("show-ip-route", "show ip route vrf all | json")


def probes(node: NodePlan) -> tuple[Probe, ...]:
    """Probes that are worth asking this node."""
    wanted = [HARDWARE, LOG, ADDRESSES, ROUTES]
    if node.relays or node.forwards:
        wanted += [RELAY, COUNTERS]
    if node.server:
        wanted.append(LEASES)
    if node.ospf:
        wanted.append(OSPF)
    if node.bgp:
        wanted.append(SESSIONS)
    if any(vlan.vni for vlan in node.vlans):
        wanted += [VNIS, VTEPS, REMOTE_MACS, LOCAL_MACS]
    return tuple(wanted)


def observe(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    """Typed facts. Texts that cannot be read are named in `problems`."""
    answers = Answers(node, raw)
    role = MessageRole.SERVER if node.server else MessageRole.RELAY
    shown = [reading.records(show.parse, raw.get(p.name), node.name, role) for p in (COUNTERS, LEASES)]
    found = answers.structured(ADDRESSES, addresses)
    own = Observed(
        ospf=answers.structured(OSPF, neighbors),
        sessions=answers.structured(SESSIONS, sessions),
        vnis=_stretched(node, answers.structured(VNIS, vnis), found, raw.get(VTEPS.name)),
        macs=answers.read(REMOTE_MACS, tables.remote_macs) + answers.read(LOCAL_MACS, tables.local_macs),
        addresses=found,
        hardware=answers.structured(HARDWARE, hardware),
        routes=answers.structured(ROUTES, routes),
        daemons=answers.read(RELAY, tables.relay_state),
    )
    return Observed.total([*shown, own, answers.missed])


def _stretched(
    node: NodePlan, found: Sequence[Vni], shown: Sequence[InterfaceAddress], flooding: Raw | None
) -> tuple[Vni, ...]:
    """VNIs with what other tables say: the remote ends by VLAN, and the VRF their routed interface is really in."""
    ends = tables.flood(flooding.text) if flooding else {}
    vrfs = {address.interface: address.vrf for address in shown}
    ports = {port.name for port in node.interfaces}
    return tuple(
        replace(
            vni,
            vteps=ends.get(int((vni.svi or "Vlan0").removeprefix("Vlan")), ()),
            vrf=vrfs.get(vni.svi or "", DEFAULT_VRF) if vni.svi in ports else vni.vrf,
        )
        for vni in found
    )


def neighbors(node: NodePlan, raw: Raw, data: Any) -> Iterator[OspfNeighbor]:
    """`show ip ospf neighbor | json`, every VRF and instance."""
    for vrf in data["vrfs"].values():
        for instance in vrf["instList"].values():
            for entry in instance["ospfNeighborEntries"]:
                state = entry["adjacencyState"].partition("/")[0].lower()
                yield OspfNeighbor(node.name, entry["routerId"], entry["interfaceName"], state, raw.file)


def sessions(node: NodePlan, raw: Raw, data: Any) -> Iterator[EvpnSession]:
    """`show bgp evpn summary | json`."""
    for peer, entry in data["vrfs"][DEFAULT_VRF]["peers"].items():
        yield EvpnSession(node.name, peer, entry["peerState"].lower(), raw.file)


def vnis(node: NodePlan, raw: Raw, data: Any) -> Iterator[Vni]:
    """`show vxlan vni | json`: VNIs of VLANs, whose remote ends and VRF are in other tables, and transit VNIs."""
    by_id = {vlan.id: vlan for vlan in node.vlans}
    for interface in data["vxlanIntfs"].values():
        for number, entry in interface["vniBindings"].items():
            vlan = by_id.get(int(entry["vlan"]))
            vrf = vlan.vrf if vlan else DEFAULT_VRF
            yield Vni(node.name, int(number), "l2", vrf, f"Vlan{entry['vlan']}", (), raw.file)
        for number, entry in interface.get("vniBindingsToVrf", {}).items():
            yield Vni(node.name, int(number), "l3", entry["vrfName"], None, (), raw.file)


def hardware(node: NodePlan, raw: Raw, data: Any) -> Iterator[HardwareAddress]:
    """`show interfaces | json`; loopbacks and tunnels have none."""
    for name, entry in data["interfaces"].items():
        if mac := entry.get("physicalAddress"):
            yield HardwareAddress(node.name, name, str(mac).lower(), raw.file)


def addresses(node: NodePlan, raw: Raw, data: Any) -> Iterator[InterfaceAddress]:
    """`show ip interface | json`."""
    for name, entry in data["interfaces"].items():
        primary = entry["interfaceAddress"]["primaryIp"]
        text = f"{primary['address']}/{primary['maskLen']}"
        yield InterfaceAddress(node.name, name, entry.get("vrf", DEFAULT_VRF), text, raw.file)


def routes(node: NodePlan, raw: Raw, data: Any) -> Iterator[Route]:
    """`show ip route vrf all | json`."""
    for vrf, entry in data["vrfs"].items():
        for prefix in entry["routes"]:
            yield Route(node.name, vrf, prefix, raw.file)


def actions(node: NodePlan) -> dict[str, Action]:
    """Actions of playbooks, and `clear-log` before a step. EOS has no relay debug that could be left on."""
    found = {"clear-log": Action(("clear logging",)), **unplugging(node)}
    if node.client:
        port = node.client.interface
        watch = f"show ip interface {port} brief"
        found |= port_client(port, watch, rf"{port}\s+\d+\.\d+\.\d+\.\d+/\d+")
    return found


READER = Reader(probes, observe, actions)
