"""dhcpcd on a Linux host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from labgen.devices import client, process, reading
from labgen.devices.base import (
    Action,
    Artifact,
    ClientCapability,
    Daemon,
    Device,
    DeviceFacts,
    Naming,
    Probe,
    Ready,
)
from labgen.devices.dhcpcd import leases as lease_file
from labgen.devices.dhcpcd import log as client_log
from labgen.devices.frr import state
from labgen.devices.observed import Observed, Raw
from labgen.dhcp.model import Role as MessageRole
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.templating import render
from labgen.ground.vocabulary import Role

CONFIG = "/etc/dhcpcd.conf"
LOG = "/var/log/dhcpcd.log"
FOLDER = "/var/lib/dhcpcd"


@dataclass(frozen=True, slots=True)
class Dhcpcd:
    """dhcpcd sets the address and the default route itself; no hook of the machine runs."""

    facts: DeviceFacts

    def artifacts(self, plan: LabPlan, node: NodePlan) -> Iterable[Artifact]:
        yield Artifact(f"config/{node.name}{CONFIG}", render("dhcpcd/dhcpcd.conf.j2", port=_port(node)))

    def daemons(self, plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
        return (_daemon(node),)

    def probes(self, plan: LabPlan, node: NodePlan) -> tuple[Probe, ...]:
        dump = f"if [ -e {_lease(node)} ]; then dhcpcd -4 -f {CONFIG} -U {_port(node)}; fi 2>/dev/null"
        return (state.LINKS, state.ADDRESSES, state.ROUTES, Probe(LEASE, dump), LOG_FILE)

    def observe(self, plan: LabPlan, node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
        parts = [
            state.observe(node, raw),
            reading.records(lease_file.LEASES.parse, raw.get(LEASE), node.name, MessageRole.CLIENT),
            reading.records(client_log.LOG.parse, raw.get(LOG_FILE.name), node.name, MessageRole.CLIENT),
        ]
        return Observed.total(parts)

    def actions(self, plan: LabPlan, node: NodePlan) -> Mapping[str, Action]:
        """A second dhcpcd tells the first; it finds it only with the same `-4`."""
        known = client.Client(_daemon(node), _port(node), LOG, r": leased \S+ for", f"rm -f {_lease(node)}")
        again = Action((f": >{LOG}; {_tell(node, '-N')}",), f"cat {LOG}", r": leased \S+ for")
        return client.actions(known) | {
            "renew": again,
            "rebind": Action((f": >{LOG}; {_tell(node, '-n')}",), again.watch, again.done),
            "inform": Action((f"{process.stop(_daemon(node), 'KILL')}; {process.start(_inform(node))}",)),
            "release": Action((_tell(node, "-k"),), f"cat {LOG}", "sending RELEASE|exited"),
        }


LEASE = "dhcpcd-lease"
LOG_FILE = Probe("dhcpcd.log", LOG, "file")


def _port(node: NodePlan) -> str:
    assert node.client is not None
    return node.client.linux


def _lease(node: NodePlan) -> str:
    return f"{FOLDER}/{_port(node)}.lease"


def _tell(node: NodePlan, option: str) -> str:
    return f"dhcpcd -4 -f {CONFIG} {option} {_port(node)} >/dev/null 2>&1"


def _daemon(node: NodePlan) -> Daemon:
    return Daemon(
        name="dhcpcd",
        argv=("dhcpcd", "-4", "-B", "-d", "-f", CONFIG, _port(node)),
        ready=Ready("log", LOG, "soliciting"),
        log=LOG,
        autostart=False,
        directories=(FOLDER, "/run/dhcpcd"),
    )


def _inform(node: NodePlan) -> Daemon:
    """A dhcpcd that only asks for options, with the address that is there, in the place of the one that holds a lease."""
    address = f"$(ip -4 -oneline address show dev {_port(node)} | awk '{{print $4; exit}}')"
    asking = f"exec dhcpcd -4 -B -1 -d -f {CONFIG} -s {address} {_port(node)}"
    return replace(_daemon(node), argv=("sh", "-c", asking))


DEVICES: tuple[Device, ...] = (
    Dhcpcd(
        DeviceFacts(
            name="dhcpcd",
            title="dhcpcd",
            roles=frozenset({Role.CLIENT}),
            naming=Naming(port="eth{n}", svi="vlan{vlan}", loopback="lo"),
            netlab="linux",
            containerlab="linux",
            netmiko="linux",
            client=ClientCapability(broadcast_flag=False),
            evidence="run here",
            packages=("dhcpcd-base",),
            programs=("dhcpcd",),
            embedded=True,
        )
    ),
)
