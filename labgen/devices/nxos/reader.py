"""Questions to a running NX-OS node, the meaning of its answers, and its actions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from labgen.devices.answers import Answers, ask
from labgen.devices.base import Action, Probe, Reader
from labgen.devices.collected import configured, stopping, unplugging
from labgen.devices.nxos import show, state
from labgen.devices.observed import Observed, Raw
from labgen.dhcp.model import MessageRole
from labgen.ground.labplan import NodePlan

RELAY = ask("show ip dhcp relay")
STATISTICS = ask("show ip dhcp relay statistics")
HARDWARE = ask("show interface | json", early=True)
ADDRESSES = ask("show ip interface vrf all | json")
ROUTES = ask("show ip route vrf all | json")
OSPF = ask("show ip ospf neighbors detail vrf all | json")
SESSIONS = ask("show bgp l2vpn evpn summary | json")
PEERS = ask("show nve peers detail | json")
VNIS = ask("show nve vni | json")
MACS = ask("show l2route evpn mac all | json")

_RELAY = re.compile(r"DHCP relay service is", re.IGNORECASE)
_STATISTICS = re.compile(r"^Message Type +Rx +Tx +Drops", re.MULTILINE)


def probes(node: NodePlan) -> tuple[Probe, ...]:
    """Probes that are worth asking this node."""
    wanted = [HARDWARE, ADDRESSES, ROUTES]
    if node.relays:
        wanted += [RELAY, STATISTICS]
    if node.ospf:
        wanted.append(OSPF)
    if node.bgp:
        wanted.append(SESSIONS)
    if any(vlan.vni for vlan in node.vlans):
        wanted += [PEERS, VNIS, MACS]
    return tuple(wanted)


def observe(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    """Typed facts. Texts that cannot be read are named in `problems`."""
    answers = Answers(node, raw)
    addresses = answers.structured(ADDRESSES, state.addresses)
    peers = answers.structured(PEERS, state.peers)
    own = Observed(
        addresses=addresses,
        hardware=answers.structured(HARDWARE, state.hardware),
        routes=answers.structured(ROUTES, state.routes),
        ospf=answers.structured(OSPF, state.neighbors),
        sessions=answers.structured(SESSIONS, state.sessions),
        vnis=answers.structured(VNIS, partial(state.vnis, peers=peers, svis=addresses)),
        macs=answers.structured(MACS, state.macs),
        daemons=answers.table(RELAY, _RELAY, state.relays),
    )
    counters = answers.records(STATISTICS, _STATISTICS, show.parse, MessageRole.RELAY)
    return Observed.total([counters, own, answers.missed])


def actions(node: NodePlan) -> dict[str, Action]:
    """Actions of playbooks on a switch; NX-OS is nothing else."""
    found = unplugging(node)
    if node.relays:
        found |= stopping("relay", configured("no ip dhcp relay"), configured("ip dhcp relay"))
    return found


READER = Reader(probes, observe, actions)
