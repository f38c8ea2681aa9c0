"""Questions to a udhcpc host, the meaning of its answers, and its actions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from labgen.devices.base import Action, Probe, Reader
from labgen.devices.linux import client, kernel, observing, process, reach
from labgen.devices.observed import Observed, Raw
from labgen.devices.udhcpc import leases as lease_file
from labgen.devices.udhcpc import log as client_log
from labgen.devices.udhcpc.device import LEASES, LOG, daemon
from labgen.dhcp.model import Binding, MessageRole
from labgen.ground.labplan import NodePlan

LEASE_FILE = Probe("udhcpc-lease", f"if [ -e {LEASES} ]; then cat {LEASES}; fi")
LOG_FILE = Probe("udhcpc.log", LOG, "file")
_OBTAINED = re.compile(r"lease of (\S+) obtained from (\S+), lease time (\d+)")


def probes(node: NodePlan) -> tuple[Probe, ...]:
    return (*kernel.HOST, LEASE_FILE, LOG_FILE)


def observe(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    found = observing.observe(node, raw, {LEASE_FILE: lease_file.LEASES, LOG_FILE: client_log.LOG})
    if node.foreign is None or found.bindings or LOG_FILE.name not in raw:
        return found
    return replace(found, bindings=tuple(_logged(node, raw[LOG_FILE.name])))


def _logged(node: NodePlan, log: Raw) -> Iterator[Binding]:
    """The lease that its log tells last: a network that is not labgen's has no hook that would write it down."""
    port = node.client.interface if node.client else ""
    reported = [
        (n, match) for n, line in enumerate(log.text.splitlines(), 1) if (match := _OBTAINED.search(line))
    ]
    for number, match in reported[-1:]:
        yield Binding(
            match[1], node.name, state="bound", interface=port, server_id=match[2], lease_seconds=int(match[3]),
            role=MessageRole.CLIENT, file=log.file, line=number,
        )  # fmt: skip


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
