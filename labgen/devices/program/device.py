"""A program of the user's own as client, relay or server: labgen gives it a node, starts it, and looks at the wire."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from labgen.devices.base import (
    ANY_PORT,
    EVERY_OPTION,
    Artifact,
    ClientCapability,
    Daemon,
    Device,
    DeviceFacts,
    Naming,
    Ready,
    RelayCapability,
    ServerCapability,
)
from labgen.devices.frr import routing
from labgen.devices.frr.switch import FABRIC, relays
from labgen.devices.linux import pairing
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.vocabulary import Existing, Role

CONFIG = "/etc/labgen/program.conf"
OUTPUT = "/var/log/program.log"
STARTED = "/run/labgen/program.started"


def daemon(node: NodePlan) -> Daemon:
    """The program in the foreground. Without a `ready` it serves as soon as it runs."""
    program = node.program
    assert program is not None
    log = program.log or OUTPUT
    argv = program.argv
    if not program.ready:
        argv = ("/bin/sh", "-c", f'touch {STARTED}; exec "$0" "$@"', *argv)
    return Daemon(
        name="program",
        argv=argv,
        ready=Ready("log", log, program.ready) if program.ready else Ready("exists", STARTED),
        log=OUTPUT,
        stage=1 if node.role is Role.SWITCH else 0,
        env=(("PYTHONUNBUFFERED", "1"),),
        autostart=node.role is not Role.CLIENT,
        directories=("/run/labgen", "/var/lib/program"),
        namespaces=node.role is Role.SWITCH,
    )


def runs(node: NodePlan) -> bool:
    """True if the node has the program to run: of switches, those that relay."""
    return node.program is not None and (node.role is not Role.SWITCH or relays(node))


class Program(NamedTuple):
    facts: DeviceFacts

    def artifacts(self, plan: LabPlan, node: NodePlan) -> Iterable[Artifact]:
        if node.role is not Role.CLIENT:
            yield from routing.artifacts(plan, node)
        text = node.program.config_text if node.program else None
        if text is not None:
            yield Artifact(f"config/{node.name}{CONFIG}", text)

    def daemons(self, plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
        own = (daemon(node),) if runs(node) else ()
        return own if node.role is Role.CLIENT else (*routing.daemons(plan, node), *own)


DEVICES: tuple[Device, ...] = (
    Program(
        DeviceFacts(
            name="program",
            title="a program of your own (`nodes.X.program`)",
            roles=frozenset(Role),
            naming=Naming(port="eth{n}", svi="vlan{vlan}", loopback="lo", vrf_loopback="{vrf}"),
            netlab="frr",
            containerlab="linux",
            netmiko="linux",
            relay=RelayCapability(
                inter_vrf=True,
                server_scope="server",
                source_scope="server",
                giaddr=ANY_PORT | {"client", "shared"},
                options=EVERY_OPTION,
                identifiers=True,
                trust=True,
                existing=frozenset(Existing),
            ),
            server=ServerCapability(
                link_selection=True,
                honours_override=True,
                on_segment=True,
                maps_giaddr=True,
                options=True,
                reservations=frozenset({"mac", "client-id", "circuit-id"}),
                pairs=pairing.MODES,
                lead_time=True,
                direct=True,
                timers=True,
                tenants=EVERY_OPTION,
                vrf_pools=True,
                secondary=True,
            ),
            client=ClientCapability(),
            fabric=FABRIC,
            evidence="run here",
            packages=("frr",),
            programs=("/usr/lib/frr/zebra", "vtysh"),
            embedded=True,
            own=True,
        )
    ),
)
