"""The axes of a matrix: the devices that play each role, and the changes of each combination to the spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from labgen.devices import registry
from labgen.ground.errors import UsageError
from labgen.ground.vocabulary import Role
from labgen.matrix.model import Axes
from labgen.plan.build import Builder
from labgen.plan.ledger import Ledger
from labgen.plan.programs import is_path
from labgen.spec.model import Spec

ALL = "all"
ROLES: Mapping[str, Role] = {"client": Role.CLIENT, "relay": Role.SWITCH, "server": Role.SERVER}
"""Axes and the role of their nodes; a relay is a switch that relays."""


@dataclass(frozen=True, slots=True)
class Combination:
    """One device per axis, and the `--device` choices that bring it about."""

    client: str
    relay: str
    server: str
    devices: tuple[tuple[str, str], ...]

    @property
    def folder(self) -> str:
        """Name of its lab folder."""
        return "_".join(Path(name).name for name in (self.client, self.relay, self.server))


@dataclass(frozen=True)
class Choice:
    """The axes of one matrix. `varied` holds the nodes of each axis that is varied, `devices` what the user fixed."""

    spec: Spec
    axes: Axes
    varied: Mapping[str, tuple[str, ...]]
    devices: tuple[tuple[str, str], ...]

    @property
    def fixed(self) -> tuple[tuple[str, str], ...]:
        """Nodes whose device the user fixed."""
        roles = Ledger(self.spec).roles
        return tuple((who, device) for who, device in self.devices if who in roles)

    def combinations(self) -> tuple[Combination, ...]:
        """Every client with every relay with every server."""
        axes = self.axes
        return tuple(
            Combination(client, relay, server, self._devices(client, relay, server))
            for client, relay, server in product(axes.client, axes.relay, axes.server)
        )

    def _devices(self, client: str, relay: str, server: str) -> tuple[tuple[str, str], ...]:
        chosen = dict(self.devices)
        for axis, device in (("client", client), ("relay", relay), ("server", server)):
            if axis in self.varied:
                chosen |= self._overrides(axis, device)
        return tuple(chosen.items())

    def _overrides(self, axis: str, device: str) -> Iterator[tuple[str, str]]:
        """The role gets the device, so that errors name it; then the nodes a role does not reach, or should not."""
        role = ROLES[axis]
        device = str(Path(device).resolve()) if is_path(device) else device
        yield role.value, device
        pinned = {*self.spec.nodes, *(name for name, server in self.spec.servers.items() if server.device)}
        own = Builder(self.spec).devices
        for name in _nodes(self.spec, role):
            if name not in self.varied[axis]:
                yield name, own[name]
            elif name in pinned:
                yield name, device


def choices(axis: str) -> tuple[str, ...]:
    """Devices of an axis that run in the embedded lab."""
    return tuple(name for name in registry.everything() if _misfit(axis, name) is None)


def choose(spec: Spec, devices: Sequence[tuple[str, str]], wanted: Mapping[str, Sequence[str]]) -> Choice:
    """The axes of a matrix. `wanted` are names by axis, comma separated, repeated, or `all`; `devices` what else is fixed.

    UsageError for a name that is no choice, and for an axis that has nothing left to vary.
    """
    varied: dict[str, tuple[str, ...]] = {}
    values: dict[str, tuple[str, ...]] = {}
    for axis in ROLES:
        asked = _names(axis, wanted.get(axis, ()))
        if asked:
            varied[axis] = _free(spec, axis, dict(devices))
        values[axis] = asked or (_own(spec, axis),)
    return Choice(spec, Axes(**values), varied, tuple(devices))


def _names(axis: str, texts: Sequence[str]) -> tuple[str, ...]:
    """Names in the order given, each once."""
    found: list[str] = []
    for name in (part.strip() for text in texts for part in text.split(",")):
        if name == ALL:
            found += choices(axis)
        elif reason := _misfit(axis, name):
            raise UsageError(f"--{axis} {name}: {reason}; choose from: {', '.join(choices(axis))}, or {ALL}")
        else:
            found.append(name)
    return tuple(dict.fromkeys(found))


def _misfit(axis: str, name: str) -> str | None:
    """The reason why a device cannot be on an axis; None where it can."""
    if is_path(name):
        return None if Path(name).is_file() else "there is no such program"
    if name not in registry.everything():
        return f"there is no device `{name}`"
    facts = registry.get(name).facts
    if ROLES[axis] not in facts.roles or (axis == "relay" and facts.relay is None):
        return f"{facts.title} cannot be a {axis}"
    if not facts.embedded:
        return f"{facts.title} needs an image and does not run in the embedded lab"
    return None


def _free(spec: Spec, axis: str, devices: Mapping[str, str]) -> tuple[str, ...]:
    """The nodes of an axis whose device may change."""
    role = ROLES[axis].value
    if role in devices:
        raise UsageError(f"say --{axis} or --device {role}={devices[role]}, not both")
    nodes = _members(spec, axis)
    free = tuple(name for name in nodes if name not in devices)
    if not free:
        why = f"every {axis} has a --device of its own" if nodes else f"no switch of {spec.name} relays"
        raise UsageError(f"--{axis} changes nothing: {why}")
    return free


def _own(spec: Spec, axis: str) -> str:
    """The spec's own device of an axis; several are joined."""
    devices = Builder(spec).devices
    nodes = _members(spec, axis) or _nodes(spec, ROLES[axis])
    return "+".join(dict.fromkeys(devices[name] for name in nodes))


def _members(spec: Spec, axis: str) -> tuple[str, ...]:
    """Nodes of an axis."""
    nodes = _nodes(spec, ROLES[axis])
    return tuple(name for name in nodes if name in _relaying(spec)) if axis == "relay" else nodes


def _nodes(spec: Spec, role: Role) -> tuple[str, ...]:
    return tuple(name for name, played in Ledger(spec).roles.items() if played is role)


def _relaying(spec: Spec) -> frozenset[str]:
    """Switches that relay: those of relayed segments, and second relays."""
    relayed = [segment for segment in spec.segments.values() if segment.relay]
    vias = {group.via for segment in relayed for group in segment.relay if group.via}
    return frozenset({switch for segment in relayed for switch in segment.routers} | vias)
