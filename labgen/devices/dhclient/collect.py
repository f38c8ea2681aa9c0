"""What to collect from a dhclient host, and how to read it. Apart from the device, since building a lab takes no parsers."""

from __future__ import annotations

from collections.abc import Mapping

from labgen.devices import reading
from labgen.devices.base import Probe
from labgen.devices.dhclient import leases as lease_file
from labgen.devices.dhclient import log as client_log
from labgen.devices.dhclient.device import LEASES, LOG
from labgen.devices.frr import state
from labgen.devices.observed import Observed, Raw
from labgen.dhcp.model import Role
from labgen.ground.labplan import NodePlan

LEASE_FILE = Probe("dhclient.leases", LEASES, "file")
LOG_FILE = Probe("dhclient.log", LOG, "file")


def probes() -> tuple[Probe, ...]:
    return (state.LINKS, state.ADDRESSES, state.ROUTES, LEASE_FILE, LOG_FILE)


def observe(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    parts = [
        state.observe(node, raw),
        reading.records(lease_file.LEASES.parse, raw.get(LEASE_FILE.name), node.name, Role.CLIENT),
        reading.records(client_log.LOG.parse, raw.get(LOG_FILE.name), node.name, Role.CLIENT),
    ]
    return Observed.total(parts)
