"""Devices labgen configures for DHCP alone and asks for everything."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from labgen.devices.base import Action, Probe
from labgen.devices.observed import DaemonState, Observed, Raw
from labgen.devices.sections import SectionDevice
from labgen.devices.tables import lines
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.vocabulary import Role

Typed = Callable[[str], tuple[str, ...]]
"""Commands for a port, by its name."""


class Collector(Protocol):
    """What can be asked of a running node and done to it; a device's module `collect` is one."""

    def probes(self, node: NodePlan) -> tuple[Probe, ...]: ...

    def observe(self, node: NodePlan, raw: Mapping[str, Raw]) -> Observed: ...

    def actions(self, node: NodePlan) -> Mapping[str, Action]: ...


@dataclass(frozen=True, slots=True)
class CollectedDevice(SectionDevice):
    """A section device with a collector."""

    collect: Collector = field(kw_only=True)

    def probes(self, plan: LabPlan, node: NodePlan) -> tuple[Probe, ...]:
        return self.collect.probes(node)

    def observe(self, plan: LabPlan, node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
        return self.collect.observe(node, raw)

    def actions(self, plan: LabPlan, node: NodePlan) -> Mapping[str, Action]:
        return self.collect.actions(node)


_HELPER = re.compile(r"helper.address", re.IGNORECASE)
_ADDRESS = re.compile(r"(?<![\d.])\d+\.\d+\.\d+\.\d+(?![\d./])")


def relaying(node: NodePlan, raw: Raw) -> Iterator[DaemonState]:
    """Whether a switch has the helper addresses of every server it should ask, by a text that lists them: where that is what
    turns relaying on, it relays.
    """
    known = {address for line in lines(raw, _HELPER) for address in _ADDRESS.findall(line)}
    wanted = {str(target.address) for relay in node.relays for target in relay.targets}
    yield DaemonState(node.name, "relay", wanted <= known, raw.file)


def configured(*commands: str) -> tuple[str, ...]:
    """Commands that say something in configuration mode, the way Cisco, Arista, Aruba and Dell have it."""
    return ("configure terminal", *commands, "end")


def _on_port(word: str, port: str) -> tuple[str, ...]:
    return configured(f"interface {port}", word)


def cables(node: NodePlan) -> dict[str, str]:
    """Port of the switch by client, for every client-facing port."""
    if node.role is not Role.SWITCH:
        return {}
    return {
        neighbor.node: port.name
        for port in node.interfaces
        if port.kind in ("access", "lan")
        for neighbor in port.neighbors
    }


SHUT: Typed = partial(_on_port, "shutdown")
OPEN: Typed = partial(_on_port, "no shutdown")


def unplugging(node: NodePlan, down: Typed = SHUT, up: Typed = OPEN) -> dict[str, Action]:
    """`unplug-<client>` and `plug-<client>` by what is typed for a port: `shutdown`, where nothing else is said."""
    found: dict[str, Action] = {}
    for client, port in cables(node).items():
        found[f"unplug-{client}"] = Action(down(port), undo="plug")
        found[f"plug-{client}"] = Action(up(port))
    return found
