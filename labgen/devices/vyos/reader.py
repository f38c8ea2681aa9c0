"""What can be asked of a running VyOS 1.4 router, at its prompt, which is a shell.

Units and files as in the sources of vyos-1x (`restart_dhcp_relay.py`, `op_mode/dhcp.py`, `defaults.py`). Unverified on a router.
"""

from __future__ import annotations

from labgen.devices.base import Action, Reader
from labgen.devices.isc import IscSwitch

_RUN = "/opt/vyatta/bin/vyatta-op-cmd-wrapper"
"""Runs a command of the operational mode from any shell, so that a container's serves too."""


def client(port: str) -> dict[str, Action]:
    """VyOS renews a lease by a restart of dhclient, which first releases: that is an `acquire`."""
    watch, bound = f"ip -4 address show dev {port}", "inet "
    return {
        "acquire": Action((f"{_RUN} renew dhcp interface {port}",), watch, bound),
        "release": Action((f"{_RUN} release dhcp interface {port}",)),
    }


_SWITCH = IscSwitch(
    relays="isc-dhcp-relay*",
    servers="isc-dhcp-server*",
    server_leases="/config/dhcpd.leases",
    client_leases="/run/dhclient/dhclient_{port}.leases",
    client=client,
)

READER = Reader(_SWITCH.probes, _SWITCH.observe, _SWITCH.actions)
