"""Questions to a dnsmasq server, the meaning of its answers, and its actions."""

from __future__ import annotations

from collections.abc import Mapping

from labgen.devices import reading
from labgen.devices.base import Action, Probe, Reader
from labgen.devices.dnsmasq import leases as lease_file
from labgen.devices.dnsmasq import log as server_log
from labgen.devices.dnsmasq.device import DNSMASQ, LEASES, LOG
from labgen.devices.frr import state
from labgen.devices.linux import process
from labgen.devices.observed import Observed, Raw
from labgen.dhcp.model import MessageRole
from labgen.ground.labplan import NodePlan

STATE = process.state("server-state", DNSMASQ)
LEASE_FILE = Probe("dnsmasq.leases", f"if [ -e {LEASES} ]; then cat {LEASES}; fi")
"""A dnsmasq that gave nothing away yet has no such file."""
LOG_FILE = Probe("dnsmasq.log", LOG, "file")


def probes(node: NodePlan) -> tuple[Probe, ...]:
    leases = LEASE_FILE if node.foreign is None else Probe(LEASE_FILE.name, LEASES, "file")
    return (*state.probes(node), STATE, leases, LOG_FILE)


def observe(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    parts = [
        state.observe(node, raw),
        reading.running(raw.get(STATE.name), node.name, "server"),
        reading.records(server_log.LOG.parse, raw.get(LOG_FILE.name), node.name, MessageRole.SERVER),
        reading.records(lease_file.LEASES.parse, raw.get(LEASE_FILE.name), node.name, MessageRole.SERVER),
    ]
    return Observed.total(parts)


def actions(node: NodePlan) -> Mapping[str, Action]:
    return process.actions("server", DNSMASQ)


READER = Reader(probes, observe, actions)
