"""FRR on Linux with labgen-relay: the open switch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from labgen.devices.base import (
    ANY_PORT,
    EVERY_OPTION,
    Artifact,
    Daemon,
    Device,
    Probe,
    Ready,
    RelayCapability,
)
from labgen.devices.frr.switch import FrrSwitch, facts
from labgen.ground.labplan import NodePlan, RelayPlan, RelaySide, RelayTarget
from labgen.ground.templating import render
from labgen.ground.vocabulary import DEFAULT_VRF, Address, Existing
from labgen.relay.dialects import DIALECTS

RELAY_CONFIG = "/etc/labgen-relay/relay.yml"
RELAY_LOG = "/var/log/labgen-relay.log"


class LabgenRelay(NamedTuple):
    log: Probe = Probe("labgen-relay.log", RELAY_LOG, "file")

    def files(self, node: NodePlan) -> Iterable[Artifact]:
        outside = relay_config(node, kernel_vrfs=True)
        yield Artifact(f"config/{node.name}{RELAY_CONFIG}", relay_config(node), outside=outside)

    def daemon(self, node: NodePlan) -> Daemon:
        return Daemon(
            name="labgen-relay",
            argv=("labgen-relay", "run", "-c", RELAY_CONFIG),
            ready=Ready("log", RELAY_LOG, r'"event": ?"ready"'),
            log="/var/log/labgen-relay.out",
            stage=1,
            namespaces=True,
        )


class Helper(NamedTuple):
    """A server as labgen-relay asks it; `giaddr` where it is not the interface's for all servers."""

    target: RelayTarget
    giaddr: Address | None


class Relayed(NamedTuple):
    """An interface with all its groups of servers. `shared`: other switches have its subnet, too, and may hand replies to it over
    the segment.
    """

    side: RelayPlan
    giaddr: Address | None
    helpers: tuple[Helper, ...]
    shared: bool
    further: tuple[Further, ...]


class Further(NamedTuple):
    """A helper address of a server that is no node."""

    address: Address
    vrf: str


def _interfaces(node: NodePlan) -> Iterator[Relayed]:
    """Interfaces that clients are on; groups of servers with a giaddr of their own tell it server by server."""
    for name in dict.fromkeys(relay.linux for relay in node.relays):
        groups = [relay for relay in node.relays if relay.linux == name]
        own = [None if relay.source is None else relay.giaddr for relay in groups]
        same = len(set(own)) == 1
        helpers = tuple(
            Helper(target, None if same else relay.giaddr) for relay in groups for target in _servers(relay)
        )
        further = tuple(
            Further(address, relay.targets[0].vrf) for relay in groups for address in relay.helpers
        )
        yield Relayed(
            groups[0],
            own[0] if same else None,
            helpers,
            groups[0].over_segment,
            tuple(dict.fromkeys(further)),
        )


def relay_config(node: NodePlan, *, kernel_vrfs: bool = False) -> str:
    """relay.yml of labgen-relay for the relay intent of one switch.

    `kernel_vrfs`: each VRF is a kernel device of its name; else the lab says where they are.
    """
    sides: list[RelaySide] = [*node.relays, *node.forwards]
    vrfs = sorted({side.vrf for side in sides} | {t.vrf for side in sides for t in side.targets})
    return render(
        "frr/relay.yml.j2",
        node=node,
        servers=_servers,
        interfaces=list(_interfaces(node)),
        dialect=node.relays[0].dialect if node.relays else "rfc",
        kernel_vrfs=kernel_vrfs,
        vrfs=[vrf for vrf in vrfs if vrf != DEFAULT_VRF],
        log=RELAY_LOG,
    )


def _servers(side: RelaySide) -> list[RelayTarget]:
    """Each helper address once, with the addresses of every server behind it (a second relay stands for several)."""
    found: dict[Address, RelayTarget] = {}
    for target in side.targets:
        known = found.setdefault(target.address, target)
        both = dict.fromkeys((*known.answers_from, *target.answers_from))
        found[target.address] = known.model_copy(update={"answers_from": tuple(both)})
    return list(found.values())


def _circuit_id(node: NodePlan, relay: RelayPlan) -> str:
    if relay.circuit_id:
        return relay.circuit_id
    return DIALECTS[relay.dialect].circuit_id.format(host=node.name, interface=relay.linux)


DEVICES: tuple[Device, ...] = (
    FrrSwitch(
        facts(
            "frr",
            "FRR on Linux, relay labgen-relay",
            RelayCapability(
                inter_vrf=True,
                server_scope="server",
                source_scope="server",
                giaddr=ANY_PORT | {"client", "shared"},
                options=EVERY_OPTION,
                circuit=_circuit_id,
                identifiers=True,
                trust=True,
                existing=frozenset(Existing),
            ),
        ),
        LabgenRelay(),
    ),
)
