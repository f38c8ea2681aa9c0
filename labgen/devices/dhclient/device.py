"""ISC dhclient on a Linux host."""

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
from labgen.devices.linux import client, hosts
from labgen.devices.linux.isc_options import written
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.templating import render

CONFIG = "/etc/dhcp/dhclient.conf"
SCRIPT = "/etc/labgen/dhclient-script"
LEASES = "/var/lib/dhcp/dhclient.leases"
PID = "/run/dhclient.pid"
LOG = "/var/log/dhclient.log"


class Dhclient(NamedTuple):
    facts: DeviceFacts

    def artifacts(self, plan: LabPlan, node: NodePlan) -> Iterable[Artifact]:
        yield Artifact(f"config/{node.name}{CONFIG}", _conf(plan, node))
        script = render("dhclient/dhclient-script.j2", probe_flag=client.PROBE_FLAG)
        yield Artifact(f"config/{node.name}{SCRIPT}", script, 0o755)

    def daemons(self, plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
        return (daemon(node),)


def _conf(plan: LabPlan, node: NodePlan) -> str:
    assert node.client is not None
    options = list(written(plan.options_of(node.name)))
    user_class = client.user_class(node).hex(":")
    return render("dhclient/dhclient.conf.j2", node=node, options=options, user_class=user_class)


def daemon(node: NodePlan) -> Daemon:
    assert node.client is not None
    return Daemon(
        name="dhclient",
        argv=argv(node),
        ready=Ready("log", LOG, "Sending on"),
        log=LOG,
        autostart=False,
        directories=("/var/lib/dhcp",),
    )


def argv(node: NodePlan, mode: str = "-d") -> tuple[str, ...]:
    """dhclient, verbose, with files of the node only: in the foreground, or with `-r` to release. A machine that labgen did not
    set up has a configuration and a script of its own.
    """
    assert node.client is not None
    own = node.foreign is None
    config, script = (("-cf", CONFIG), ("-sf", SCRIPT)) if own else ((), ())
    return ("dhclient", "-4", mode, "-v", *config, "-lf", LEASES, "-pf", PID, *script, node.client.linux)


DEVICES: tuple[Device, ...] = (
    Dhclient(hosts.client("dhclient", "ISC dhclient on Linux", package="isc-dhcp-client")),
)
