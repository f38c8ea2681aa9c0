"""Questions to a running SONiC switch, the meaning of its answers, and its actions.

Counters of dhcp4relay as `show_dhcp_relay.py` of sonic-buildimage prints them, recorded with both; routing by FRR, unverified on a switch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from labgen.devices import reading
from labgen.devices.base import Action, Probe, Reader
from labgen.devices.collected import cables
from labgen.devices.frr import state
from labgen.devices.linux.systemd import ROOT
from labgen.devices.observed import HardwareAddress, InterfaceAddress, Observed, Raw, RelayCounter
from labgen.devices.sonic import log, ports
from labgen.devices.tables import Tables, lines
from labgen.dhcp.message import MessageRole
from labgen.ground.labplan import NodePlan

HELPERS = Probe("show-dhcp-relay-ipv4-helper", "show dhcp_relay ipv4 helper")
RELAY_STATE = Probe("dhcp4relay-state", "pgrep -x dhcp4relay >/dev/null && echo running || echo stopped")
RELAY_LOG = Probe("dhcp4relay-log", f"{ROOT}sed -n /dhcp4relay/p /var/log/syslog")
COUNTERS = "show-dhcp4relay-counters"

_COUNTERS = re.compile(r"\| *Vlan \(|Unsupport")
_CELLS = re.compile(r"[^|\s][^|]*")
_DIRECTION = re.compile(r"Vlan \((RX|TX)\)")


def probes(node: NodePlan) -> tuple[Probe, ...]:
    """Probes that are worth asking this node."""
    wanted = [*state.probes(node, ROOT)]
    if node.relays:
        wanted += [HELPERS, RELAY_STATE, RELAY_LOG, _counters(node)]
    return tuple(wanted)


def _counters(node: NodePlan) -> Probe:
    vlans = " ".join(ports.vlans(node).values())
    show = "show dhcp4relay-counters vlan-counts $v -d $d"
    return Probe(COUNTERS, f"for v in {vlans}; do for d in RX TX; do {show}; done; done")


def observe(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    """Typed facts. Texts that cannot be read are named in `problems`."""
    tables = Tables(node, raw)
    system = state.observe(_called(node), raw)
    own = Observed(
        counters=tables.read(Probe(COUNTERS, ""), counters),
        problems=tuple(tables.problems),
    )
    placed = replace(
        system,
        addresses=tuple(_placed(node, address) for address in system.addresses),
        vnis=tuple(replace(vni, vrf=_planned(node, vni.vrf)) for vni in system.vnis),
        hardware=(*system.hardware, *_sending(node, system.hardware)),
    )
    said = reading.records(log.parse, raw.get(RELAY_LOG.name), node.name, MessageRole.RELAY)
    return Observed.total([placed, own, said, reading.running(raw.get(RELAY_STATE.name), node.name, "relay")])


def counters(node: NodePlan, raw: Raw) -> Iterator[RelayCounter]:
    """`show dhcp4relay-counters vlan-counts VLAN -d DIRECTION`: one column per type of message."""
    names: list[str] = []
    direction = ""
    for line in lines(raw, _COUNTERS):
        cells = [cell.strip() for cell in _CELLS.findall(line)] if line.startswith("|") else []
        heading = _DIRECTION.match(cells[0]) if cells else None
        if heading:
            direction, names = heading[1], cells[1:]
        elif cells:
            for name, value in zip(names, cells[1:], strict=True):
                yield RelayCounter(node.name, f"{cells[0]} {direction} {name}", int(value), raw.file)


def _placed(node: NodePlan, address: InterfaceAddress) -> InterfaceAddress:
    """An address of a VLAN that stands for a relay's port is that port's."""
    port = _members(node).get(address.interface, address.interface)
    return replace(address, interface=port, vrf=_planned(node, address.vrf))


def _called(node: NodePlan) -> NodePlan:
    """The node with its VRFs as SONiC calls them."""
    vrfs = tuple(vrf.model_copy(update={"name": ports.vrf(vrf.name)}) for vrf in node.vrfs)
    return node.model_copy(update={"vrfs": vrfs})


def _planned(node: NodePlan, vrf: str) -> str:
    """A VRF of the switch as the plan calls it."""
    return next((each.name for each in node.vrfs if ports.vrf(each.name) == vrf), vrf)


def _sending(node: NodePlan, known: tuple[HardwareAddress, ...]) -> Iterator[HardwareAddress]:
    """The MAC address of the relay's packets by port: that of the VLAN that stands for the port."""
    members = _members(node)
    for found in known:
        if found.interface in members:
            yield replace(found, interface=members[found.interface])


def _members(node: NodePlan) -> dict[str, str]:
    """The port behind each VLAN."""
    return {vlan: port for port, vlan in ports.vlans(node).items()}


def actions(node: NodePlan) -> dict[str, Action]:
    """Actions of playbooks."""
    found: dict[str, Action] = {}
    if node.relays:
        feature = f"{ROOT}config feature state dhcp_relay"
        found["stop-relay"] = Action((f"{feature} disabled",), RELAY_STATE.text, "^stopped", "start-relay")
        found["start-relay"] = Action((f"{feature} enabled",), RELAY_STATE.text, "^running")
    for client, port in cables(node).items():
        found[f"unplug-{client}"] = Action((f"{ROOT}config interface shutdown {port}",), undo="plug")
        found[f"plug-{client}"] = Action((f"{ROOT}config interface startup {port}",))
    return found


READER = Reader(probes, observe, actions)
