"""ISC Kea on a Linux host that speaks OSPF through FRR."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from labgen.devices.base import (
    Artifact,
    Daemon,
    Device,
    DeviceFacts,
    Ready,
    ServerCapability,
)
from labgen.devices.frr import routing
from labgen.devices.kea import ha, lifetimes, subnets, vendor_classes
from labgen.devices.kea.ha import HOOKS, Json
from labgen.devices.linux import hosts, pairing
from labgen.devices.linux.pairing import NETWORKED
from labgen.devices.tenants import Tenant, guarded, tenants
from labgen.ground import jsonfile
from labgen.ground.labplan import LabPlan, NodePlan, ServerPlan
from labgen.ground.vocabulary import RelayOption

CONFIG = "/etc/kea/kea-dhcp4.conf"
LOG = "/var/log/kea/kea-dhcp4.log"
LEASES = "/var/lib/kea/kea-leases4.csv"
CONTROL = "/run/kea/kea4-ctrl-socket"
RESERVED_BY = ["hw-address", "client-id", "circuit-id"]
CIRCUIT_ID = 1
OVERRIDE = 11
VSS = 151
SERVER_ID = 54
VENDOR = 43
_RAW_VENDOR: Json = {"name": "vendor-octets", "code": VENDOR, "space": "dhcp4", "type": "binary"}
"""Option 43 as it is written: Kea takes it for sub-options otherwise, and sends nothing of what is none (Kea ARM, "DHCPv4
Vendor-Specific Options")."""


class Kea(NamedTuple):
    """`echo_override`: option 54 follows sub-option 11, by the flex-option hook (Kea itself answers with its own address)."""

    facts: DeviceFacts
    echo_override: bool

    def artifacts(self, plan: LabPlan, node: NodePlan) -> Iterable[Artifact]:
        yield from routing.artifacts(plan, node)
        text = jsonfile.indented({"Dhcp4": dhcp4(plan, node, self.echo_override)}) + "\n"
        yield Artifact(f"config/{node.name}{CONFIG}", text)

    def daemons(self, plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
        return (*routing.daemons(plan, node), daemon(plan, node))


KEA = Daemon(
    name="kea-dhcp4",
    argv=("kea-dhcp4", "-c", CONFIG),
    ready=Ready("log", LOG, "DHCP4_STARTED"),
    log="/var/log/kea/kea-dhcp4.out",
    stage=0,
    env=(("KEA_PIDFILE_DIR", "/run/kea"), ("KEA_LOCKFILE_DIR", "/run/kea")),
    directories=("/run/kea", "/var/lib/kea", "/var/log/kea"),
)


def daemon(plan: LabPlan, node: NodePlan) -> Daemon:
    """Kea; one of a pair serves once the two have found each other, over the network they run in."""
    if pairing.of(plan, node) is None:
        return KEA
    return KEA._replace(ready=Ready("log", LOG, "HA_LEASE_UPDATES_ENABLED"), stage=NETWORKED)


def dhcp4(plan: LabPlan, node: NodePlan, echo_override: bool) -> Json:
    """The Dhcp4 map of a server: its scopes, where it listens, and logging that names every packet."""
    assert node.server is not None
    classes: list[Json] = [{"name": each.vrf, "test": _test(each)} for each in tenants(plan, node.server)]
    apart = guarded(node.server)
    classes += (
        each
        for scope in node.server.scopes
        for each in vendor_classes.declared(scope, apart.get(scope.segment, ""))
    )
    classes += (each for scope in node.server.scopes for each in lifetimes.kept(scope))
    quarantine = next((scope.quarantine for scope in node.server.scopes if scope.quarantine), None)
    pair = pairing.of(plan, node)
    direct = any(scope.direct for scope in node.server.scopes)
    listen = [port.linux for port in node.interfaces if port.address and not port.dhcp]
    loopback = [f"lo/{node.server.address}"] if node.server.linux == "lo" else []
    return {
        "interfaces-config": {
            "interfaces": [*listen, *loopback],
            "dhcp-socket-type": "raw" if direct else "udp",
        },
        "lease-database": {"type": "memfile", "persist": True, "name": LEASES, "lfc-interval": 0},
        "control-socket": {"socket-type": "unix", "socket-name": CONTROL},
        "hooks-libraries": [*_hooks(echo_override), *([ha.hook(pair)] if pair else [])],
        "calculate-tee-times": False,
        **({"decline-probation-period": quarantine} if quarantine else {}),
        **({"option-def": [_RAW_VENDOR]} if _hands_out(node.server, VENDOR) else {}),
        **({"client-classes": classes} if classes else {}),
        **ha.multi_threading(pair),
        **({"host-reservation-identifiers": RESERVED_BY} if subnets.reserves(node.server) else {}),
        **subnets.networks(node.server, pair),
        "loggers": [
            {
                "name": "kea-dhcp4",
                "output_options": [{"output": LOG, "flush": True}],
                "severity": "DEBUG",
                "debuglevel": 55,
            }
        ],
    }


def _hands_out(server: ServerPlan, code: int) -> bool:
    """True if anybody is to get an option."""
    lists = (
        each.options
        for scope in server.scopes
        for part in ((scope,), scope.classes, scope.reservations)
        for each in part
    )
    return any(option.code == code for options in lists for option in options)


def _hooks(echo_override: bool) -> list[Json]:
    hooks: list[Json] = [{"library": f"{HOOKS}/libdhcp_lease_cmds.so"}]
    if echo_override:
        option: Json = {"code": SERVER_ID, "supersede": f"relay4[{OVERRIDE}].hex"}
        hooks.append({"library": f"{HOOKS}/libdhcp_flex_option.so", "parameters": {"options": [option]}})
    return hooks


def _test(tenant: Tenant) -> str:
    """A class expression on option 82 (Kea ARM, "Using Expressions in Classification")."""
    if tenant.names:
        return " or ".join(f"relay4[{VSS}].hex == 0x{value.hex()}" for value in tenant.names)
    return " or ".join(f"relay4[{CIRCUIT_ID}].hex == 0x{value.hex()}" for value in tenant.circuits)


def _kea(name: str, title: str, echo: bool) -> Kea:
    can = ServerCapability(
        maps_giaddr=True,
        link_selection=True,
        honours_override=echo,
        on_segment=True,
        options=True,
        classes=True,
        own_options=True,
        timers=True,
        lease_policy=frozenset(
            {"class", "own", "bounds", "bounded-timers", "infinite", "quarantine", "cache"}
        ),
        tenants=frozenset({RelayOption.CIRCUIT_ID, RelayOption.VSS}),
        reservations=frozenset({"mac", "client-id", "circuit-id"}),
        pairs=pairing.MODES,
        pair_is_whole=True,
        direct=True,
        secondary=True,
        prefix_times=True,
        one_class=True,
    )
    return Kea(
        hosts.server(name, title, can, package="kea-dhcp4-server", program="kea-dhcp4"), echo_override=echo
    )


DEVICES: tuple[Device, ...] = (
    _kea("kea", "Kea, flex-option hook answers with the override address", True),
    _kea("kea-plain", "Kea as shipped: answers with its own address", False),
)
