"""Which container labs of this user run: one small file per lab, in the user's runtime folder."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """A lab that was started. `containers` are names by node, `addresses` where a tool chose other management addresses than
    the plan's; `captures` are pids of the capturing processes, `captured` the folder they write to; `started` in seconds
    since the epoch; `place` is where a site that is not this machine is found again; `stages` what happened while it came up, each
    with the seconds since the start.
    """

    folder: str
    provider: str
    containers: dict[str, str]
    started: float
    captured: str
    captures: tuple[int, ...] = ()
    addresses: dict[str, str] = field(default_factory=dict)
    place: dict[str, str] = field(default_factory=dict)
    stages: tuple[tuple[str, float], ...] = ()


def _home() -> Path:
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return Path(base) / f"labgen-containers-{os.getuid()}"


def _file(folder: Path) -> Path:
    return _home() / f"{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:24]}.json"


def write(entry: Entry) -> None:
    _home().mkdir(mode=0o700, exist_ok=True)
    _file(Path(entry.folder)).write_text(json.dumps(asdict(entry)))


def read(folder: Path) -> Entry | None:
    """The entry of a lab folder, None where there is none."""
    return _entry(_file(folder))


def remove(folder: Path) -> None:
    _file(folder).unlink(missing_ok=True)


def entries(provider: str) -> Iterator[Entry]:
    """Every lab this user started through a provider."""
    for file in sorted(_home().glob("*.json")) if _home().is_dir() else ():
        entry = _entry(file)
        if entry is not None and entry.provider == provider:
            yield entry


def _entry(file: Path) -> Entry | None:
    """What another release of labgen has written is read as far as it can be, and is no lab of ours where it cannot."""
    known = {each.name for each in fields(Entry)}
    try:
        data = {name: value for name, value in json.loads(file.read_text()).items() if name in known}
        captures, stages = data.pop("captures", ()), data.pop("stages", ())
        return Entry(**data, captures=tuple(captures), stages=tuple((name, at) for name, at in stages))
    except (OSError, ValueError, TypeError, AttributeError):
        return None
