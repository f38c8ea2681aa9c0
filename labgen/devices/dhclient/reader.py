"""Files of a dhclient host, their readers, and its actions."""

from __future__ import annotations

from collections.abc import Mapping

from labgen.devices.base import Action, Probe, Reader
from labgen.devices.dhclient import leases as lease_file
from labgen.devices.dhclient import log as client_log
from labgen.devices.dhclient.device import LEASES, LOG, argv, daemon
from labgen.devices.linux import client, kernel, observing, process, reach
from labgen.devices.observed import Observed, Raw
from labgen.ground.labplan import NodePlan

LEASE_FILE = Probe("dhclient.leases", LEASES, "file")
LOG_FILE = Probe("dhclient.log", LOG, "file")


def probes(node: NodePlan) -> tuple[Probe, ...]:
    return (*kernel.HOST, LEASE_FILE, LOG_FILE)


def observe(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    return observing.observe(node, raw, {LEASE_FILE: lease_file.LEASES, LOG_FILE: client_log.LOG})


def actions(node: NodePlan) -> Mapping[str, Action]:
    """dhclient has no signal to renew: its timers do that. It releases when told by a second dhclient."""
    assert node.client is not None
    port = node.client.linux
    known = client.ClientDaemon(daemon(node), port, LOG, r"^bound to ", f"rm -f {LEASES}")
    release = " ".join(argv(node, "-r"))
    end = f"{release} >>{LOG} 2>&1; {process.stop(daemon(node))}"
    return client.actions(known) | dict(client.LOOKING) | {"release": Action((end,))}


READER = Reader(probes, observe, actions, reach.probe)
