"""kubectl, by its command line. `LABGEN_KUBECTL` names another program, or adds arguments."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from dataclasses import dataclass
from typing import Any

from labgen.errors import LabStartError, MissingToolError
from labgen.lab.containers.engine import run
from labgen.lab.provider import Result

INSTALL = "see https://kubernetes.io/docs/tasks/tools/"
PATIENCE = "--request-timeout=15s"


@dataclass(frozen=True, slots=True)
class Kubectl:
    """kubectl with the arguments that lead to one cluster, and within it to `namespace`."""

    program: tuple[str, ...]
    context: str = ""
    namespace: str = ""

    @classmethod
    def find(cls, context: str | None = None, namespace: str = "") -> Kubectl:
        """For a context, else the current one. MissingToolError where there is no kubectl, or no cluster answers."""
        program = tuple(shlex.split(os.environ.get("LABGEN_KUBECTL", "kubectl")))
        if shutil.which(program[0]) is None:
            raise MissingToolError(f"kubectl is not installed; {INSTALL}")
        if context is None:
            # A pod's own service account leads to its cluster without any context.
            context = run((*program, "config", "current-context")).stdout.decode().strip()
        kubectl = cls(program, context, namespace)
        done = kubectl.run("get", "--raw", "/version", PATIENCE)
        if done.exit_code:
            where = f"the cluster of context `{context}`" if context else "a cluster"
            raise MissingToolError(
                f"{where} does not answer: {words(done)}\n"
                "  start it, or choose one that runs: kubectl config get-contexts, kubectl config use-context NAME"
            )
        return kubectl

    @property
    def command(self) -> tuple[str, ...]:
        context = ("--context", self.context) if self.context else ()
        namespace = ("-n", self.namespace) if self.namespace else ()
        return (*self.program, *context, *namespace)

    def run(self, *arguments: str, text: str | None = None, timeout: float | None = None) -> Result:
        return run((*self.command, *arguments), timeout, None if text is None else text.encode())

    def must(self, *arguments: str, text: str | None = None) -> str:
        """Output of a command that has to succeed; LabStartError with its last words where it does not."""
        done = self.run(*arguments, text=text)
        if done.exit_code:
            raise LabStartError(f"`kubectl {' '.join(arguments)}` failed: {words(done)}")
        return done.stdout.decode("utf-8", "replace")

    def items(self, *arguments: str) -> list[Any]:
        """Objects of a list."""
        found = json.loads(self.must("get", *arguments, "-o", "json"))["items"]
        return list(found)


def words(done: Result) -> str:
    """The last words of a command that failed."""
    text = (done.stderr.strip() or done.stdout.strip()).decode("utf-8", "replace")
    return text[-1500:] or f"status {done.exit_code}"
