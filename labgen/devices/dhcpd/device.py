"""ISC dhcpd on a Linux host that speaks OSPF through FRR."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from labgen.devices.base import (
    CIRCUIT,
    VSS,
    Artifact,
    Daemon,
    Device,
    DeviceFacts,
    Ready,
    ServerCapability,
)
from labgen.devices.dhcpd import pools
from labgen.devices.frr import routing
from labgen.devices.linux import hosts, pairing
from labgen.devices.linux.isc_options import written
from labgen.devices.linux.pairing import NETWORKED
from labgen.devices.tenants import Tenant, guarded, subnets, tenants
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.templating import render

CONFIG = "/etc/dhcp/dhcpd.conf"
LOG = "/var/log/dhcpd.log"
LEASES = "/var/lib/dhcp/dhcpd.leases"


class Dhcpd(NamedTuple):
    """`echo_override`: option 54 follows sub-option 11, by a conditional in the configuration."""

    facts: DeviceFacts
    echo_override: bool

    def artifacts(self, plan: LabPlan, node: NodePlan) -> Iterable[Artifact]:
        yield from routing.artifacts(plan, node)
        yield Artifact(f"config/{node.name}{CONFIG}", dhcpd_conf(plan, node, self.echo_override))

    def daemons(self, plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
        return (*routing.daemons(plan, node), serving(plan, node))


def daemon(node: NodePlan) -> Daemon:
    """dhcpd in the foreground on the data ports; it wants its lease file to exist."""
    ports = " ".join(port.linux for port in node.interfaces)
    serve = f"exec dhcpd -4 -f -d --no-pid -cf {CONFIG} -lf {LEASES} {ports}"
    return Daemon(
        name="dhcpd",
        argv=("/bin/sh", "-c", f"touch {LEASES}; {serve}"),
        ready=Ready("log", LOG, "Server starting service"),
        log=LOG,
        directories=("/var/lib/dhcp",),
    )


def serving(plan: LabPlan, node: NodePlan) -> Daemon:
    """dhcpd; one of a pair serves once the two have found each other. It tries only now and then, so it waits for a route first."""
    alone, pair = daemon(node), pairing.of(plan, node)
    if pair is None:
        return alone
    start = f"until ip route get {pair.partner.address} >/dev/null 2>&1; do sleep 0.1; done; {alone.argv[-1]}"
    ready = Ready("log", LOG, "Both servers normal|I move from .* to normal")
    return alone._replace(argv=(*alone.argv[:-1], start), ready=ready, stage=NETWORKED)


def dhcpd_conf(plan: LabPlan, node: NodePlan, override: bool) -> str:
    """dhcpd.conf: the server's own links, which it does not serve, and its scopes as pools."""
    assert node.server is not None
    served = {prefix for scope in node.server.scopes for prefix in plan.segment(scope.segment).prefixes}
    options = {scope.segment: list(written(scope.options)) for scope in node.server.scopes}
    kept = [each for scope in node.server.scopes for each in pools.kept(scope)]
    tests = {each.vrf: _test(each) for each in tenants(plan, node.server)}
    own = {segment: tests[vrf] for segment, vrf in guarded(node.server).items()}
    classes = [
        each
        for scope in node.server.scopes
        for each in pools.conditional_classes(scope, own.get(scope.segment, ""))
    ]
    modes = {each.segment: plan.segment(each.segment).mode for each in node.server.scopes}
    paired = frozenset(segment for segment, mode in modes.items() if mode != "independent")
    every = [
        *(each for found in options.values() for each in found),
        *(o for each in kept for o in each.options),
        *(o for each in classes for o in each.options),
    ]
    links = dict.fromkeys(port.address.network for port in node.interfaces if port.address)
    return render(
        "dhcpd/dhcpd.conf.j2",
        address=node.server.address,
        links=[link for link in links if link not in served],
        tenants=tests,
        segments=[pools.segment(subnet, paired) for subnet in subnets(node.server)],
        override=override,
        pair=pairing.of(plan, node),
        declarations=sorted({each.declaration for each in every} - {""}),
        options=options,
        kept=kept,
        conditional=classes,
        ping_check=any(scope.ping_check for scope in node.server.scopes),
        quarantine=next((scope.quarantine for scope in node.server.scopes if scope.quarantine), None),
    )


def _test(tenant: Tenant) -> str:
    """A condition on option 82 (dhcp-eval(5)); dhcpd knows sub-option 151 by number only."""
    if tenant.names:
        return " or ".join(f"option agent.unknown-151 = {value.hex(':')}" for value in tenant.names)
    return " or ".join(f"option agent.circuit-id = {value.hex(':')}" for value in tenant.circuits)


def _dhcpd(name: str, title: str, echo: bool) -> Dhcpd:
    can = ServerCapability(
        link_selection=True,
        honours_override=echo,
        on_segment=True,
        caches=0.25,
        options=True,
        classes=True,
        own_options=True,
        timers=True,
        lease_policy=frozenset({"class", "own", "bounds", "quarantine", "ping-check", "cache"}),
        tenants=frozenset({CIRCUIT, VSS}),
        reservations=frozenset({"mac", "client-id", "circuit-id"}),
        pairs=pairing.MODES,
        reserves_apart=True,
        lead_time=True,
        direct=True,
        secondary=True,
    )
    return Dhcpd(
        hosts.server(name, title, can, package="isc-dhcp-server", program="dhcpd"), echo_override=echo
    )


DEVICES: tuple[Device, ...] = (
    _dhcpd("isc-dhcpd", "ISC dhcpd, configured to answer with the override address", True),
    _dhcpd("isc-dhcpd-plain", "ISC dhcpd without that: answers with its own address", False),
)
