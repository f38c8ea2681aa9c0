"""LabgenInventory: Nornir's view of a running lab.

Registered as a Nornir inventory plugin, so that a user's own Nornir script can say
`InitNornir(inventory={"plugin": "LabgenInventory", "options": {"folder": "labs/my-lab"}})` and use nornir-netmiko as usual.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nornir.core.inventory import (
    ConnectionOptions,
    Defaults,
    Group,
    Groups,
    Host,
    Hosts,
    Inventory,
    ParentGroups,
)

from labgen.devices import registry
from labgen.lab.provider import Lab, SshAccess
from labgen.plan.model import NodePlan

CONNECTION = "netmiko"


@dataclass(frozen=True)
class LabgenInventory:
    """Hosts of the running lab of `folder`, each with a connected socket to its SSH server."""

    folder: str

    def load(self) -> Inventory:
        """Raises LabNotUpError when nothing runs for the folder."""
        from labgen.lab.find import find

        return of_lab(find(Path(self.folder)))


def of_lab(lab: Lab) -> Inventory:
    """Inventory of a running lab; roles and devices are groups."""
    groups = Groups()
    for node in lab.plan.nodes:
        for name in (f"role_{node.role.value}", f"device_{node.device}"):
            groups.setdefault(name, Group(name=name))
    hosts = Hosts({node.name: _host(lab, node, groups) for node in lab.plan.nodes})
    return Inventory(hosts=hosts, groups=groups, defaults=Defaults(data={"lab": lab.plan.name}))


def _host(lab: Lab, node: NodePlan, groups: Groups) -> Host:
    access = lab.ssh_access(node.name)
    platform = registry.get(node.device).facts.netmiko
    return Host(
        name=node.name,
        hostname=access.host,
        port=access.port,
        username=access.user,
        platform=platform,
        groups=ParentGroups([groups[f"role_{node.role.value}"], groups[f"device_{node.device}"]]),
        data={"role": node.role.value, "device": node.device, "id": node.id},
        connection_options={CONNECTION: ConnectionOptions(platform=platform, extras=extras(access))},
    )


def extras(access: SshAccess) -> dict[str, Any]:
    """Arguments for netmiko: the lab's key, and the one host key the node may present."""
    import paramiko

    return {
        "pkey": paramiko.Ed25519Key.from_private_key(io.StringIO(access.private_key)),
        "allow_agent": False,
        "ssh_strict": True,
        "system_host_keys": False,
        "alt_host_keys": True,
        "alt_key_file": _known_hosts(access),
        "fast_cli": True,
        "conn_timeout": 10,
        "auth_timeout": 10,
        "banner_timeout": 10,
    }


def _known_hosts(access: SshAccess) -> str:
    """A known_hosts file in memory: netmiko wants a path, and nothing of a lab lies on disk."""
    name = access.host if access.port == 22 else f"[{access.host}]:{access.port}"
    descriptor = os.memfd_create("labgen-known-hosts", os.MFD_CLOEXEC)
    os.write(descriptor, f"{name} {access.host_key}\n".encode())
    return f"/proc/self/fd/{descriptor}"
