"""A Nornir connection for containers without an SSH server: `docker exec`.

Registered as the connection plugin `labgen_docker`.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from nornir.core.configuration import Config

CONNECTION = "labgen_docker"


@runtime_checkable
class Executes(Protocol):
    """A connection that runs commands by itself."""

    def execute(self, command: str, timeout: float) -> tuple[int, str]: ...


@dataclass(frozen=True, slots=True)
class Container:
    """A running container. `program` is `docker`, with arguments where the engine needs some."""

    name: str
    program: tuple[str, ...] = ("docker",)

    def execute(self, command: str, timeout: float) -> tuple[int, str]:
        """Exit status and output (stderr with it) of a shell command."""
        done = subprocess.run(
            (*self.program, "exec", self.name, "sh", "-c", command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
        )
        return done.returncode, done.stdout.decode("utf-8", "replace")


class DockerExec:
    """Nornir's ConnectionPlugin."""

    connection: Container

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
        self.connection = Container(hostname or "", program)

    def close(self) -> None:
        """Nothing stays open between commands."""
