"""FRR on Linux with dnsmasq's relay, which knows neither option 82 nor another giaddr than the client interface's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from labgen.devices.base import Artifact, Daemon, Device, Probe, Ready, RelayCapability
from labgen.devices.frr.switch import FrrSwitch, facts
from labgen.ground.labplan import NodePlan
from labgen.ground.templating import render

CONFIG = "/etc/dnsmasq.conf"
RELAY_LOG = "/var/log/dnsmasq.log"


@dataclass(frozen=True, slots=True)
class DnsmasqRelay:
    log: Probe = field(default=Probe("dnsmasq.log", RELAY_LOG, "file"))

    def files(self, node: NodePlan) -> Iterable[Artifact]:
        text = render("dnsmasq/relay.conf.j2", log=RELAY_LOG, relays=node.relays)
        yield Artifact(f"config/{node.name}{CONFIG}", text)

    def daemon(self, node: NodePlan) -> Daemon:
        return Daemon(
            name="dnsmasq",
            argv=("dnsmasq", "-k", "-C", CONFIG, "--pid-file=/run/dnsmasq.pid"),
            ready=Ready("log", RELAY_LOG, "DHCP relay from"),
            log="/var/log/dnsmasq.out",
            stage=1,
        )


DEVICES: tuple[Device, ...] = (
    FrrSwitch(
        facts(
            "frr-dnsmasq",
            "FRR on Linux, relay dnsmasq",
            RelayCapability(inter_vrf=False, in_vrf=False, server_scope="server"),
            packages=("dnsmasq-base",),
            programs=("dnsmasq",),
        ),
        DnsmasqRelay(),
    ),
)
