"""FRR on Linux with ISC dhcrelay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from labgen.devices import fabric
from labgen.devices.base import CIRCUIT, LINK, Artifact, Daemon, Device, Probe, Ready, RelayCapability
from labgen.devices.frr.switch import FrrSwitch, facts
from labgen.ground.labplan import NodePlan, RelaySide

RELAY_LOG = "/var/log/dhcrelay.log"


class Dhcrelay(NamedTuple):
    """One process with one list of servers for all client interfaces: that is all dhcrelay has."""

    log: Probe = Probe("dhcrelay.log", RELAY_LOG, "file")

    def files(self, node: NodePlan) -> Iterable[Artifact]:
        return ()

    def daemon(self, node: NodePlan) -> Daemon:
        return Daemon(
            name="dhcrelay",
            argv=("dhcrelay", "-4", "-d", "--no-pid", *_options(node), *_servers(node)),
            ready=Ready("log", RELAY_LOG, r"Sending on +Socket"),
            log=RELAY_LOG,
            stage=1,
        )


def _options(node: NodePlan) -> Iterator[str]:
    """Client and server side; `-U` takes giaddr from a core port and adds link selection (RFC 3527), `-a` option 82 alone.

    A port named twice would be two interfaces to it, one without an address: `-i` is for one that is both. What comes in by one that is
    not for servers is dropped.
    """
    below = dict.fromkeys(side.linux for side in _sides(node))
    both = {relay.linux for relay in node.relays if relay.over_segment}
    near = fabric.upstream(node)
    above = [port.linux for port in node.interfaces if port.kind == "p2p" or port in near]
    for name in below:
        yield from ("-i" if name in above or name in both else "-id", name)
    for name in above:
        if name not in below:
            yield from ("-iu", name)
    uplink = next((relay.source for relay in node.relays if relay.source), None)
    if uplink:
        yield from ("-U", uplink.linux)
    elif any(relay.sent for relay in node.relays):
        yield "-a"


def _sides(node: NodePlan) -> tuple[RelaySide, ...]:
    return (*node.relays, *node.forwards)


def _servers(node: NodePlan) -> Iterator[str]:
    yield from dict.fromkeys(str(address) for side in _sides(node) for address, _ in side.asks)


DEVICES: tuple[Device, ...] = (
    FrrSwitch(
        facts(
            "frr-dhcrelay",
            "FRR on Linux, relay ISC dhcrelay",
            RelayCapability(
                inter_vrf=False,
                giaddr=frozenset({"port"}),
                options=frozenset({CIRCUIT, LINK}),
                away=frozenset({LINK}),
                sourced=frozenset({CIRCUIT, LINK}),
                circuit=lambda node, relay: relay.linux,
                in_vrf=False,
                source_scope="device",
                option_scope="device",
                server_scope="device",
            ),
            packages=("isc-dhcp-relay",),
            programs=("dhcrelay",),
            cannot=(
                ("cannot relay", "dhcrelay(8) 4.4.3: it has no option for a VRF"),
                (
                    "giaddr from a loopback",
                    "dhcrelay 4.4.3, run here: -U refuses lo, whose hardware type it does not know",
                ),
                (
                    "gateway address that other",
                    "dhcrelay(8) 4.4.3: giaddr is the first address of the interface",
                ),
            ),
        ),
        Dhcrelay(),
    ),
)
