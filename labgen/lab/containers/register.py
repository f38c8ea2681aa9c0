"""The register of this user's container labs: one small file per lab, in the folder that is this user's alone.

What is read back is data: it is validated, and no part of it is a command.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import field, replace
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError, field_validator
from pydantic.dataclasses import dataclass

from labgen.lab import state

_SUFFIX = ".json"
_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,252}$")]
_Address = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f.:]{2,45}$")]
_Word = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{0,4096}$")]
_Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9@._-]{1,64} [A-Za-z0-9+/=]{1,4096}$")]
_Absolute = Annotated[str, StringConstraints(pattern=r"^/[^\x00-\x1f\x7f]{0,4095}$")]


@dataclass(frozen=True, config=ConfigDict(extra="ignore"))
class Entry:
    """A lab that was started. `containers` are names by node, `addresses` where a tool chose other management addresses than
    the plan's; `captures` are pids of the capturing processes, `captured` the folder they write to; `started` in seconds
    since the epoch; `place` is where a site that is not this machine is found again; `stages` what happened while it came up, each
    with the seconds since the start. `adopted` labs were started by the user's own hand; `network` is the management
    network that was made for the lab. `host_keys` are those that nodes presented first.
    """

    folder: _Absolute
    provider: _Name
    containers: dict[_Name, _Name]
    started: float
    captured: _Absolute
    captures: tuple[Annotated[int, Field(gt=1)], ...] = ()
    addresses: dict[_Name, _Address] = field(default_factory=dict)
    place: dict[_Name, _Word] = field(default_factory=dict)
    stages: tuple[tuple[_Word, float], ...] = ()
    adopted: bool = False
    network: _Word = ""
    host_keys: dict[_Name, _Key] = field(default_factory=dict)

    @field_validator("place")
    @classmethod
    def _trusted_files(cls, place: dict[str, str]) -> dict[str, str]:
        """A kubeconfig can name programs to run: only files of this user or of root are taken."""
        for file in filter(None, place.get("config", "").split(":")):
            if Path(file).exists() and Path(file).stat().st_uid not in (0, os.geteuid()):
                raise ValueError(f"{file} belongs to somebody else")
        return place


@cache
def _form() -> TypeAdapter[Entry]:
    return TypeAdapter(Entry)


def _file(folder: Path) -> str:
    return hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:24] + _SUFFIX


def write(entry: Entry) -> None:
    """Remember a lab. InfrastructureError where there is no folder to remember it in."""
    with state.opened() as own:
        own.write(_file(Path(entry.folder)), _form().dump_json(entry))


def read(folder: Path) -> Entry | None:
    """The entry of a lab folder, None where there is none."""
    with state.opened() as own:
        return _entry(own, _file(folder))


def host_key(entry: Entry, node: str) -> str:
    """The key that a node of a lab presented first; empty where it has not yet."""
    found = read(Path(entry.folder))
    return found.host_keys.get(node, "") if found is not None and found.started == entry.started else ""


def pin(entry: Entry, node: str, key: str) -> str:
    """Remember the key of a node, unless there is one already; the one that counts."""
    with state.opened() as own:
        fcntl.flock(own.fileno(), fcntl.LOCK_EX)
        found = _entry(own, _file(Path(entry.folder)))
        if found is None or found.started != entry.started:
            return key
        if node not in found.host_keys:
            found = replace(found, host_keys={**found.host_keys, node: key})
            own.write(_file(Path(entry.folder)), _form().dump_json(found))
        return found.host_keys[node]


def remove(folder: Path) -> None:
    """Forget a folder's lab and its captures."""
    with state.opened() as own:
        own.remove(_file(folder))
    shutil.rmtree(captures(folder), ignore_errors=True)


def captures(folder: Path) -> Path:
    """The folder for captures of a running lab: not the lab folder, which stays as it was built."""
    with state.opened() as own:
        return own.path / f"{_file(folder).removesuffix(_SUFFIX)}.captures"


def entries(provider: str) -> Iterator[Entry]:
    """Every lab this user started through a provider."""
    with state.opened() as own:
        found = [_entry(own, name) for name in own.names() if name.endswith(_SUFFIX)]
    yield from (entry for entry in found if entry is not None and entry.provider == provider)


def _entry(own: state.StateFolder, name: str) -> Entry | None:
    """The entry in a file; one of another release of labgen is read as far as it can be, and None where it cannot."""
    content = own.read(name)
    try:
        entry = _form().validate_json(content) if content is not None else None
    except ValidationError:
        return None
    return entry if entry is not None and _file(Path(entry.folder)) == name else None
