"""A Nornir connection for containers without an SSH server: `docker exec`, here or in a launcher on Kubernetes.

Registered as the connection plugin `labgen_docker`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from nornir.core.configuration import Config

from labgen.lab.containers.tool import run
from labgen.lab.deadline import Deadline

CONNECTION = "labgen_docker"
_STATUS = re.compile(rb"command terminated with exit code \d+\s*\Z")
"""What kubectl says of any command that fails; its exit status says as much."""


@runtime_checkable
class Executes(Protocol):
    """A connection that runs commands by itself."""

    def execute(self, command: str, timeout: float) -> tuple[int, str]: ...


@dataclass(frozen=True, slots=True)
class DockerContainer:
    """A running container. `program` is `docker`, with arguments where the engine needs some."""

    name: str
    program: tuple[str, ...] = ("docker",)

    def execute(self, command: str, timeout: float) -> tuple[int, str]:
        """Exit status and output (stderr with it) of a shell command. ToolHungError where it has not ended after `timeout` seconds."""
        # The shell joins the two streams: what comes on stderr then is the engine's, or kubectl's, own word.
        argv = (*self.program, "exec", self.name, "sh", "-c", f"exec 2>&1\n{command}")
        done = run(argv, Deadline.after(timeout))
        own = "" if _STATUS.match(done.stderr) else done.stderr.decode("utf-8", "replace")
        return done.exit_code, done.stdout.decode("utf-8", "replace") + own


class DockerExec:
    """Nornir's ConnectionPlugin."""

    connection: DockerContainer

    def open(
        self,
        hostname: str | None,
        username: str | None,
        password: str | None,
        port: int | None,
        platform: str | None,
        extras: dict[str, Any] | None = None,
        configuration: Config | None = None,
    ) -> None:
        """`hostname` is the container's name; `extras` may hold `program`."""
        program = tuple((extras or {}).get("program") or ("docker",))
        self.connection = DockerContainer(hostname or "", program)

    def close(self) -> None:
        """Nothing stays open between commands."""
