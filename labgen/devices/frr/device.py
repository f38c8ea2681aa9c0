"""FRR on Linux with labgen-relay: the open switch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from labgen.devices.base import Artifact, Daemon, Device, DeviceFacts, Naming, Ready, RelayCapability
from labgen.devices.frr import routing
from labgen.plan.model import DEFAULT_VRF, LabPlan, NodePlan, Role
from labgen.render.jinja import render

RELAY_CONFIG = "/etc/labgen-relay/relay.yml"
RELAY_LOG = "/var/log/labgen-relay.log"


@dataclass(frozen=True, slots=True)
class Frr:
    facts: DeviceFacts

    def artifacts(self, plan: LabPlan, node: NodePlan) -> Iterable[Artifact]:
        yield from routing.artifacts(plan, node)
        if node.relays:
            yield Artifact(f"config/{node.name}{RELAY_CONFIG}", relay_config(node))

    def daemons(self, plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
        return (*routing.daemons(plan, node), *([RELAY] if node.relays else []))


RELAY = Daemon(
    name="labgen-relay",
    argv=("labgen-relay", "run", "-c", RELAY_CONFIG),
    ready=Ready("log", RELAY_LOG, r'"event": ?"ready"'),
    log="/var/log/labgen-relay.out",
    stage=1,
)


def relay_config(node: NodePlan) -> str:
    """relay.yml of labgen-relay for the relay intent of one switch."""
    vrfs = sorted({relay.vrf for relay in node.relays} | {t.vrf for relay in node.relays for t in relay.targets})
    return render(
        "frr/relay.yml.j2",
        node=node,
        dialect=node.relays[0].dialect,
        vrfs=[vrf for vrf in vrfs if vrf != DEFAULT_VRF],
        log=RELAY_LOG,
    )


DEVICES: tuple[Device, ...] = (
    Frr(
        DeviceFacts(
            name="frr",
            title="FRR on Linux, relay labgen-relay",
            roles=frozenset({Role.SWITCH}),
            naming=Naming(port="eth{n}", svi="vlan{vlan}", loopback="lo"),
            netlab="frr",
            containerlab="linux",
            netmiko="linux",
            relay=RelayCapability(inter_vrf=True, loopback_giaddr=True, link_selection=True, server_id_override=True, vss=True),
            evidence="run here",
            packages=("frr",),
            programs=("/usr/lib/frr/zebra", "/usr/lib/frr/ospfd", "/usr/lib/frr/bgpd", "vtysh"),
            embedded=True,
        )
    ),
)
