"""Every device labgen knows: `DEVICES` of its own packages, and those of the entry point group `labgen.devices`."""

from __future__ import annotations

import difflib
import pkgutil
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from types import MappingProxyType

from labgen import devices
from labgen.devices.base import Artifact, Device
from labgen.ground.errors import LabgenError, Problem, SpecError
from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import Role

GROUP = "labgen.devices"
DEFAULTS = MappingProxyType({Role.SWITCH: "frr", Role.SERVER: "kea", Role.CLIENT: "dhclient"})
"""The device of a role that a spec leaves open: open software, so that a lab starts anywhere."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A device and the module that defines it; its reader is in the module `reader` beside it."""

    device: Device
    module: str


@cache
def everything() -> MappingProxyType[str, Device]:
    """Devices by name. A name claimed twice is an error that names both."""
    return MappingProxyType({name: entry.device for name, entry in _entries().items()})


def files(plan: LabPlan) -> dict[str, tuple[Artifact, ...]]:
    """Every node's own files, by node."""
    return {node.name: tuple(get(node.device).artifacts(plan, node)) for node in plan.nodes}


def get(name: str) -> Device:
    """The device of this name. SpecError, with the nearest name, where there is none."""
    return _find(name).device


def reader_module(name: str) -> str | None:
    """Name of the module that reads a device's answers; None where its package has none. SpecError as `get`."""
    return module_beside(name, "reader")


def module_beside(name: str, kind: str) -> str | None:
    """Name of the module `kind` in a device's package; None where it has none. SpecError as `get`."""
    module = f"{_find(name).module.rpartition('.')[0]}.{kind}"
    return module if _exists(module) else None


def _find(name: str) -> _Entry:
    direct = _direct(name)
    if direct is not None:
        return direct
    known = _entries()
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean `{close[0]}`? " if close else ""
        raise SpecError([Problem(f"unknown device `{name}`", f"{hint}known devices: {', '.join(known)}")])
    return known[name]


@cache
def _entries() -> MappingProxyType[str, _Entry]:
    found: dict[str, _Entry] = {}
    for entry in [*_own(), *_foreign()]:
        name = entry.device.facts.name
        if name in found:
            both = f"{found[name].module} and {entry.module}"
            raise LabgenError(f"device `{name}` is defined by both {both}; remove one of them")
        found[name] = entry
    return MappingProxyType(dict(sorted(found.items())))


@cache
def _direct(name: str) -> _Entry | None:
    """The device, where labgen's package of that name has it: two dozen others need not be imported for it."""
    module = f"{devices.__name__}.{name.partition('-')[0]}.device"
    if not name.isascii() or not name.replace("-", "_").isidentifier() or not _exists(module):
        return None
    own = import_module(module).DEVICES
    return next((_Entry(device, module) for device in own if device.facts.name == name), None)


def _exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _own() -> list[_Entry]:
    found: list[_Entry] = []
    for package in pkgutil.iter_modules(devices.__path__):
        module = f"{devices.__name__}.{package.name}.device"
        if package.ispkg and _exists(module):
            found += [_Entry(device, module) for device in import_module(module).DEVICES]
    return found


def _foreign() -> list[_Entry]:
    return [_Entry(device, point.module) for point in entry_points(group=GROUP) for device in point.load()]
