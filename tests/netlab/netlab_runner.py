"""Runs the netlab under test: those in LABGEN_NETLAB (paths, colon-separated), else the one on PATH."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


def programs() -> tuple[str, ...]:
    """Paths of every netlab to test against."""
    named = tuple(path for path in os.environ.get("LABGEN_NETLAB", "").split(":") if path)
    found = shutil.which("netlab")
    return named or ((found,) if found else ())


@dataclass(frozen=True)
class Node:
    """What netlab made of a node: interface names to addresses, None where there is none."""

    loopback: str | None
    mgmt: str
    ports: dict[str, str | None]


@dataclass(frozen=True)
class Netlab:
    """One netlab at work in one lab folder."""

    program: str
    folder: Path

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [self.program, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def create(self) -> dict[str, Node]:
        """The nodes netlab made of the topology."""
        self.run("create")
        folders = sorted((self.folder / "host_vars").iterdir())
        return {folder.name: _node(json.loads((folder / "topology.json").read_text())) for folder in folders}

    def rendered(self) -> dict[str, str]:
        """Configurations netlab would deploy, by file name. Needs `create` first."""
        self.run("initial", "-o", "rendered")
        return {file.name: file.read_text() for file in (self.folder / "rendered").iterdir()}


@cache
def version(program: str) -> tuple[int, int]:
    """Year and month of a netlab release."""
    done = subprocess.run([program, "version", "-q"], capture_output=True, text=True, timeout=60, check=True)
    found = re.search(r"(\d+)[.](\d+)", done.stdout)
    assert found is not None
    return int(found[1]), int(found[2])


def _node(data: Any) -> Node:
    ports = {port["ifname"]: port.get("ipv4") for port in data["interfaces"]}
    return Node(data.get("loopback", {}).get("ipv4"), data["mgmt"]["ipv4"], ports)
