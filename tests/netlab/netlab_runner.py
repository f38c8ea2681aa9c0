"""Runs the netlab under test: those in LABGEN_NETLAB (paths, colon-separated), else the one on PATH."""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
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


class AtHand:
    """A process that has imported netlab, and runs its commands."""

    def __init__(self, python: str) -> None:
        script = Path(__file__).with_name("netlab_at_hand.py")
        self._process = subprocess.Popen(
            [python, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        atexit.register(self._end)

    def run(self, folder: Path, arguments: Sequence[str]) -> tuple[int, str]:
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None and answers is not None
        requests.write(json.dumps({"folder": str(folder), "arguments": list(arguments)}) + "\n")
        answer = json.loads(answers.readline())
        return answer["code"], answer["output"]

    def _end(self) -> None:
        with self._process as process:
            if process.stdin is not None:
                process.stdin.close()


@cache
def at_hand(program: str) -> AtHand | None:
    """One for all tests of this process; None where the program is no script of a Python."""
    with Path(program).open("rb") as stream:
        first = stream.readline().decode(errors="replace").strip()
    python = first.removeprefix("#!")
    return AtHand(python) if first != python and Path(python).name.startswith("python") else None


@dataclass(frozen=True)
class Netlab:
    """One netlab at work in one lab folder."""

    program: str
    folder: Path
    itself: bool = False

    def run(self, *arguments: str) -> str:
        code, said = self._run(arguments)
        assert code == 0, said
        return said

    def _run(self, arguments: Sequence[str]) -> tuple[int, str]:
        """Exit code and output of the program `itself`, or of what it would do, by a netlab that is imported already."""
        ready = None if self.itself else at_hand(self.program)
        if ready is not None:
            return ready.run(self.folder, arguments)
        done = subprocess.run(
            [self.program, *arguments],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        return done.returncode, done.stdout

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
