"""ISC dhclient on a Linux host."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from labgen.devices.base import Artifact, ClientCapability, Daemon, Device, DeviceFacts, Naming, Ready
from labgen.plan.model import LabPlan, NodePlan, Role
from labgen.render.jinja import render

CONFIG = "/etc/dhcp/dhclient.conf"
SCRIPT = "/etc/labgen/dhclient-script"
LEASES = "/var/lib/dhcp/dhclient.leases"
PID = "/run/dhclient.pid"
LOG = "/var/log/dhclient.log"


@dataclass(frozen=True, slots=True)
class Dhclient:
    facts: DeviceFacts

    def artifacts(self, plan: LabPlan, node: NodePlan) -> Iterable[Artifact]:
        yield Artifact(f"config/{node.name}{CONFIG}", render("dhclient/dhclient.conf.j2", node=node))
        yield Artifact(f"config/{node.name}{SCRIPT}", render("dhclient/dhclient-script.j2", node=node), 0o755)

    def daemons(self, plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
        assert node.client is not None
        return (
            Daemon(
                name="dhclient",
                argv=argv(node.client.linux),
                ready=Ready("log", LOG, "Sending on"),
                log=LOG,
                autostart=False,
                directories=("/var/lib/dhcp",),
            ),
        )


def argv(interface: str) -> tuple[str, ...]:
    """dhclient in the foreground, verbose, with files of the node only."""
    return ("dhclient", "-4", "-d", "-v", "-cf", CONFIG, "-lf", LEASES, "-pf", PID, "-sf", SCRIPT, interface)


DEVICES: tuple[Device, ...] = (
    Dhclient(
        DeviceFacts(
            name="dhclient",
            title="ISC dhclient on Linux",
            roles=frozenset({Role.CLIENT}),
            naming=Naming(port="eth{n}", svi="vlan{vlan}", loopback="lo"),
            netlab="linux",
            containerlab="linux",
            netmiko="linux",
            client=ClientCapability(broadcast_flag=False),
            evidence="run here",
            packages=("isc-dhcp-client",),
            programs=("dhclient",),
            embedded=True,
        )
    ),
)
