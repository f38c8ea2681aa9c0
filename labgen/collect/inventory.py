"""LabgenInventory: Nornir's view of a running lab.

Registered as a Nornir inventory plugin, so that a user's own Nornir script can say
`InitNornir(inventory={"plugin": "LabgenInventory", "options": {"folder": "labs/my-lab"}})` and use nornir-netmiko as usual.
Nodes are reached through sockets that the lab opens: their addresses exist inside the lab alone.
"""

from __future__ import annotations

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

from labgen.collect import docker, linux_login
from labgen.collect.labsocket import LabSocket
from labgen.devices import registry
from labgen.ground.labplan import NodePlan
from labgen.lab import private_key
from labgen.lab.deadline import patience
from labgen.lab.find import find_or_only
from labgen.lab.provider import ContainerAccess, Lab, NoAccess, SshAccess

CONNECTION = "netmiko"

CONNECT_SECONDS = 7.0
"""For each of connection, banner and login."""

PROMPT_SECONDS = 20.0
"""For a prompt that netmiko waits for; its own limits do not know how slow the machine is."""


@dataclass(frozen=True)
class LabgenInventory:
    """Hosts of the running lab of `folder`, each with a way to its SSH server; without a folder, of the only running lab."""

    folder: str = ""

    def load(self) -> Inventory:
        """Raises LabNotUpError when nothing runs for the folder, UsageError when several labs run and none was named."""

        return of_lab(find_or_only(Path(self.folder) if self.folder else None))


def of_lab(lab: Lab, *, own: bool = False) -> Inventory:
    """Inventory of a running lab; roles and devices are groups. For labgen's `own` use no shell is started on Linux, and prompts are
    waited for as long as the machine is slow; scripts of a user say themselves how long a command may take.
    """
    groups = Groups()
    for node in lab.plan.nodes:
        for name in (f"role_{node.role.value}", f"device_{node.device}"):
            groups.setdefault(name, Group(name=name))
    found = ((node, lab.ssh_access(node.name)) for node in lab.plan.nodes)
    hosts = Hosts(
        {
            node.name: _host(lab, node, access, groups, own=own)
            for node, access in found
            if not isinstance(access, NoAccess)
        }
    )
    return Inventory(hosts=hosts, groups=groups, defaults=Defaults(data={"lab": lab.plan.name}))


def _host(
    lab: Lab, node: NodePlan, access: SshAccess | ContainerAccess, groups: Groups, *, own: bool
) -> Host:
    platform = registry.get(node.device).facts.netmiko
    if isinstance(access, ContainerAccess):
        return _container(node, access, groups)
    return Host(
        name=node.name,
        hostname=access.host,
        port=access.port,
        username=access.user,
        platform=platform,
        groups=ParentGroups([groups[f"role_{node.role.value}"], groups[f"device_{node.device}"]]),
        data={"role": node.role.value, "device": node.device, "id": node.id},
        connection_options={
            linux_login.CONNECTION if own and "linux" in platform else CONNECTION: ConnectionOptions(
                platform=platform,
                extras={
                    **({"read_timeout_override": PROMPT_SECONDS * patience()} if own else {}),
                    **extras(access),
                    "sock": LabSocket(lab, node.name),
                },
            )
        },
    )


def _container(node: NodePlan, access: ContainerAccess, groups: Groups) -> Host:
    """A node without an SSH server, reached through `docker exec`."""
    options = ConnectionOptions(hostname=access.container, extras={"program": list(access.program)})
    return Host(
        name=node.name,
        hostname=access.container,
        platform="linux",
        groups=ParentGroups([groups[f"role_{node.role.value}"], groups[f"device_{node.device}"]]),
        data={"role": node.role.value, "device": node.device, "id": node.id},
        connection_options={docker.CONNECTION: options},
    )


def connection_name(host: Host) -> str:
    """Name of the Nornir connection plugin a host is reached through."""
    return next(iter(host.connection_options), CONNECTION)


def extras(access: SshAccess) -> dict[str, Any]:
    """Arguments for netmiko: the lab's key or the image's password, and the one host key the node may present."""

    key = access.private_key
    return {
        **access.options,
        **({"pkey": private_key.parse(key)} if key else {}),
        **({"password": access.password, "use_keys": False} if access.password else {}),
        "allow_agent": access.agent,
        **({"use_keys": True} if access.agent else {}),
        "ssh_strict": bool(access.host_key),
        "system_host_keys": False,
        **({"alt_host_keys": True, "alt_key_file": _known_hosts(access)} if access.host_key else {}),
        "ssh_config_file": None,
        "fast_cli": True,
        "conn_timeout": CONNECT_SECONDS * patience(),
        "auth_timeout": CONNECT_SECONDS * patience(),
        "banner_timeout": CONNECT_SECONDS * patience(),
    }


def _known_hosts(access: SshAccess) -> str:
    """A known_hosts file in memory: netmiko wants a path, and nothing of a lab lies on disk."""
    name = access.host if access.port == 22 else f"[{access.host}]:{access.port}"
    descriptor = os.memfd_create("labgen-known-hosts", os.MFD_CLOEXEC)
    os.write(descriptor, "".join(f"{name} {key}\n" for key in access.host_key.splitlines()).encode())
    return f"/proc/self/fd/{descriptor}"
