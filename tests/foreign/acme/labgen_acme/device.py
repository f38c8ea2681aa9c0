"""FRR on Linux with ACME's relay."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from labgen.devices.base import Artifact, Daemon, Device, Probe, Ready, RelayCapability
from labgen.devices.frr.switch import FrrSwitch, facts
from labgen.ground.labplan import NodePlan
from labgen.ground.templating import render

CONFIG = "/etc/acme/relay.conf"
LOG = "/var/log/acme-relay.log"


@dataclass(frozen=True, slots=True)
class AcmeRelay:
    log: Probe = field(default=Probe("acme-relay.log", LOG, "file"))

    def files(self, node: NodePlan) -> Iterable[Artifact]:
        yield Artifact(f"config/{node.name}{CONFIG}", render("acme/relay.conf.j2", relays=node.relays))

    def daemon(self, node: NodePlan) -> Daemon:
        return Daemon(
            name="acme-relayd",
            argv=("acme-relayd", "--config", CONFIG),
            ready=Ready("log", LOG, "relaying"),
            log=LOG,
            stage=1,
        )


DEVICES: tuple[Device, ...] = (
    FrrSwitch(
        facts(
            "acme",
            "FRR on Linux, relay of ACME",
            RelayCapability(inter_vrf=False, in_vrf=False),
            packages=("acme-relayd",),
            programs=("acme-relayd",),
        ),
        AcmeRelay(),
    ),
)
