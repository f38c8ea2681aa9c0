"""kubectl, by its command line. `LABGEN_KUBECTL` names another program, or adds arguments."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from labgen.ground.errors import LabStartError, MissingToolError, ToolHungError
from labgen.lab.containers.tool import run
from labgen.lab.deadline import Deadline
from labgen.lab.provider import Result

INSTALL = "see https://kubernetes.io/docs/tasks/tools/"
PATIENCE = "--request-timeout=15s"
ANSWER = 120.0
"""Seconds in which a cluster does what it is told, as usual ones need them at most."""


@dataclass(frozen=True, slots=True)
class Kubectl:
    """kubectl with what leads to one cluster, and within it to `namespace`. `config` is a value of KUBECONFIG."""

    program: tuple[str, ...]
    config: str = ""
    context: str = ""
    namespace: str = ""

    @classmethod
    def current(cls) -> Kubectl:
        """For the current context of this shell. MissingToolError where there is no kubectl, or no cluster answers."""
        files = [str(Path(file).resolve()) for file in os.environ.get("KUBECONFIG", "").split(":") if file]
        kubectl = cls(_program(), ":".join(files))
        # A pod's own service account leads to its cluster without any context.
        context = kubectl.run("config", "current-context").stdout.decode().strip()
        return replace(kubectl, context=context).answering()

    @classmethod
    def of(cls, config: str, context: str, namespace: str) -> Kubectl:
        """For a context of other files than this shell may have. Raises as `current` does."""
        return cls(_program(), config, context, namespace).answering()

    def answering(self) -> Kubectl:
        """Itself. MissingToolError where its cluster does not answer."""
        try:
            done = self.run("get", "--raw", "/version", PATIENCE)
        except ToolHungError as error:
            raise self._silent(str(error)) from error
        if done.exit_code:
            raise self._silent(words(done))
        return self

    def _silent(self, why: str) -> MissingToolError:
        where = f"the cluster of context `{self.context}`" if self.context else "a cluster"
        return MissingToolError(
            f"{where} does not answer: {why}\n"
            "  start it, or choose one that runs: kubectl config get-contexts, kubectl config use-context NAME"
        )

    @property
    def command(self) -> tuple[str, ...]:
        config = ("env", f"KUBECONFIG={self.config}") if self.config else ()
        context = ("--context", self.context) if self.context else ()
        namespace = ("-n", self.namespace) if self.namespace else ()
        return (*config, *self.program, *context, *namespace)

    def run(self, *arguments: str, text: str | None = None, seconds: float | None = None) -> Result:
        """Run kubectl to its end; ToolHungError where that takes longer than `seconds` [120] of a usual machine."""
        limit = Deadline.patient(seconds or ANSWER)
        return run((*self.command, *arguments), limit, None if text is None else text.encode())

    def must(self, *arguments: str, text: str | None = None, seconds: float | None = None) -> str:
        """Output of a command that has to succeed; LabStartError with its last words where it does not."""
        done = self.run(*arguments, text=text, seconds=seconds)
        if done.exit_code:
            raise LabStartError(f"`kubectl {' '.join(arguments)}` failed: {words(done)}")
        return done.stdout.decode("utf-8", "replace")

    def items(self, *arguments: str) -> list[Any]:
        """Objects of a list."""
        found = json.loads(self.must("get", *arguments, "-o", "json"))["items"]
        return list(found)


def _program() -> tuple[str, ...]:
    program = tuple(shlex.split(os.environ.get("LABGEN_KUBECTL", "kubectl")))
    if shutil.which(program[0]) is None:
        raise MissingToolError(f"kubectl is not installed; {INSTALL}")
    return program


def words(done: Result) -> str:
    """The last words of a command that failed."""
    text = (done.stderr.strip() or done.stdout.strip()).decode("utf-8", "replace")
    return text[-1500:] or f"status {done.exit_code}"
