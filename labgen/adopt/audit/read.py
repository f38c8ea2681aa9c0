"""Configurations of a folder, each by the reader of its device."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from labgen.devices import registry, relay_config
from labgen.devices.relay_config import ConfigReader, RelayReading
from labgen.ground.errors import InputError, LabgenError, UsageError
from labgen.ground.vocabulary import DEFAULT_VRF

SUFFIXES = (".cfg", ".conf", ".txt", ".config", ".set", ".yml", ".yaml", ".json")
SIGN = 12
"""What a line is worth that only one system writes: as much as two helper addresses."""
LARGEST = 8 * 1024 * 1024
_HOSTNAME = re.compile(
    r"(?m)^\s*(?:set system )?(?:hostname|host-name|switchname)[\s:]+([A-Za-z0-9._-]+);?\s*$"
)


@dataclass(frozen=True, slots=True)
class Configuration:
    """A node's configuration: whose it is, where it stands, and what it says of relaying."""

    node: str
    file: str
    device: str
    config: RelayReading


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file nobody understands as a configuration."""

    file: str
    reason: str


def folder(path: Path, devices: Mapping[str, str]) -> tuple[list[Configuration], list[Unreadable]]:
    """All configurations below a folder (or in one file). `devices` maps a node, or `all`, to a device; what it does not tell is
    found out: the reader that understands most of a file is the right one. InputError where nothing is there to read."""
    files = [path] if path.is_file() else sorted(_files(path))
    if not files:
        raise InputError(f"{path}: no configuration is there; files end in {', '.join(SUFFIXES)}")
    read: list[Configuration] = []
    unreadable: list[Unreadable] = []
    for file in files:
        found = _configuration(file, path, devices)
        if isinstance(found, Configuration):
            read.append(found)
        else:
            unreadable.append(found)
    return read, unreadable


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        raise InputError(f"{path}: no such file or folder")
    yield from (
        file
        for file in path.rglob("*")
        if file.suffix.lower() in SUFFIXES and file.is_file() and not file.is_symlink()
    )


def _configuration(file: Path, root: Path, devices: Mapping[str, str]) -> Configuration | Unreadable:
    shown = str(file.relative_to(root)) if file != root else file.name
    if file.stat().st_size > LARGEST:
        return Unreadable(shown, f"larger than {LARGEST // 1024 // 1024} MiB")
    text = file.read_text(encoding="utf-8", errors="replace")
    named = _HOSTNAME.search(text)
    inner = file.relative_to(root).parts if file != root else (file.name,)
    node = named[1] if named else inner[0] if len(inner) > 1 else file.stem
    device = devices.get(node) or devices.get(file.stem) or devices.get("all")
    if device:
        reader = relay_config.reader_of(device)
        if reader is None:
            raise UsageError(f"nobody reads configurations of `{device}`; use one of: {', '.join(readers())}")
        return Configuration(node, shown, device, reader(text))
    found = {
        device: config for device, reader in readers().items() if (config := _tried(reader, text)) is not None
    }
    scores = {name: _understood(found[name]) + SIGN * relay_config.tells(name, text) for name in found}
    device = max(scores, key=lambda name: scores[name], default="")
    if not device or _understood(found[device]) <= 0:
        return Unreadable(
            shown,
            "no reader finds interfaces with addresses in it; say whose it is with --device NODE=DEVICE",
        )
    return Configuration(node, shown, device, found[device])


def _tried(reader: ConfigReader, text: str) -> RelayReading | None:
    """The reading of a text by one reader; None where the text is not of its kind at all, such as no YAML."""
    try:
        return reader(text)
    except (LabgenError, ValueError, LookupError):
        return None


def readers() -> dict[str, ConfigReader]:
    """One device for each reader of configurations, by name."""
    found: dict[ConfigReader, str] = {}
    for name in registry.everything():
        reader = relay_config.reader_of(name)
        if reader is not None:
            found.setdefault(reader, name)
    return {name: reader for reader, name in found.items()}


def _understood(config: RelayReading) -> int:
    """The number of things in a file that a reader made sense of. An address with the mask of a host may be one whose mask it could not
    read."""
    addresses = [each for interface in config.interfaces for each in interface.addresses]
    subnets = sum(each.network.prefixlen < each.network.max_prefixlen for each in addresses)
    targets = [target for relay in config.relays for target in relay.targets]
    details = sum(bool(target.vrf) + bool(target.source) for target in targets)
    details += sum(len(relay.options) + bool(relay.source) for relay in config.relays)
    details += sum(len(interface.anycast) + (interface.vrf != DEFAULT_VRF) for interface in config.interfaces)
    return 4 * subnets + 6 * len(targets) + details - 8 * len(config.unread)
