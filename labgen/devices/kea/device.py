"""ISC Kea on a Linux host that speaks OSPF through FRR."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labgen.devices.base import (
    Artifact,
    Daemon,
    Device,
    DeviceFacts,
    Naming,
    Ready,
    ServerCapability,
)
from labgen.devices.frr import routing
from labgen.devices.tenants import Subnet, Tenant, subnets, tenants
from labgen.ground.labplan import LabPlan, NodePlan, ScopePlan
from labgen.ground.vocabulary import Role

if TYPE_CHECKING:
    pass

CONFIG = "/etc/kea/kea-dhcp4.conf"
LOG = "/var/log/kea/kea-dhcp4.log"
LEASES = "/var/lib/kea/kea-leases4.csv"
CONTROL = "/run/kea/kea4-ctrl-socket"
CIRCUIT_ID = 1
OVERRIDE = 11
VSS = 151
SERVER_ID = 54

Json = Mapping[str, "Json | Sequence[Json] | Sequence[str] | str | int | bool"]


@dataclass(frozen=True, slots=True)
class Kea:
    """`echo_override`: option 54 follows sub-option 11, by the flex-option hook (Kea itself answers with its own address)."""

    facts: DeviceFacts
    echo_override: bool

    def artifacts(self, plan: LabPlan, node: NodePlan) -> Iterable[Artifact]:
        yield from routing.artifacts(plan, node)
        text = json.dumps({"Dhcp4": dhcp4(plan, node, self.echo_override)}, indent=2) + "\n"
        yield Artifact(f"config/{node.name}{CONFIG}", text)

    def daemons(self, plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
        return (*routing.daemons(plan, node), KEA)


KEA = Daemon(
    name="kea-dhcp4",
    argv=("kea-dhcp4", "-c", CONFIG),
    ready=Ready("log", LOG, "DHCP4_STARTED"),
    log="/var/log/kea/kea-dhcp4.out",
    stage=0,
    env=(("KEA_PIDFILE_DIR", "/run/kea"), ("KEA_LOCKFILE_DIR", "/run/kea")),
    directories=("/run/kea", "/var/lib/kea", "/var/log/kea"),
)


def dhcp4(plan: LabPlan, node: NodePlan, echo_override: bool) -> Json:
    """The Dhcp4 map of a server: its scopes, where it listens, and logging that names every packet."""
    assert node.server is not None
    classes: list[Json] = [{"name": each.vrf, "test": _test(each)} for each in tenants(plan, node.server)]
    listen = [port.linux for port in node.interfaces if port.address and not port.dhcp]
    loopback = [f"lo/{node.server.address}"] if node.server.linux == "lo" else []
    return {
        "interfaces-config": {
            "interfaces": [*listen, *loopback],
            "dhcp-socket-type": "udp",
        },
        "lease-database": {"type": "memfile", "persist": True, "name": LEASES, "lfc-interval": 0},
        "control-socket": {"socket-type": "unix", "socket-name": CONTROL},
        "hooks-libraries": _hooks(echo_override),
        "calculate-tee-times": False,
        **({"client-classes": classes} if classes else {}),
        "subnet4": [_subnet(n, subnet) for n, subnet in enumerate(subnets(node.server), 1)],
        "loggers": [
            {
                "name": "kea-dhcp4",
                "output_options": [{"output": LOG, "flush": True}],
                "severity": "DEBUG",
                "debuglevel": 55,
            }
        ],
    }


def _hooks(echo_override: bool) -> list[Json]:
    folder = "/usr/lib/x86_64-linux-gnu/kea/hooks"
    hooks: list[Json] = [{"library": f"{folder}/libdhcp_lease_cmds.so"}]
    if echo_override:
        option: Json = {"code": SERVER_ID, "supersede": f"relay4[{OVERRIDE}].hex"}
        hooks.append({"library": f"{folder}/libdhcp_flex_option.so", "parameters": {"options": [option]}})
    return hooks


def _test(tenant: Tenant) -> str:
    """A class expression on option 82 (Kea ARM, "Using Expressions in Classification")."""
    if tenant.vss is not None:
        return f"relay4[{VSS}].hex == 0x{tenant.vss.hex()}"
    return " or ".join(f"relay4[{CIRCUIT_ID}].hex == 0x{value.hex()}" for value in tenant.circuits)


def _subnet(number: int, subnet: Subnet) -> Json:
    """Timers and router are the first scope's: Kea keeps them by subnet, pools by class."""
    scope = subnet.scopes[0]
    return {
        "id": number,
        "subnet": str(subnet.prefix),
        "pools": [pool for each in subnet.scopes for pool in _pools(each, subnet.shared)],
        "valid-lifetime": scope.lease,
        "renew-timer": scope.renew,
        "rebind-timer": scope.rebind,
        "option-data": [{"name": "routers", "data": str(scope.router)}] if scope.router else [],
    }


def _pools(scope: ScopePlan, guarded: bool) -> list[Json]:
    guard = {"client-class": scope.vrf} if guarded else {}
    return [{"pool": f"{part.first} - {part.last}", **guard} for part in scope.ranges]


def _kea(name: str, title: str, echo: bool) -> Kea:
    return Kea(
        DeviceFacts(
            name=name,
            title=title,
            roles=frozenset({Role.SERVER}),
            naming=Naming(port="eth{n}", svi="vlan{vlan}", loopback="lo"),
            netlab="linux",
            containerlab="linux",
            netmiko="linux",
            server=ServerCapability(
                link_selection=True, honours_override=echo, vrf_pools=True, on_segment=True
            ),
            evidence="run here",
            packages=("kea-dhcp4-server", "frr"),
            programs=("kea-dhcp4", "/usr/lib/frr/zebra", "/usr/lib/frr/ospfd"),
            embedded=True,
        ),
        echo_override=echo,
    )


DEVICES: tuple[Device, ...] = (
    _kea("kea", "Kea, flex-option hook answers with the override address", True),
    _kea("kea-plain", "Kea as shipped: answers with its own address", False),
)
