"""BusyBox udhcpc on a Linux host."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from labgen.devices.base import (
    Artifact,
    ClientCapability,
    Daemon,
    Device,
    DeviceFacts,
    Ready,
)
from labgen.devices.linux import client, hosts
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.templating import render

SCRIPT = "/etc/labgen/udhcpc-script"
LEASES = "/var/lib/udhcpc/lease"
LOG = "/var/log/udhcpc.log"
USER_CLASS = 77


class Udhcpc(NamedTuple):
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
            *_sent(node),
            *asked,
        ),
        ready=Ready("log", LOG, "started"),
        log=LOG,
        autostart=False,
        directories=("/var/lib/udhcpc",),
    )


def _sent(node: NodePlan) -> Iterator[str]:
    """Options it sends beside the vendor class."""
    own = client.user_class(node)
    if own:
        yield from ("-x", f"0x{USER_CLASS:02x}:{own.hex()}")
    if node.client and node.client.asks_lease is not None:
        yield from ("-x", f"lease:{node.client.asks_lease}")


DEVICES: tuple[Device, ...] = (
    Udhcpc(
        hosts.client(
            "udhcpc",
            "BusyBox udhcpc",
            package="udhcpc",
            can=ClientCapability(remembers=False, vendor_class=True, user_class=True, asks_lease=True),
        )
    ),
)
