"""Runs the netlab under test: those in LABGEN_NETLAB (paths, colon-separated), else the one on PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import yaml


def programs() -> tuple[str, ...]:
    """Paths of every netlab to test against."""
    named = tuple(path for path in os.environ.get("LABGEN_NETLAB", "").split(":") if path)
    found = shutil.which("netlab")
    return named or ((found,) if found else ())


@dataclass(frozen=True)
class Node:
    """What netlab made of a node: interface names to addresses, None where there is none."""

    id: int
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

    def nodes(self) -> dict[str, Node]:
        """The transformed topology, read back."""
        self.run("create", "-o", "yaml:nodes=transformed.yml")
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        data = yaml.load((self.folder / "transformed.yml").read_text(), Loader=loader)
        return {name: _node(node) for name, node in data.items()}


def _node(node: dict[str, dict[str, str]]) -> Node:
    ports = {str(port["ifname"]): port.get("ipv4") for port in _ports(node)}
    return Node(int(str(node["id"])), node.get("loopback", {}).get("ipv4"), node["mgmt"]["ipv4"], ports)


def _ports(node: object) -> list[dict[str, str]]:
    assert isinstance(node, dict)
    found = node["interfaces"]
    assert isinstance(found, list)
    return found
