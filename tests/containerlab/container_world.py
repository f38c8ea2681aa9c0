"""A machine with docker, containerlab and netlab on PATH: programs (`lab_tools.py`) that answer as the real ones do, over one
file of state.

What they were seen to do is repeated: containerlab labels its containers with the topology's file, reconciles a lab that is deployed
already, and leaves its network behind where nothing came up; netlab locks the folder it works in, prints its reasons on
stdout, writes its files there and, on cleanup, deletes what is called as it calls its own.
"""

from __future__ import annotations

import marshal
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from labgen.lab.containers import free, ready

RUN = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); from lab_tools import main; main()"
"""A module that is imported is compiled once."""


@dataclass(frozen=True)
class World:
    """The machine. `file` holds its state."""

    file: Path

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = marshal.loads(self.file.read_bytes())
        return found

    def change(self, **values: object) -> None:
        self.file.write_bytes(marshal.dumps({**self.state(), **values}))

    @property
    def containers(self) -> set[str]:
        return set(self.state()["containers"])

    @property
    def networks(self) -> Mapping[str, str]:
        found: dict[str, str] = self.state()["networks"]
        return found

    def by_hand(self, folder: Path, *command: str) -> None:
        """What a user types in a folder."""
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Such a machine, with this process's PATH on it and nothing running; what its tools left running ends with it."""
    file, programs, routes = tmp_path / "world", tmp_path / "bin", tmp_path / "routes"
    empty: dict[str, object] = {
        "containers": {}, "networks": {"bridge": "172.17.0.0/16"}, "instances": {}, "deployed": 0, "dead": [],
        "fail": "", "reason": "", "hang": "nothing", "hung": [], "nodes": ["srv", "relay", "user"],
    }  # fmt: skip
    monkeypatch.setenv("LABGEN_TEST_WORLD", str(file))
    file.write_bytes(marshal.dumps(empty))
    routes.write_text("Iface Destination Gateway Flags RefCnt Use Metric Mask\n")
    monkeypatch.setattr(free, "ROUTES", routes)
    monkeypatch.setattr(ready, "SAME_SECONDS", 0.01)
    programs.mkdir()
    for name in ("docker", "containerlab", "netlab", "nsenter", "kubectl", "sudo"):
        (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} -ISc "{RUN}" {name} "$@"\n')
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/sbin:/usr/bin:/bin")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for name in ("LABGEN_DOCKER", "LABGEN_NETLAB"):
        monkeypatch.delenv(name, raising=False)
    yield World(file)
    _end_all_of(file)


def _end_all_of(world: Path) -> None:
    """End the tools of a world that still run, such as captures of a lab that a test did not end."""
    for place in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if f"LABGEN_TEST_WORLD={world}".encode() in place.read_bytes().split(b"\0"):
                os.kill(int(place.parent.name), signal.SIGKILL)


def content(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, with its bytes; folders as well, so that an empty one left behind is seen."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"/"
        for path in folder.rglob("*")
    }
