"""Questions to a running SR Linux node, the meaning of its answers, and its actions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from labgen.devices.answers import Answers
from labgen.devices.base import Action, Probe, Reader
from labgen.devices.collected import port_client, stopping, unplugging
from labgen.devices.observed import Observed, Raw
from labgen.devices.srlinux import state
from labgen.ground.labplan import NodePlan

_ALL = "info from state network-instance *"
_DEFAULT = "info from state network-instance default protocols"

TYPES = Probe("network-instance-type", f"{_ALL} type | as json")
MEMBERS = Probe("network-instance-interface", f"{_ALL} interface * | as json")
HARDWARE = Probe(
    "interface-ethernet", "info from state interface * ethernet hw-mac-address | as json", early=True
)
IRB = Probe("mac-table-type", f"{_ALL} bridge-table mac-table mac * type | as json", early=True)
TUNNELS = Probe("network-instance-vxlan-interface", f"{_ALL} vxlan-interface * | as json")
PORTS = Probe("interface-ipv4", "info from state interface * subinterface * ipv4 | as json")
ROUTES = Probe("route-table", f"{_ALL} route-table ipv4-unicast | as json")
OSPF = Probe("ospf-neighbor", f"{_DEFAULT} ospf instance * area * interface * neighbor * | as json")
SESSIONS = Probe("bgp-neighbor", f"{_DEFAULT} bgp neighbor * | as json")
VNIS = Probe("vxlan-interface", "info from state tunnel-interface * vxlan-interface * | as json")
MACS = Probe("mac-table", f"{_ALL} bridge-table mac-table | as json")


def probes(node: NodePlan) -> tuple[Probe, ...]:
    """Probes that are worth asking this node."""
    wanted = [HARDWARE, TYPES, MEMBERS, PORTS, ROUTES]
    if node.ospf:
        wanted.append(OSPF)
    if node.bgp:
        wanted.append(SESSIONS)
    if any(vlan.vni for vlan in node.vlans):
        wanted += [TUNNELS, VNIS, MACS]
    if node.vlans:
        wanted.append(IRB)
    return tuple(wanted)


def observe(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    """Typed facts. Texts that cannot be read are named in `problems`."""
    answers = Answers(node, raw)
    instances = state.Instances(
        dict(answers.structured(TYPES, state.kinds)),
        (*answers.structured(MEMBERS, state.members), *answers.structured(TUNNELS, state.tunnels)),
    )
    own = Observed(
        bindings=answers.structured(PORTS, state.leases),
        daemons=answers.structured(PORTS, state.relays),
        counters=answers.structured(PORTS, state.counters),
        addresses=answers.structured(PORTS, partial(state.addresses, instances=instances)),
        hardware=(
            *answers.structured(HARDWARE, state.hardware),
            *answers.structured(IRB, state.routed),
        ),
        routes=answers.structured(ROUTES, state.routes),
        ospf=answers.structured(OSPF, state.neighbors),
        sessions=answers.structured(SESSIONS, state.sessions),
        vnis=answers.structured(VNIS, partial(state.vnis, instances=instances)),
        macs=answers.structured(MACS, state.macs),
    )
    return Observed.total([own, answers.missed])


def actions(node: NodePlan) -> dict[str, Action]:
    """Actions of playbooks. SR Linux has no command that renews or releases; a client starts again with its interface."""
    down, up = partial(_switch, "disable"), partial(_switch, "enable")
    found = unplugging(node, down, up)
    if node.relays:
        found |= stopping("relay", _relays(node, "disable"), _relays(node, "enable"))
    if node.client:
        port = node.client.interface
        watch = f"info from state interface {port} subinterface 0 ipv4 address * origin"
        found |= port_client(port, watch, r"origin dhcp", down, up)
    return found


def _switch(word: str, port: str) -> tuple[str, ...]:
    return _committed(f"set / interface {port} admin-state {word}")


def _relays(node: NodePlan, word: str) -> tuple[str, ...]:
    lines = []
    for relay in node.relays:
        base, _, unit = relay.interface.partition(".")
        lines.append(f"set / interface {base} subinterface {unit or 0} ipv4 dhcp-relay admin-state {word}")
    return _committed(*lines)


def _committed(*lines: str) -> tuple[str, ...]:
    """`commit now` leaves candidate mode."""
    return ("enter candidate", *lines, "commit now")


READER = Reader(probes, observe, actions)
