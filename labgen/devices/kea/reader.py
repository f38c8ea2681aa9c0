"""Files of a Kea server, their readers, and its actions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from labgen.devices import pair_states, reading
from labgen.devices.base import Action, Probe, Reader, Ready
from labgen.devices.frr import state
from labgen.devices.kea import control
from labgen.devices.kea import leases as lease_file
from labgen.devices.kea import log as server_log
from labgen.devices.kea.device import CONTROL, KEA, LEASES, LOG
from labgen.devices.linux import process
from labgen.devices.observed import Observed, Raw
from labgen.dhcp.model import MessageRole
from labgen.ground.labplan import NodePlan

SERVING = KEA._replace(
    ready=Ready("log", KEA.ready.path, r"(?s)\A(?!.*HA_SERVICE_STARTED).*DHCP4_STARTED|HA_LOCAL_DHCP_ENABLE"),
)
"""Kea as one waits for it: a server of a pair has started and serves nobody until it has its partner's leases."""
STATE = process.state("server-state", KEA)
BINDINGS = Probe("lease4-get-all", control.ask(CONTROL, "lease4-get-all"))
LEASE_FILE = Probe("kea-leases4.csv", LEASES, "file")
LOG_FILE = Probe("kea-dhcp4.log", LOG, "file")

COMPLAINTS = re.compile(
    r"DHCP4_PACKET_\w*FAIL\w*|DHCP4_CONFIG_LOAD_FAIL|DHCP4_PARSER_\w*FAIL|DHCPSRV_(?:NO_SOCKETS_OPEN|OPEN_SOCKET_FAIL)"
    r"|HA_\w*(?:FAILED|TERMINATED)|HA_COMMUNICATION_INTERRUPTED\b"
)
"""What it writes when it cannot work; why it does not serve a client is read with its messages."""

ORDINARY = re.compile(
    r"DHCP4_PACKET_DROP_0003|ALLOC_ENGINE_V4_REQUEST_OUT_OF_POOL|DHCP4_HOOK_BUFFER_RCVD_DROP"
)
"""What it writes at each REQUEST of a client that chose another server, or of its partner's: that is no reason for anything."""


PAIR = re.compile(r"HA_STATE_TRANSITION .* transitions from \S+ to (\S+) state")


def probes(node: NodePlan) -> tuple[Probe, ...]:
    return (*state.probes(node), STATE, BINDINGS, LEASE_FILE, LOG_FILE)


def observe(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    """Bindings are the control socket's word; the lease file's where the daemon does not answer."""
    parts = [
        state.observe(node, raw),
        reading.running(raw.get(STATE.name), node.name, "server"),
        reading.complaints(raw.get(LOG_FILE.name), node.name, COMPLAINTS),
        reading.records(server_log.LOG.parse, raw.get(LOG_FILE.name), node.name, MessageRole.SERVER),
        pair_states.last(raw.get(LOG_FILE.name), node.name, PAIR),
        _bindings(node, raw),
    ]
    found = Observed.total(parts)
    odd = tuple(line for line in found.complaints if not ORDINARY.search(line.text or ""))
    return replace(found, complaints=odd)


def _bindings(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    """The control socket's answer. Where that cannot be read, though the daemon runs, it is a problem: the lease file may be behind."""
    answer, state_ = raw.get(BINDINGS.name), raw.get(STATE.name)
    listed = control.bindings(answer, node.name)
    if listed is not None:
        return listed
    kept = reading.records(lease_file.LEASES.parse, raw.get(LEASE_FILE.name), node.name, MessageRole.SERVER)
    if answer is None or state_ is None or state_.text.strip() != "running" or node.foreign is not None:
        return kept  # a Kea of somebody else may have no hook that lists leases
    odd = Observed(problems=(f"{answer.file}: not understood (no list of leases)",))
    return Observed.total([kept, odd])


def actions(node: NodePlan) -> Mapping[str, Action]:
    return process.actions("server", SERVING)


READER = Reader(probes, observe, actions)
