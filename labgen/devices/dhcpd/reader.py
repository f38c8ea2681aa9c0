"""Questions to an ISC dhcpd server, the meaning of its answers, and its actions."""

from __future__ import annotations

import re
from collections.abc import Mapping

from labgen.devices import pair_states, reading
from labgen.devices.base import Action, Probe, Reader
from labgen.devices.dhcpd import leases as lease_file
from labgen.devices.dhcpd import log as server_log
from labgen.devices.dhcpd.device import LEASES, LOG, daemon
from labgen.devices.frr import state
from labgen.devices.linux import process
from labgen.devices.observed import Observed, Raw
from labgen.dhcp.model import MessageRole
from labgen.ground.labplan import NodePlan

STATE = "server-state"
LEASE_FILE = Probe("dhcpd.leases", LEASES, "file")
LOG_FILE = Probe("dhcpd.log", LOG, "file")
PAIR = re.compile(r"^\s+my state (\S+) at ")
"""In a `failover peer` block of the lease file, of which each change of state writes one."""


def probes(node: NodePlan) -> tuple[Probe, ...]:
    return (*state.probes(node), process.state(STATE, daemon(node)), LEASE_FILE, LOG_FILE)


def observe(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    parts = [
        state.observe(node, raw),
        reading.running(raw.get(STATE), node.name, "server"),
        reading.records(server_log.LOG.parse, raw.get(LOG_FILE.name), node.name, MessageRole.SERVER),
        pair_states.last(raw.get(LEASE_FILE.name), node.name, PAIR),
        reading.records(lease_file.LEASES.parse, raw.get(LEASE_FILE.name), node.name, MessageRole.SERVER),
    ]
    return Observed.total(parts)


def actions(node: NodePlan) -> Mapping[str, Action]:
    return process.actions("server", daemon(node))


READER = Reader(probes, observe, actions)
