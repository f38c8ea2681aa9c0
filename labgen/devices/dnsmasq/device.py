"""dnsmasq as a DHCP server on a Linux host that speaks OSPF through FRR."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from labgen.devices.base import (
    Artifact,
    Daemon,
    Device,
    DeviceFacts,
    Naming,
    Ready,
    ServerCapability,
)
from labgen.devices.frr import routing
from labgen.devices.tenants import subnets, tenants
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.templating import render
from labgen.ground.vocabulary import Role

CONFIG = "/etc/dnsmasq.conf"
LOG = "/var/log/dnsmasq.log"
LEASES = "/var/lib/misc/dnsmasq.leases"


@dataclass(frozen=True, slots=True)
class Dnsmasq:
    """dnsmasq is not made authoritative: one of a pair would refuse what the other leased."""

    facts: DeviceFacts

    def artifacts(self, plan: LabPlan, node: NodePlan) -> Iterable[Artifact]:
        yield from routing.artifacts(plan, node)
        yield Artifact(f"config/{node.name}{CONFIG}", dnsmasq_conf(plan, node))

    def daemons(self, plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
        return (*routing.daemons(plan, node), DNSMASQ)


DNSMASQ = Daemon(
    name="dnsmasq",
    argv=("dnsmasq", "-k", "-C", CONFIG, "--pid-file=/run/dnsmasq.pid"),
    ready=Ready("log", LOG, "DHCP, IP range"),
    log="/var/log/dnsmasq.out",
    directories=("/var/lib/misc",),
)


def dnsmasq_conf(plan: LabPlan, node: NodePlan) -> str:
    """dnsmasq.conf: no DNS, its scopes as ranges with the netmask that relayed subnets need."""
    assert node.server is not None
    matches = [
        f"dhcp-circuitid=set:{tenant.vrf},{circuit.hex(':')}"
        for tenant in tenants(plan, node.server)
        for circuit in tenant.circuits
    ]
    return render(
        "dnsmasq/dnsmasq.conf.j2",
        log=LOG,
        leases=LEASES,
        ports=[port.linux for port in node.interfaces],
        matches=matches,
        subnets=subnets(node.server),
    )


DEVICES: tuple[Device, ...] = (
    Dnsmasq(
        DeviceFacts(
            name="dnsmasq",
            title="dnsmasq",
            roles=frozenset({Role.SERVER}),
            naming=Naming(port="eth{n}", svi="vlan{vlan}", loopback="lo"),
            netlab="linux",
            containerlab="linux",
            netmiko="linux",
            server=ServerCapability(
                link_selection=True,
                honours_override=True,
                vrf_pools=True,
                on_segment=True,
                nak_when_foreign=True,
                min_lease=120,
            ),
            evidence="run here",
            packages=("dnsmasq-base", "frr"),
            programs=("dnsmasq", "/usr/lib/frr/zebra", "/usr/lib/frr/ospfd"),
            embedded=True,
            notes=("leases shorter than two minutes become two minutes",),
        )
    ),
)
