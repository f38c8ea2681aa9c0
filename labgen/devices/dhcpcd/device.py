"""dhcpcd on a Linux host."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from labgen.devices.base import (
    Artifact,
    Daemon,
    Device,
    DeviceFacts,
    Ready,
)
from labgen.devices.linux import hosts
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.templating import render

CONFIG = "/etc/dhcpcd.conf"
LOG = "/var/log/dhcpcd.log"
FOLDER = "/var/lib/dhcpcd"


class Dhcpcd(NamedTuple):
    """dhcpcd sets the address and the default route itself; no hook of the machine runs."""

    facts: DeviceFacts

    def artifacts(self, plan: LabPlan, node: NodePlan) -> Iterable[Artifact]:
        yield Artifact(f"config/{node.name}{CONFIG}", _conf(node))

    def daemons(self, plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
        return (daemon(node),)


def _conf(node: NodePlan) -> str:
    assert node.client is not None
    return render("dhcpcd/dhcpcd.conf.j2", port=port(node), client=node.client)


def port(node: NodePlan) -> str:
    assert node.client is not None
    return node.client.linux


def lease(node: NodePlan) -> str:
    return f"{FOLDER}/{port(node)}.lease"


def daemon(node: NodePlan) -> Daemon:
    return Daemon(
        name="dhcpcd",
        argv=("dhcpcd", "-4", "-B", "-d", "-f", CONFIG, port(node)),
        ready=Ready("log", LOG, "soliciting"),
        log=LOG,
        autostart=False,
        directories=(FOLDER, "/run/dhcpcd"),
    )


def inform(node: NodePlan) -> Daemon:
    """A dhcpcd that only asks for options, with the address that is there, in the place of the one that holds a lease."""
    address = f"$(ip -4 -oneline address show dev {port(node)} | awk '{{print $4; exit}}')"
    asking = f"exec dhcpcd -4 -B -1 -d -f {CONFIG} -s {address} {port(node)}"
    return daemon(node)._replace(argv=("sh", "-c", asking))


DEVICES: tuple[Device, ...] = (Dhcpcd(hosts.client("dhcpcd", "dhcpcd", package="dhcpcd-base")),)
