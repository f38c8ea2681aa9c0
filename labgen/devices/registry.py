"""Every device labgen knows: `DEVICES` of its own packages, and those of the entry point group `labgen.devices`."""

from __future__ import annotations

import difflib
import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import NamedTuple

from labgen import devices
from labgen.devices.base import Artifact, Device
from labgen.ground.brought import brought
from labgen.ground.errors import LabgenError, Problem, SpecError
from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import Role

GROUP = "labgen.devices"
DEFAULTS = MappingProxyType({Role.SWITCH: "frr", Role.SERVER: "kea", Role.CLIENT: "dhclient"})
"""The device of a role that a spec leaves open: open software, so that a lab starts anywhere."""


class _Registered(NamedTuple):
    """A device and the module that defines it; its reader is in the module `reader` beside it."""

    device: Device
    module: str


@cache
def everything() -> MappingProxyType[str, Device]:
    """Devices by name, but for what stands for a program of the user's. A name claimed twice is an error that names both."""
    known = {name: entry.device for name, entry in _entries().items()}
    return MappingProxyType({name: device for name, device in known.items() if not device.facts.own})


def files(plan: LabPlan) -> dict[str, tuple[Artifact, ...]]:
    """Every node's own files, by node."""
    return {node.name: tuple(get(node.device).artifacts(plan, node)) for node in plan.nodes}


@cache
def get(name: str) -> Device:
    """The device of this name, `eos` or, of a release, `vyos:1.4`. SpecError, with the nearest name, where there is none."""
    base, _, release = name.partition(":")
    entry = _find(base)
    return _at(entry, release) if release else entry.device


def is_known(name: str) -> bool:
    """True if there is a device of this name, in the release it names."""
    try:
        get(name)
    except SpecError:
        return False
    return True


def releases(name: str) -> tuple[Device, ...]:
    """A device as it is in each release that labgen knows apart, the oldest first; the device alone where it knows none."""
    entry = _find(name.partition(":")[0])
    own = entry.device.facts.name
    others = getattr(import_module(entry.module), "RELEASES", ())
    found = [entry.device, *(device for device in others if device.facts.name == own)]
    return tuple(sorted(found, key=lambda device: _numbers(device.facts.release)))


def _at(entry: _Registered, release: str) -> Device:
    """The newest form of a device that a release has. SpecError where labgen knows of none so old, or of no releases."""
    known = releases(entry.device.facts.name)
    name = entry.device.facts.name
    if not _numbers(release) or not _numbers(known[0].facts.release):
        reason = f"labgen knows no release `{release}` of `{name}`"
        shown = ", ".join(each.facts.release for each in known if each.facts.release)
        raise SpecError(
            [
                Problem(
                    reason,
                    f"use {name}:{known[-1].facts.release}; known: {shown}" if shown else f"write `{name}`",
                )
            ]
        )
    able = [each for each in known if _numbers(each.facts.release) <= _numbers(release)]
    if not able:
        oldest = known[0].facts.release
        raise SpecError(
            [Problem(f"`{name}` {release} is older than what labgen writes", f"use {oldest} or newer")]
        )
    return able[-1]


def _numbers(release: str) -> tuple[int, ...]:
    """`5.14` or `4.34.8M` as numbers to compare; empty where it is no release."""
    parts = (release[:-1] if release[-1:] in ("F", "M") else release).split(".")
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else ()


def reader_module(name: str) -> str | None:
    """Name of the module that reads a device's answers; None where its package has none. SpecError as `get`."""
    return module_beside(name, "reader")


def module_beside(name: str, kind: str) -> str | None:
    """Name of the module `kind` in a device's package; None where it has none. SpecError as `get`."""
    module = f"{_find(name.partition(':')[0]).module.rpartition('.')[0]}.{kind}"
    return module if _exists(module) else None


def _find(name: str) -> _Registered:
    direct = _direct(name)
    if direct is not None:
        return direct
    known = _entries()
    if name not in known:
        raise SpecError([Problem(f"unknown device `{name}`", _suggestion(name, known))])
    return known[name]


def _suggestion(name: str, known: Mapping[str, _Registered]) -> str:
    """The device that somebody means who writes `name`, those of a vendor, or all there are."""
    words = {"junos": "juniper", "ios": "cisco", "windows": "", "arista": "eos"}
    word = words.get(name.lower(), name.lower())
    own = [each for each, entry in known.items() if word and word in entry.device.facts.title.lower().split()]
    if own:
        return f"use one of: {', '.join(own)}"
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean `{close[0]}`? " if close else ""
    return f"{hint}known devices: {', '.join(known)}"


@cache
def _entries() -> MappingProxyType[str, _Registered]:
    found: dict[str, _Registered] = {}
    for entry in [*_own(), *_foreign()]:
        name = entry.device.facts.name
        if name in found:
            both = f"{found[name].module} and {entry.module}"
            raise LabgenError(f"device `{name}` is defined by both {both}; remove one of them")
        found[name] = entry
    return MappingProxyType(dict(sorted(found.items())))


@cache
def _direct(name: str) -> _Registered | None:
    """The device, where labgen's package of that name has it: two dozen others need not be imported for it."""
    module = f"{devices.__name__}.{name.partition('-')[0]}.device"
    if not name.isascii() or not name.replace("-", "_").isidentifier() or not _exists(module):
        return None
    own = import_module(module).DEVICES
    return next((_Registered(device, module) for device in own if device.facts.name == name), None)


def _exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _own() -> list[_Registered]:
    found: list[_Registered] = []
    for package in pkgutil.iter_modules(devices.__path__):
        module = f"{devices.__name__}.{package.name}.device"
        if package.ispkg and _exists(module):
            found += [_Registered(device, module) for device in import_module(module).DEVICES]
    return found


def _foreign() -> list[_Registered]:
    return [_Registered(device, point.module) for point in brought(GROUP) for device in point.load()]
