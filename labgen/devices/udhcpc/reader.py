"""What to ask a udhcpc host, how to read it, and what can be done to it."""

from __future__ import annotations

from collections.abc import Mapping

from labgen.devices.base import Action, Probe, Reader
from labgen.devices.linux import client, kernel, observing, process, reach
from labgen.devices.observed import Observed, Raw
from labgen.devices.udhcpc import leases as lease_file
from labgen.devices.udhcpc import log as client_log
from labgen.devices.udhcpc.device import LEASES, LOG, daemon
from labgen.ground.labplan import NodePlan

LEASE_FILE = Probe("udhcpc-lease", f"if [ -e {LEASES} ]; then cat {LEASES}; fi")
LOG_FILE = Probe("udhcpc.log", LOG, "file")


def probes(node: NodePlan) -> tuple[Probe, ...]:
    return (*kernel.HOST, LEASE_FILE, LOG_FILE)


def observe(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    return observing.observe(node, raw, {LEASE_FILE: lease_file.LEASES, LOG_FILE: client_log.LOG})


def actions(node: NodePlan) -> Mapping[str, Action]:
    """USR1 renews: by unicast first, by broadcast where that is not answered. USR2 releases."""
    assert node.client is not None
    known = client.ClientDaemon(
        daemon(node), node.client.linux, LOG, r"lease of \S+ obtained", f"rm -f {LEASES}"
    )
    tell = f"p=$(cat {process.pid_file(daemon(node))}) && kill -%s $p"
    return client.actions(known) | {
        "renew": Action((f": >{LOG}; {tell % 'USR1'}",), f"cat {LOG}", r"lease of \S+ obtained"),
        "release": Action((tell % "USR2",), f"cat {LOG}", "entering released state"),
    }


READER = Reader(probes, observe, actions, reach.probe)
