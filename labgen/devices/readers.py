"""How running devices are questioned: the module `reader` beside each device's own.

Apart from the registry, since building a lab takes no parsers.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from labgen.devices import registry
from labgen.devices.base import Action, Probe, Reader
from labgen.devices.observed import Observed, Raw
from labgen.ground.labplan import NodePlan


@cache
def get(name: str) -> Reader:
    """The reader of the device of this name: `READER` of its package's module `reader`. SpecError as `registry.get`."""
    module = registry.reader_module(name)
    if module is None:
        return UNREAD
    found: Reader = import_module(module).READER
    return found


def actions(node: NodePlan) -> Mapping[str, Action]:
    """What can be asked of a node, by its device."""
    return get(node.device).actions(node)


def _no_probes(node: NodePlan) -> tuple[Probe, ...]:
    return ()


def _nothing(node: NodePlan, raw: Mapping[str, Raw]) -> Observed:
    return Observed()


def _no_actions(node: NodePlan) -> Mapping[str, Action]:
    return {}


UNREAD = Reader(_no_probes, _nothing, _no_actions)
"""Of a device that labgen configures and does not question."""
