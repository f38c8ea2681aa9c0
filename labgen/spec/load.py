"""Loads a Spec, and the source that locates its errors, from a path or scenario name and overrides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from labgen.ground import resources, yamldoc
from labgen.ground.errors import Problem, SpecError, UsageError
from labgen.ground.vocabulary import Role
from labgen.spec import foreign, source
from labgen.spec.generate import Outline, expand
from labgen.spec.model import Spec
from labgen.spec.values import closest, quoted

Setting = str | tuple[str, ...]
"""`dotted.path=value`; or the path of a value that is taken out, whose keys may hold anything."""


class LoadedSpec(NamedTuple):
    """A valid spec and its source."""

    spec: Spec
    source: source.SpecSource


def find(name: str) -> Path:
    """The file of a spec: a path, or the name of a scenario. SpecError with the known names otherwise."""
    path = Path(name)
    if path.suffix in {".yml", ".yaml"} or path.is_file():
        return path
    scenarios = resources.scenario_files()
    if name in scenarios:
        return scenarios[name]
    near = closest(name, scenarios)
    meant = f"did you mean `{near}`? " if near else ""
    remedy = f"{meant}scenarios: {', '.join(scenarios)}; or give a path ending in .yml"
    raise SpecError([Problem(f"no spec file and no scenario named {quoted(name)}", remedy)])


def load(name: str, devices: Mapping[str, str] | None = None, settings: Sequence[Setting] = ()) -> LoadedSpec:
    """Read, override, validate. `devices` maps role or node to device."""
    raw = source.read(find(name))
    foreign.refuse(raw.document, raw.file)
    data = raw.data
    overrides: dict[source.Path_, str] = {}
    for setting in settings:
        if isinstance(setting, str):
            overrides[_set(data, setting)] = f"--set {setting}"
        else:
            _take_out(data, setting)
    for who, device in (devices or {}).items():
        overrides[_choose(data, who, device)] = f"--device {who}={device}"
    changed = raw._replace(data=data, overrides=overrides)
    if data.get("generate") is not None:
        changed = changed._replace(data=expand(changed.parse(Outline), data))
    return LoadedSpec(changed.parse(Spec), changed)


def _choose(data: dict[str, Any], who: str, device: str) -> source.Path_:
    """Put a device into the data; returns the path that changed."""
    if who in set(Role):
        data["devices"] = {**(data.get("devices") or {}), who: device}
        return ("devices", who)
    data["nodes"] = {**(data.get("nodes") or {}), who: {"device": device}}
    return ("nodes", who)


def _take_out(data: dict[str, Any], path: tuple[str, ...]) -> None:
    """The data without the value at a path, where one is there."""
    here: Any = data
    for key in path[:-1]:
        here = here.get(key) if isinstance(here, dict) else None
    if isinstance(here, dict):
        here.pop(path[-1], None)


def _set(data: dict[str, Any], setting: str) -> source.Path_:
    """Put a value into the data; returns the path that changed."""
    path, equals, text = setting.partition("=")
    keys = path.split(".")
    if not equals or not all(keys):
        raise UsageError(f"--set {setting}: expected dotted.path=value, such as segments.cv1.pool.lease=60s")
    try:
        value = yamldoc.value(text)
    except SpecError as error:
        raise UsageError(
            f"--set {setting}: the value is not YAML; quote it, as in --set 'links=[sw1-sw2]'"
        ) from error
    here: Any = data
    for key in keys[:-1]:
        here = here.setdefault(key, {}) if isinstance(here, dict) else None
        if not isinstance(here, dict):
            raise UsageError(f"--set {setting}: `{key}` holds no keys, so nothing can be set below it")
    here[keys[-1]] = value
    return tuple(keys)
