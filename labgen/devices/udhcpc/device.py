"""BusyBox udhcpc on a Linux host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from labgen.devices import client, process, reading
from labgen.devices.base import (
    Action,
    Artifact,
    ClientCapability,
    Daemon,
    Device,
    DeviceFacts,
    Naming,
    Probe,
    Ready,
)
from labgen.devices.frr import state
from labgen.devices.observed import Observed, Raw
from labgen.devices.udhcpc import leases as lease_file
from labgen.devices.udhcpc import log as client_log
from labgen.dhcp.model import Role as MessageRole
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.templating import render
from labgen.ground.vocabulary import Role

SCRIPT = "/etc/labgen/udhcpc-script"
LEASES = "/var/lib/udhcpc/lease"
LOG = "/var/log/udhcpc.log"


@dataclass(frozen=True, slots=True)
class Udhcpc:
    facts: DeviceFacts

    def artifacts(self, plan: LabPlan, node: NodePlan) -> Iterable[Artifact]:
        yield Artifact(f"config/{node.name}{SCRIPT}", render("udhcpc/udhcpc-script.j2", leases=LEASES), 0o755)

    def daemons(self, plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
        return (_daemon(node),)

    def probes(self, plan: LabPlan, node: NodePlan) -> tuple[Probe, ...]:
        return (state.LINKS, state.ADDRESSES, state.ROUTES, LEASE_FILE, LOG_FILE)

    def observe(self, plan: LabPlan, node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
        parts = [
            state.observe(node, raw),
            reading.records(lease_file.LEASES.parse, raw.get(LEASE_FILE.name), node.name, MessageRole.CLIENT),
            reading.records(client_log.LOG.parse, raw.get(LOG_FILE.name), node.name, MessageRole.CLIENT),
        ]
        return Observed.total(parts)

    def actions(self, plan: LabPlan, node: NodePlan) -> Mapping[str, Action]:
        """USR1 renews: by unicast first, by broadcast where that is not answered. USR2 releases."""
        daemon = _daemon(node)
        assert node.client is not None
        known = client.Client(daemon, node.client.linux, LOG, r"lease of \S+ obtained", f"rm -f {LEASES}")
        tell = f"p=$(cat {process.pid_file(daemon)}) && kill -%s $p"
        return client.actions(known) | {
            "renew": Action((f": >{LOG}; {tell % 'USR1'}",), f"cat {LOG}", r"lease of \S+ obtained"),
            "release": Action((tell % "USR2",), f"cat {LOG}", "entering released state"),
        }


LEASE_FILE = Probe("udhcpc-lease", f"if [ -e {LEASES} ]; then cat {LEASES}; fi")
LOG_FILE = Probe("udhcpc.log", LOG, "file")


def _daemon(node: NodePlan) -> Daemon:
    assert node.client is not None
    return Daemon(
        name="udhcpc",
        argv=("udhcpc", "-f", "-i", node.client.linux, "-s", SCRIPT, "-t", "3", "-T", "2", "-A", "1"),
        ready=Ready("log", LOG, "started"),
        log=LOG,
        autostart=False,
        directories=("/var/lib/udhcpc",),
    )


DEVICES: tuple[Device, ...] = (
    Udhcpc(
        DeviceFacts(
            name="udhcpc",
            title="BusyBox udhcpc",
            roles=frozenset({Role.CLIENT}),
            naming=Naming(port="eth{n}", svi="vlan{vlan}", loopback="lo"),
            netlab="linux",
            containerlab="linux",
            netmiko="linux",
            client=ClientCapability(broadcast_flag=False),
            evidence="run here",
            packages=("udhcpc",),
            programs=("udhcpc",),
            embedded=True,
        )
    ),
)
