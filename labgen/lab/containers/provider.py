"""Starting, finding and ending labs of containers; what differs between tools is a `Tool`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from labgen.errors import LabNotUpError, LabStartError, MissingToolError
from labgen.lab.containers import captures, ready, register
from labgen.lab.containers.engine import Engine
from labgen.lab.containers.lab import ContainerLab, require
from labgen.lab.deadline import Deadline
from labgen.lab.provider import LabStatus, Progress, Stage
from labgen.plan.model import LabPlan

CAPTURES = "captures"
CONVERGENCE = 120.0


class Tool(Protocol):
    """A program that starts labs from a lab folder."""

    @property
    def name(self) -> str: ...

    def images(self, plan: LabPlan) -> Mapping[str, str]:
        """Images the lab needs, each with the command or words that provide it."""
        ...

    def start(self, folder: Path) -> None:
        """Raises MissingToolError, LabStartError."""
        ...

    def stop(self, folder: Path) -> None: ...

    def containers(self, plan: LabPlan) -> dict[str, str]:
        """Names of containers by node."""
        ...

    def addresses(self, folder: Path) -> dict[str, str]:
        """Management addresses by node, where they are not the plan's."""
        ...


@dataclass(frozen=True)
class ContainerProvider:
    """Labs a tool runs in containers of an engine."""

    tool: Tool

    @property
    def name(self) -> str:
        return self.tool.name

    def up(self, folder: Path, progress: Progress, *, detach: bool = True) -> ContainerLab:
        """The lab stays when the caller ends, whatever `detach`: containers belong to the engine."""
        from labgen.render.folder import read_plan

        folder = folder.resolve()
        started, plan = time.monotonic(), read_plan(folder)
        engine = Engine.find()
        if register.read(folder) is not None:
            self._refuse_second(folder, engine)
        self._images(plan, engine)
        captures.require()
        entry = register.Entry(
            str(folder), self.name, self.tool.containers(plan), time.time(), str(folder / CAPTURES)
        )
        register.write(entry)
        with ExitStack() as stack:
            stack.callback(self._abandon, folder)
            lab = self._started(plan, folder, engine, entry, progress, started)
            stack.pop_all()
        return lab

    def _abandon(self, folder: Path) -> None:
        """Take back a start that failed or was interrupted; its own error is the one to tell."""
        with suppress(LabStartError, MissingToolError):
            self.end(folder)
        register.remove(folder)

    def _started(
        self,
        plan: LabPlan,
        folder: Path,
        engine: Engine,
        entry: register.Entry,
        progress: Progress,
        started: float,
    ) -> ContainerLab:
        self.tool.start(folder)
        progress(Stage("containers", time.monotonic() - started))
        entry = replace(entry, addresses=self.tool.addresses(folder))
        register.write(entry)
        states = ready.healthy(engine, entry.containers, Deadline.after(ready.limit(plan.nodes)))
        progress(Stage("ready", time.monotonic() - started))
        pids = captures.start(plan, states, Path(entry.captured))
        entry = replace(entry, captures=pids)
        register.write(entry)
        ready.converged(plan, engine, entry.containers, Deadline.after(CONVERGENCE))
        progress(Stage("converged", time.monotonic() - started))
        return ContainerLab(plan, folder, entry, engine)

    def _refuse_second(self, folder: Path, engine: Engine) -> None:
        try:
            require(register.read(folder), folder, engine)
        except LabNotUpError:
            register.remove(folder)
            return
        raise LabStartError(f"a lab already runs for {folder}; end it with `labgen down {folder}`")

    def _images(self, plan: LabPlan, engine: Engine) -> None:
        missing = {image: how for image, how in self.tool.images(plan).items() if not engine.has_image(image)}
        if missing:
            lines = [f"  {image}: {how}" for image, how in missing.items()]
            raise LabStartError("images are missing:\n" + "\n".join(lines))

    def find(self, folder: Path) -> ContainerLab:
        from labgen.render.folder import read_plan

        folder = folder.resolve()
        entry = register.read(folder)
        if entry is None or entry.provider != self.name:
            raise LabNotUpError(f"no lab runs for {folder}; start it with `labgen up {folder}`")
        engine = Engine.find()
        return ContainerLab(read_plan(folder), folder, require(entry, folder, engine), engine)

    def running(self) -> tuple[LabStatus, ...]:
        found = []
        for entry in register.entries(self.name):
            try:
                found.append(self.find(Path(entry.folder)).status())
            except LabNotUpError:
                register.remove(Path(entry.folder))
        return tuple(found)

    def end(self, folder: Path) -> None:
        folder = folder.resolve()
        entry = register.read(folder)
        if entry is None or entry.provider != self.name:
            raise LabNotUpError(f"no lab runs for {folder}; start it with `labgen up {folder}`")
        captures.stop(entry.captures)
        self.tool.stop(folder)
        register.remove(folder)

    def end_all(self) -> int:
        folders = [Path(entry.folder) for entry in register.entries(self.name)]
        for folder in folders:
            self.end(folder)
        return len(folders)
