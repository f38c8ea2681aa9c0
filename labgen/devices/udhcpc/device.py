"""BusyBox udhcpc on a Linux host."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from labgen.devices.base import (
    Artifact,
    ClientCapability,
    Daemon,
    Device,
    DeviceFacts,
    Naming,
    Ready,
)
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
        return (daemon(node),)


def daemon(node: NodePlan) -> Daemon:
    assert node.client is not None
    script = ("-s", SCRIPT) if node.foreign is None else ()
    asked = (word for code in node.client.requested for word in ("-O", str(code)))
    vendor = ("-V", node.client.vendor_class) if node.client.vendor_class else ()
    return Daemon(
        name="udhcpc",
        argv=(
            "udhcpc",
            "-f",
            "-i",
            node.client.linux,
            *script,
            "-t",
            "3",
            "-T",
            "2",
            "-A",
            "1",
            *vendor,
            *asked,
        ),
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
            client=ClientCapability(remembers=False, vendor_class=True),
            evidence="run here",
            packages=("udhcpc",),
            programs=("udhcpc",),
            embedded=True,
        )
    ),
)
