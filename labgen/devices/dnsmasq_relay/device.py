"""FRR on Linux with dnsmasq's relay, which knows neither option 82 nor another giaddr than the client interface's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from labgen.devices.base import Artifact, Daemon, Device, Probe, Ready, RelayCapability
from labgen.devices.frr.switch import FrrSwitch, facts
from labgen.ground.labplan import NodePlan
from labgen.ground.templating import render
from labgen.ground.vocabulary import Address

CONFIG = "/etc/dnsmasq.conf"
RELAY_LOG = "/var/log/dnsmasq.log"


class DnsmasqRelay(NamedTuple):
    log: Probe = Probe("dnsmasq.log", RELAY_LOG, "file")

    def files(self, node: NodePlan) -> Iterable[Artifact]:
        text = render("dnsmasq/relay.conf.j2", log=RELAY_LOG, pairs=list(dict.fromkeys(_pairs(node))))
        yield Artifact(f"config/{node.name}{CONFIG}", text)

    def daemon(self, node: NodePlan) -> Daemon:
        return Daemon(
            name="dnsmasq",
            argv=("dnsmasq", "-k", "-C", CONFIG, "--pid-file=/run/dnsmasq.pid"),
            ready=Ready("log", RELAY_LOG, "DHCP relay from"),
            log="/var/log/dnsmasq.out",
            stage=1,
        )


def _pairs(node: NodePlan) -> Iterator[tuple[Address, Address]]:
    """Its own address on each port that clients or other relays ask by, with each server."""
    for side in (*node.relays, *node.forwards):
        port = node.interface(side.interface)
        assert port.address is not None
        for server, _ in side.asks:
            yield port.address.ip, server


DEVICES: tuple[Device, ...] = (
    FrrSwitch(
        facts(
            "frr-dnsmasq",
            "FRR on Linux, relay dnsmasq",
            RelayCapability(inter_vrf=False, in_vrf=False, server_scope="server"),
            packages=("dnsmasq-base",),
            programs=("dnsmasq",),
            cannot=(
                ("tells no VRF", "dnsmasq(8) 2.90, dhcp-relay: it adds no option 82"),
                ("cannot relay", "dnsmasq(8) 2.90, dhcp-relay: it has no option for a VRF"),
                (
                    "cannot take giaddr",
                    "dnsmasq(8) 2.90, dhcp-relay: giaddr is the local address that the client's interface has",
                ),
                ("sends no link selection", "dnsmasq(8) 2.90, dhcp-relay: it adds no option 82"),
            ),
        ),
        DnsmasqRelay(),
    ),
)
