"""Linux devices in netlab and containerlab, derived from their files and daemons."""

from __future__ import annotations

import shlex
from functools import lru_cache
from posixpath import basename, dirname
from typing import NamedTuple

from labgen import __version__
from labgen.devices.base import Artifact, Daemon, Device, Ready
from labgen.devices.linux import dataplane, process
from labgen.devices.routing_suite import suite
from labgen.devices.tools import ContainerNode, Files, NetlabNode
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.templating import render
from labgen.ground.vocabulary import Role

IMAGE = f"labgen/node:{__version__}"
"""FRR, the DHCP daemons and labgen-relay in one image; templates/docker/Dockerfile.j2 makes it."""

ROUTING_FILES = f"{suite().folder}/"
ROUTING_PROGRAMS = f"{suite().programs}/"
SCRIPT = "/etc/labgen/node.sh"
RUN = f"bash -c 'setsid -f {SCRIPT} >/proc/1/fd/1 2>&1 </dev/null'"
"""In the background: the script waits for links to nodes that come later. Its words are the container's log."""

READY = "/run/labgen-ready"
CAPABILITIES = ("NET_ADMIN", "NET_RAW", "SYS_ADMIN")
SYSCTLS = (
    ("net.ipv4.conf.all.rp_filter", 0),
    ("net.ipv4.conf.default.rp_filter", 0),
    ("net.ipv4.conf.all.arp_ignore", 1),
    ("net.ipv4.conf.all.arp_announce", 2),
)


class Command(NamedTuple):
    """A daemon as the start script needs it, everything quoted for the shell."""

    name: str
    start: str
    ready: str


class ScriptFile(NamedTuple):
    """A file a script writes."""

    path: str
    folder: str
    text: str
    executable: bool


def netlab_node(device: Device, plan: LabPlan, node: NodePlan, own: Files) -> NetlabNode:
    """A Linux node where netlab makes the network and runs FRR, and labgen adds files and daemons.

    `own` are the device's files.
    """
    files = [file for file in _files(node, own) if not file.path.startswith(ROUTING_FILES)]
    daemons = _daemons(device, plan, node)
    routed = node.ospf or node.role is Role.SWITCH
    script = render(
        "netlab/linux.sh.j2",
        node=node,
        client=node.client,
        svis=[port for port in node.interfaces if port.kind == "svi" and port.address],
        files=files,
        routes=() if node.role is Role.SWITCH else node.routes,
        start=_start(daemons, started=True),
    )
    return NetlabNode(
        "frr" if routed else "linux",
        IMAGE,
        script if files or daemons else "",
        neighbors="shell" if routed else "",
        shell=True,
    )


def container_node(device: Device, plan: LabPlan, node: NodePlan, own: Files) -> ContainerNode:
    """A Linux node as a container of `IMAGE`, without privileges but those FRR and the daemons need.

    FRR is started by the image from the bound /etc/frr; the script makes the network and starts the rest.
    """
    daemons = _daemons(device, plan, node)
    script = Artifact(
        f"clab/{node.name}.sh",
        render(
            "clab/node.sh.j2",
            node=node,
            network=network(plan, node),
            ports=[port.linux for port in node.interfaces if port.index],
            start=_start(daemons, started=False),
        ),
        0o755,
    )
    root = f"config/{node.name}"
    config = [found for found in own if found.path.startswith(f"{root}/etc/")]
    bound = [_outside(node, found) for found in config]
    binds = [(outer.path, found.path.removeprefix(root)) for outer, found in zip(bound, config, strict=True)]
    return ContainerNode(
        kind="linux",
        image=IMAGE,
        binds=(*binds, (script.path, SCRIPT)),
        cap_add=CAPABILITIES,
        sysctls=(*SYSCTLS, ("net.ipv4.ip_forward", int(node.ospf or node.role is Role.SWITCH))),
        exec=(RUN,),
        ready=f"test -e {READY}",
        privileged=False,
        files=(script, *(found for found in bound if found not in config)),
        config=tuple(config),
    )


def _outside(node: NodePlan, own: Artifact) -> Artifact:
    """The file a container gets for one of the node's: the same, or one that is there for containers alone."""
    if own.outside is None:
        return own
    return Artifact(f"clab/{node.name}.{basename(own.path)}", own.outside)


def network(plan: LabPlan, node: NodePlan) -> str:
    """Shell commands that make the network of a node whose ports exist; VRFs need the kernel's `vrf`."""
    return render(
        "linux/network.sh.j2",
        loopbacks=node.external.addresses if node.external else (),
        node=node,
        bridges=dataplane.bridges(node),
        tagged=dataplane.tagged(node),
        snooped=dataplane.snooped(node),
        snooped_ports=[each.port for each in dataplane.snooped(node)],
        tunnels=dataplane.tunnels(plan, node),
        gateways=dataplane.gateways(plan, node),
    )


def _files(node: NodePlan, own: Files) -> list[ScriptFile]:
    root = f"config/{node.name}"
    found = []
    for artifact in own:
        path = artifact.path.removeprefix(root)
        if path.startswith("/etc/"):
            text = artifact.text if artifact.outside is None else artifact.outside
            found.append(ScriptFile(path, dirname(path), text, bool(artifact.mode & 0o100)))
    return found


@lru_cache(maxsize=64)
def _start(daemons: tuple[Daemon, ...], *, started: bool) -> str:
    """The part of a script that starts daemons; those a playbook starts only if `started`. Nodes of a kind have it in common."""
    ordered = sorted(daemons, key=lambda daemon: daemon.stage)
    commands = [_command(daemon) for daemon in ordered if daemon.autostart or started]
    return render("linux/start.sh.j2", daemons=commands)


def _daemons(device: Device, plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
    """The daemons that labgen starts itself."""
    return tuple(
        daemon for daemon in device.daemons(plan, node) if not daemon.argv[0].startswith(ROUTING_PROGRAMS)
    )


def _command(daemon: Daemon) -> Command:
    return Command(daemon.name, process.start(daemon), _ready(daemon.ready) if daemon.autostart else "")


def _ready(ready: Ready) -> str:
    if ready.kind == "exists":
        return f"test -e {shlex.quote(ready.path)}"
    if ready.kind == "log":
        return f"grep -Eqs {shlex.quote(ready.pattern)} {shlex.quote(ready.path)}"
    return ""
