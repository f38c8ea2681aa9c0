"""Gateways that switches share or that move between them, as labgen configured them, held against the plan."""

from __future__ import annotations

from collections.abc import Iterator

from labgen.devices import fabric, registry
from labgen.devices.relay_config import ConfiguredStandby, RelayReading, plain_name, same_mac
from labgen.devices.sections import SectionDevice
from labgen.ground.labplan import LabPlan, NodePlan, VrrpPlan

VERSION = 2
"""The version whose groups go beyond 255."""


def differences(config: RelayReading, plan: LabPlan, node: NodePlan) -> Iterator[str]:
    """Anycast gateways, where labgen writes them, and groups of HSRP that are otherwise than planned, in words."""
    device = registry.get(node.device)
    written = isinstance(device, SectionDevice) and not device.facts.fabric.netlab_anycast
    sharing = {plain_name(name) for name in config.sharing}
    for port in node.interfaces if written else ():
        if port.anycast and plain_name(port.name) not in sharing:
            yield f"{port.name} shares its address with nobody"
        if port.anycast and not same_mac(config.anycast_mac, plan.anycast_mac or ""):
            yield f"anycast gateways have MAC address {config.anycast_mac or 'none'}, planned {plan.anycast_mac}"
    yield from _standby(config, node)


def _standby(config: RelayReading, node: NodePlan) -> Iterator[str]:
    """Differences of HSRP, in words."""
    planned = {plain_name(port.name): fabric.moving(port, "hsrp") for port in node.interfaces}
    found = {plain_name(each.interface): each for each in config.standby}
    for port in node.interfaces:
        name = plain_name(port.name)
        wanted, have = planned[name], found.get(name)
        if wanted is None or have is None:
            if wanted is not None or have is not None:
                yield f"{port.name} is {'in no group' if have is None else 'in a group'} of HSRP"
        else:
            yield from (f"{port.name}: HSRP {words}" for words in _otherwise(wanted, have))


def _otherwise(wanted: VrrpPlan, have: ConfiguredStandby) -> Iterator[str]:
    if have.version != VERSION:
        yield f"has version {have.version}, planned {VERSION}"
    if have.group != wanted.group:
        yield f"has group {have.group}, planned {wanted.group}"
    if have.address != wanted.address.ip:
        yield f"has address {have.address}, planned {wanted.address.ip}"
    if have.priority != wanted.priority:
        yield f"has priority {have.priority}, planned {wanted.priority}"
    if not have.preempts:
        yield "takes nothing back from a switch of lower priority"
