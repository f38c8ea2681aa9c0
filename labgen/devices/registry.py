"""Every device labgen knows: its own packages, and those of the entry point group `labgen.devices`."""

from __future__ import annotations

import difflib
import pkgutil
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from types import MappingProxyType

from labgen import devices
from labgen.devices.base import Artifact, Device
from labgen.ground.errors import LabgenError, Problem, SpecError
from labgen.ground.labplan import LabPlan

GROUP = "labgen.devices"


@cache
def everything() -> MappingProxyType[str, Device]:
    """Devices by name. A name claimed twice is an error that names both."""
    found: dict[str, Device] = {}
    origin: dict[str, str] = {}
    for module, device in [*_own(), *_foreign()]:
        name = device.facts.name
        if name in found:
            raise LabgenError(
                f"device `{name}` is defined by both {origin[name]} and {module}; remove one of them"
            )
        found[name], origin[name] = device, module
    return MappingProxyType(dict(sorted(found.items())))


def files(plan: LabPlan) -> dict[str, tuple[Artifact, ...]]:
    """Every node's own files, by node."""
    return {node.name: tuple(get(node.device).artifacts(plan, node)) for node in plan.nodes}


def get(name: str) -> Device:
    """The device of this name. SpecError, with the nearest name, where there is none."""
    direct = _direct(name)
    if direct is not None:
        return direct
    known = everything()
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean `{close[0]}`? " if close else ""
        raise SpecError([Problem(f"unknown device `{name}`", f"{hint}known devices: {', '.join(known)}")])
    return known[name]


@cache
def _direct(name: str) -> Device | None:
    """The device, where labgen's package of that name has it: two dozen others need not be imported for it."""
    module = f"{devices.__name__}.{name.partition('-')[0]}.device"
    if not name.isascii() or not name.replace("-", "_").isidentifier() or not _exists(module):
        return None
    return next((device for device in import_module(module).DEVICES if device.facts.name == name), None)


def _exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _own() -> list[tuple[str, Device]]:
    found: list[tuple[str, Device]] = []
    for package in pkgutil.iter_modules(devices.__path__):
        module = f"{devices.__name__}.{package.name}.device"
        if package.ispkg and find_spec(module) is not None:
            found += [(module, device) for device in import_module(module).DEVICES]
    return found


def _foreign() -> list[tuple[str, Device]]:
    return [(point.value, point.load()) for point in entry_points(group=GROUP)]
