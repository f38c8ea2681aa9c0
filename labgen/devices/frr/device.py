"""FRR on Linux with labgen-relay: the open switch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from labgen.devices import linux, ports, process, reading
from labgen.devices.base import (
    Action,
    Artifact,
    Daemon,
    Device,
    DeviceFacts,
    Naming,
    Probe,
    Ready,
    RelayCapability,
)
from labgen.devices.frr import routing, state
from labgen.devices.labgen_relay import log as relay_log
from labgen.devices.observed import DaemonState, Observed, Raw
from labgen.devices.tools import ContainerNode, Files, NetlabNode
from labgen.dhcp.model import Role as MessageRole
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

    def netlab(self, plan: LabPlan, node: NodePlan, files: Files) -> NetlabNode:
        """VRFs are kernel devices there."""
        return linux.netlab_node(self, plan, node, files, _kernel_vrfs(node))

    def container(self, plan: LabPlan, node: NodePlan, files: Files) -> ContainerNode:
        """VRFs are kernel devices there."""
        return linux.container_node(self, plan, node, files, _kernel_vrfs(node))

    def daemons(self, plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
        return (*routing.daemons(plan, node), *([RELAY] if node.relays else []))

    def probes(self, plan: LabPlan, node: NodePlan) -> tuple[Probe, ...]:
        return (*state.probes(node), *(RELAY_PROBES if node.relays else ()))

    def observe(self, plan: LabPlan, node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
        running = raw.get(RELAY_STATE.name)
        daemon = (
            (DaemonState(node.name, "relay", running.text.strip() == "running", running.file),)
            if running
            else ()
        )
        log = reading.records(
            relay_log.LOG.parse, raw.get(RELAY_LOG_PROBE.name), node.name, MessageRole.RELAY
        )
        return Observed.total([state.observe(node, raw), log, Observed(daemons=daemon)])

    def actions(self, plan: LabPlan, node: NodePlan) -> Mapping[str, Action]:
        relay = process.actions("relay", RELAY) if node.relays else {}
        return relay | ports.actions(node)


RELAY = Daemon(
    name="labgen-relay",
    argv=("labgen-relay", "run", "-c", RELAY_CONFIG),
    ready=Ready("log", RELAY_LOG, r'"event": ?"ready"'),
    log="/var/log/labgen-relay.out",
    stage=1,
)

RELAY_STATE = process.state("relay-state", RELAY)
RELAY_LOG_PROBE = Probe("labgen-relay.log", RELAY_LOG, "file")
RELAY_PROBES = (RELAY_STATE, RELAY_LOG_PROBE)


def _kernel_vrfs(node: NodePlan) -> dict[str, str]:
    return {RELAY_CONFIG: relay_config(node, kernel_vrfs=True)} if node.relays else {}


def relay_config(node: NodePlan, *, kernel_vrfs: bool = False) -> str:
    """relay.yml of labgen-relay for the relay intent of one switch.

    `kernel_vrfs`: each VRF is a kernel device of its name; else the lab says where they are.
    """
    vrfs = sorted(
        {relay.vrf for relay in node.relays} | {t.vrf for relay in node.relays for t in relay.targets}
    )
    return render(
        "frr/relay.yml.j2",
        node=node,
        dialect=node.relays[0].dialect,
        kernel_vrfs=kernel_vrfs,
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
            relay=RelayCapability(
                inter_vrf=True, loopback_giaddr=True, link_selection=True, server_id_override=True, vss=True
            ),
            evidence="run here",
            packages=("frr",),
            programs=("/usr/lib/frr/zebra", "/usr/lib/frr/ospfd", "/usr/lib/frr/bgpd", "vtysh"),
            cli=("vtysh",),
            embedded=True,
        )
    ),
)
