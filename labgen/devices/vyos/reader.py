"""Questions to a running VyOS router, at its prompt, which is a shell. Its server is Kea from 1.5 on, ISC dhcpd before.

Units and files as in the sources of vyos-1x (`restart_dhcp_relay.py`, `op_mode/dhcp.py`, `defaults.py`). Unverified on a router.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from labgen.devices import registry
from labgen.devices.base import Action, Probe, Reader
from labgen.devices.isc import IscSwitch, ServerProgram
from labgen.devices.kea import leases as kea_leases
from labgen.devices.kea import log as kea_log
from labgen.devices.observed import Observed, Raw
from labgen.ground.labplan import NodePlan

_RUN = "/opt/vyatta/bin/vyatta-op-cmd-wrapper"
"""Runs a command of the operational mode from any shell, so that a container's serves too."""


def client(port: str) -> dict[str, Action]:
    """VyOS renews a lease by a restart of dhclient, which first releases: that is an `acquire`."""
    watch, bound = f"ip -4 address show dev {port}", "inet "
    return {
        "acquire": Action((f"{_RUN} renew dhcp interface {port}",), watch, bound),
        "release": Action((f"{_RUN} release dhcp interface {port}",)),
    }


KEA = ServerProgram(
    "kea-dhcp4-server*", "/config/dhcp/dhcp4-leases.csv", "kea-dhcp4", kea_log.LOG, kea_leases.LEASES
)
NEW = IscSwitch(
    relays="isc-dhcp-relay*",
    server=KEA,
    client_leases="/run/dhclient/dhclient_{port}.leases",
    client=client,
)
OLD = replace(NEW, server=ServerProgram("isc-dhcp-server*", "/config/dhcpd.leases"))
"""Up to 1.4."""


def _switch(node: NodePlan) -> IscSwitch:
    return OLD if registry.get(node.device).facts.release == "1.4" else NEW


def probes(node: NodePlan) -> tuple[Probe, ...]:
    return _switch(node).probes(node)


def observe(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    return _switch(node).observe(node, raw)


def actions(node: NodePlan) -> dict[str, Action]:
    return _switch(node).actions(node)


READER = Reader(probes, observe, actions)
