"""A container engine, by its command line. `LABGEN_DOCKER` names another program than this host's docker, such as podman."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labgen.ground.errors import MissingToolError, ToolHungError
from labgen.lab.containers.tool import run
from labgen.lab.deadline import Deadline
from labgen.lab.provider import Result

ANSWER = 60.0
"""Seconds in which an engine answers any question, as a usual machine needs them at most."""

SIGN_OF_LIFE = 20.0
"""Seconds in which it says that it is there."""


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
    """The machine that an engine runs on: the words put before a command to run it there; none for this machine.

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
        try:
            answers = engine.run("version", "--format", "{{.Server.Version}}", seconds=SIGN_OF_LIFE)
        except ToolHungError as error:
            raise MissingToolError(f"the Docker engine hangs: {error}") from error
        if answers.exit_code:
            raise MissingToolError(
                "the Docker engine does not answer; start it (systemctl start docker), or join the group docker"
            )
        return engine

    @property
    def command(self) -> tuple[str, ...]:
        """The engine's command line, as this machine runs it without input."""
        return (*self.host.quiet, *self.program)

    def run(self, *arguments: str, seconds: float | None = None) -> Result:
        """Ask the engine something. ToolHungError where it does not answer in `seconds` [60] of a usual machine."""
        return run((*self.command, *arguments), Deadline.patient(seconds or ANSWER))

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
        """The engine's description of containers or networks; those that do not exist are left out."""
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
        """Run a command in a container to its end; ToolHungError where that takes longer than `timeout`, in seconds as they are."""
        limit = Deadline.patient(ANSWER) if timeout is None else Deadline.after(timeout)
        return run((*self.command, "exec", name, *argv), limit)


def _state(entry: Mapping[str, object]) -> State:
    health = entry.get("Health")
    status = health.get("Status", "") if isinstance(health, dict) else ""
    return State(int(str(entry.get("Pid", 0))), bool(entry.get("Running")), str(status))
