"""What to collect from a Linux switch, and how to read it. Apart from the device, since building a lab takes no parsers."""

from __future__ import annotations

from collections.abc import Mapping

from labgen.devices import process, reading
from labgen.devices.base import Probe
from labgen.devices.frr import state
from labgen.devices.frr.switch import RelayProgram
from labgen.devices.observed import Observed, Raw
from labgen.dhcp.model import Role
from labgen.ground.labplan import NodePlan

RELAY_STATE = "relay-state"


def probes(relay: RelayProgram | None, node: NodePlan) -> tuple[Probe, ...]:
    """`relay` is the program that relays on this switch, None on one that does not."""
    if relay is None:
        return state.probes(node)
    return (*state.probes(node), process.state(RELAY_STATE, relay.daemon(node)), relay.log)


def observe(relay: RelayProgram, node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    parts = [
        state.observe(node, raw),
        reading.records(relay.format().parse, raw.get(relay.log.name), node.name, Role.RELAY),
        reading.running(raw.get(RELAY_STATE), node.name, "relay"),
    ]
    return Observed.total(parts)
