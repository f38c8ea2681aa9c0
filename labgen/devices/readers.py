"""Readers of running devices: the module `reader` beside each device's own.

Apart from the registry, since building a lab takes no parsers.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from functools import cache
from importlib import import_module

from labgen.devices import registry
from labgen.devices.base import Action, Probe, Reader
from labgen.devices.observed import Observed, Raw
from labgen.ground.labplan import ForeignPlan, NodePlan
from labgen.ground.vocabulary import Role


@cache
def get(name: str) -> Reader:
    """The reader of the device of this name: `READER` of its package's module `reader`. SpecError as `registry.get`."""
    module = registry.reader_module(name)
    if module is None:
        return UNREAD
    found: Reader = import_module(module).READER
    return found


def of(node: NodePlan) -> Reader:
    """The reader of this node: its device's, but for what is different on a machine that labgen did not set up."""
    if node.foreign is None:
        return get(node.device)
    if not node.foreign.asked:
        return UNREAD
    return get(node.device)._replace(probes=_foreign_probes, actions=_foreign_actions)


def actions(node: NodePlan) -> Mapping[str, Action]:
    """The actions of a node, by its device."""
    return of(node).actions(node)


def _foreign_probes(node: NodePlan) -> tuple[Probe, ...]:
    assert node.foreign is not None
    found = get(node.device).probes(node)
    return tuple(_foreign_probe(probe, node.foreign, node.role) for probe in found)


def _foreign_probe(probe: Probe, foreign: ForeignPlan, role: Role) -> Probe:
    """A log may lie elsewhere, and a client's lease file; without a server's leases nothing can be said of bindings. What the
    intent names must be there.
    """
    if probe.name in foreign.paths:
        replaced = foreign.paths[probe.name]
        return probe._replace(text=shlex.quote(replaced) if probe.kind == "file" else replaced)
    if probe.kind == "command" or (role is Role.SERVER and not probe.name.endswith(".log")):
        return probe
    return probe._replace(kind="command", text=f"if [ -e {probe.text} ]; then cat {probe.text}; fi")


def _foreign_actions(node: NodePlan) -> Mapping[str, Action]:
    """Clients are started as their device is; what else labgen would do rests on daemons and files of its own labs."""
    assert node.foreign is not None
    replaced = {
        name: Action(command.do, command.watch, command.done, command.undo)
        for name, command in node.foreign.commands.items()
    }
    own = get(node.device).actions(node) if node.role is Role.CLIENT else {}
    return {**own, **replaced}


def _no_probes(node: NodePlan) -> tuple[Probe, ...]:
    return ()


def _nothing(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    return Observed()


def _no_actions(node: NodePlan) -> Mapping[str, Action]:
    return {}


UNREAD = Reader(_no_probes, _nothing, _no_actions)
"""Of a device that labgen configures and does not question."""
