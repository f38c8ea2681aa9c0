"""Questions to a Linux switch routed by FRR, the meaning of its answers, and its actions, whatever program relays on it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from labgen.devices import reading
from labgen.devices.base import Action, Probe, Reader
from labgen.devices.frr import gateway, state
from labgen.devices.frr.snooping import LOG as SNOOP_LOG
from labgen.devices.frr.snooping import ports as snooping_ports
from labgen.devices.frr.switch import RelayProgram, relays
from labgen.devices.linux import ports, process
from labgen.devices.observed import Observed, Raw
from labgen.dhcp.logs import LogFormat
from labgen.dhcp.model import MessageRole
from labgen.ground.labplan import NodePlan

RELAY_STATE = "relay-state"
COMPLAINTS = re.compile(
    r'Dropping|Discarding|"action": ?"dropped".*"direction": ?"reply"|"direction": ?"reply".*"action": ?"dropped"|"event": ?"trouble"'
    r'|"action": ?"dropped".*"reason": ?"untrusted-option82"'
)
"""What relays write of replies they do not deliver, and of what they miss."""
DROPPED = re.compile(r'"action": ?"dropped"')
"""What a snooper writes of what it stops."""


@dataclass(frozen=True, slots=True)
class _Switch:
    program: RelayProgram
    format: LogFormat

    def probes(self, node: NodePlan) -> tuple[Probe, ...]:
        snooping = (SNOOP_LOG,) if snooping_ports(node) else ()
        if not relays(node):
            return (*state.probes(node), *snooping)
        relay = process.state(RELAY_STATE, self.program.daemon(node))
        return (*state.probes(node), relay, self.program.log, *snooping)

    def observe(self, node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
        parts = [
            state.observe(node, raw),
            reading.complaints(raw.get(self.program.log.name), node.name, COMPLAINTS),
            reading.records(self.format.parse, raw.get(self.program.log.name), node.name, MessageRole.RELAY),
            reading.running(raw.get(RELAY_STATE), node.name, "relay"),
            reading.complaints(raw.get(SNOOP_LOG.name), node.name, DROPPED),
        ]
        return Observed.total(parts)

    def actions(self, node: NodePlan) -> Mapping[str, Action]:
        relay = process.actions("relay", self.program.daemon(node)) if relays(node) else {}
        return relay | ports.actions(node) | gateway.actions(node)


def switch_reader(program: RelayProgram, format: LogFormat) -> Reader:
    """The reader of a switch that relays with `program`, whose log is of this format."""
    switch = _Switch(program, format)
    return Reader(switch.probes, switch.observe, switch.actions)
