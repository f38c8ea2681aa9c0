"""DHCP snooping on an open switch: `labgen-relay snoop` between access ports and their bridges."""

from __future__ import annotations

from labgen.devices.base import Artifact, Daemon, Probe, Ready
from labgen.devices.linux import dataplane
from labgen.ground.labplan import NodePlan, SnoopedPortPlan
from labgen.ground.templating import render
from labgen.ground.vocabulary import DEFAULT_VRF

CONFIG = "/etc/labgen-relay/snoop.yml"
LOG = Probe("labgen-snoop.log", "/var/log/labgen-snoop.log", "file")


def ports(node: NodePlan) -> list[SnoopedPortPlan]:
    """Access ports that are snooped on."""
    return [port for each in node.snooping for port in each.ports]


def config(node: NodePlan) -> Artifact:
    """snoop.yml of a switch."""
    inner = {each.port: each.inner for each in dataplane.snooped(node)}
    text = render(
        "frr/snoop.yml.j2",
        node=node,
        inner=inner,
        log=LOG.text,
        vrfs=sorted({each.vrf for each in node.snooping} - {DEFAULT_VRF}),
    )
    return Artifact(f"config/{node.name}{CONFIG}", text)


def daemon(node: NodePlan) -> Daemon:
    return Daemon(
        name="labgen-snoop",
        argv=("labgen-relay", "snoop", "-c", CONFIG),
        ready=Ready("log", LOG.text, r'"event": ?"ready"'),
        log="/var/log/labgen-snoop.out",
        stage=1,
        namespaces=True,
    )
