"""A container engine, by its command line. `LABGEN_DOCKER` names another program than this host's docker, such as podman."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labgen.ground.errors import LabStartError, MissingToolError
from labgen.lab.provider import Result


@dataclass(frozen=True, slots=True)
class State:
    """A container: its first process (0 while it does not run), `running`, and `healthy` or what Docker says instead.

    `health` is empty where the container has no health check.
    """

    pid: int
    running: bool
    health: str


@dataclass(frozen=True, slots=True)
class Host:
    """Where an engine runs: what stands before a command that is to run there. Nothing means this machine.

    Commands behind `quiet` get no input, behind `piped` the caller's, behind `terminal` the caller's terminal.
    """

    quiet: tuple[str, ...] = ()
    piped: tuple[str, ...] = ()
    terminal: tuple[str, ...] = ()


_DIGEST = len("sha256:") + 12
"""As much of a digest as `docker images` shows."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Docker, or what speaks its command line."""

    program: tuple[str, ...]
    host: Host = Host()

    @classmethod
    def find(cls) -> Engine:
        """The engine of this machine. MissingToolError where none answers."""
        program = tuple(shlex.split(os.environ.get("LABGEN_DOCKER", "docker")))
        engine = cls(program)
        if shutil.which(program[0]) is None:
            raise MissingToolError("docker is not installed; on Debian: apt-get install docker.io")
        if engine.run("version", "--format", "{{.Server.Version}}").exit_code:
            raise MissingToolError(
                "the Docker engine does not answer; start it (systemctl start docker), or join the group docker"
            )
        return engine

    @property
    def command(self) -> tuple[str, ...]:
        """The engine's command line, as this machine runs it without input."""
        return (*self.host.quiet, *self.program)

    def run(self, *arguments: str, timeout: float | None = None) -> Result:
        return run((*self.command, *arguments), timeout)

    def attached(self, name: str, argv: Sequence[str]) -> tuple[str, ...]:
        """The command that runs another in a container, on the caller's standard streams."""
        return (*self.host.piped, *self.program, "exec", "-i", name, *argv)

    def interactive(self, name: str, argv: Sequence[str]) -> tuple[str, ...]:
        """The command that runs another in a container, on the caller's terminal."""
        return (*self.host.terminal, *self.program, "exec", "-it", name, *argv)

    def states(self, names: Sequence[str]) -> Mapping[str, State]:
        """States of those containers that exist, by name."""
        found = self.inspect("container", names)
        return {entry["Name"].lstrip("/"): _state(entry["State"]) for entry in found}

    def inspect(self, kind: str, names: Sequence[str]) -> list[dict[str, Any]]:
        """What the engine knows about containers or networks; those that do not exist are left out."""
        if not names:
            return []
        found: list[dict[str, Any]] = json.loads(self.run(kind, "inspect", *names).stdout or b"[]")
        return found

    def images(self, names: Sequence[str]) -> Mapping[str, str]:
        """The images that containers were made from, by the name they were asked for, each with the beginning of its digest."""
        found = self.inspect("container", names)
        return {str(entry["Config"]["Image"]): str(entry["Image"])[:_DIGEST] for entry in found}

    def has_image(self, name: str) -> bool:
        return self.run("image", "inspect", name).exit_code == 0

    def exec(self, name: str, argv: Sequence[str], timeout: float | None = None) -> Result:
        return self.run("exec", name, *argv, timeout=timeout)


def run(command: Sequence[str], timeout: float | None = None, text: bytes | None = None) -> Result:
    """Run a command to its end, with `text` as its input."""
    done = subprocess.run(
        command,
        input=text,
        stdin=subprocess.DEVNULL if text is None else None,
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def _state(entry: Mapping[str, object]) -> State:
    health = entry.get("Health")
    status = health.get("Status", "") if isinstance(health, dict) else ""
    return State(int(str(entry.get("Pid", 0))), bool(entry.get("Running")), str(status))


Tell = Callable[[str], None]
"""Takes one line of what a tool says."""

_LAST_WORDS = 25
_BOX = "╭│├╰"
"""Tables that containerlab ends with are not progress."""

_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def tool(program: str, command: Sequence[str], folder: Path, install: str, tell: Tell | None = None) -> None:
    """Run a lab tool in a folder, each line it prints told as it comes.

    Tools give their reasons on either stream, so both are one here. MissingToolError where the tool is not there,
    LabStartError with its last lines where it fails.
    """
    if shutil.which(program) is None:
        raise MissingToolError(f"{program} is not installed; {install}")
    last: deque[str] = deque(maxlen=_LAST_WORDS)
    with subprocess.Popen(
        (program, *command),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for raw in process.stdout:
            line = _COLOUR.sub("", raw).rstrip()
            if line:
                last.append(line)
                if tell and line.lstrip()[0] not in _BOX:
                    tell(line)
    if process.returncode:
        words = "\n".join(last)
        raise LabStartError(
            f"`{Path(program).name} {' '.join(command)}` ended with status {process.returncode}:\n{words}"
        )
