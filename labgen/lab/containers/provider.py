"""Starting, finding and ending labs of containers; what differs between tools is a `Tool`."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Protocol

from labgen.ground.errors import LabNotUpError, LabStartError, MissingToolError
from labgen.ground.labplan import LabPlan
from labgen.ground.planfile import read_plan
from labgen.lab.containers import captures, ready, register
from labgen.lab.containers.lab import ContainerLab, require
from labgen.lab.containers.site import Site
from labgen.lab.deadline import Deadline
from labgen.lab.provider import LabStatus, Progress, Stage

CONVERGENCE = 120.0


class Tool(Protocol):
    """A program that starts labs from a lab folder."""

    @property
    def name(self) -> str: ...

    def site(self, plan: LabPlan, folder: Path) -> Site:
        """Where the lab of a folder would run. Raises MissingToolError, LabStartError."""
        ...

    def site_of(self, entry: register.Entry) -> Site:
        """Where a lab that was started runs. Raises MissingToolError."""
        ...

    def images(self, plan: LabPlan) -> Mapping[str, str]:
        """Images the lab needs, each with the command or words that provide it."""
        ...

    def start(self, plan: LabPlan, folder: Path, site: Site) -> Iterator[str]:
        """Gives a name for each thing that is done. Raises MissingToolError, LabStartError."""
        ...

    def stop(self, folder: Path, entry: register.Entry) -> None:
        """Returns when nothing of the lab is left."""
        ...

    def tests(self, plan: LabPlan) -> Mapping[str, str]:
        """Shell commands that succeed in ready nodes, by node, for containers whose engine does no health checks."""
        ...

    def containers(self, plan: LabPlan) -> dict[str, str]:
        """Names of containers by node."""
        ...

    def captured(self, folder: Path) -> str:
        """The folder captures are written to."""
        ...

    def addresses(self, folder: Path) -> dict[str, str]:
        """Management addresses by node, where they are not the plan's."""
        ...


@contextmanager
def _signals_raise() -> Iterator[None]:
    """Let a start that is told to end, or loses its terminal, take back what it did. Only a main thread can."""

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(frozen=True)
class ContainerProvider:
    """Labs a tool runs in containers of an engine."""

    tool: Tool

    @property
    def name(self) -> str:
        return self.tool.name

    def up(self, folder: Path, progress: Progress, *, detach: bool = True) -> ContainerLab:
        """The lab stays when the caller ends, whatever `detach`: containers belong to the engine."""
        folder = folder.resolve()
        started, plan = time.monotonic(), read_plan(folder)
        if (known := register.read(folder)) is not None:
            self._refuse_second(known, folder)
        site = self.tool.site(plan, folder)
        site.require(plan)
        self._images(plan, site)
        entry = self._entry(plan, folder, site)
        register.write(entry)
        with ExitStack() as stack:
            stack.enter_context(_signals_raise())
            stack.callback(self._abandon, folder)
            lab = self._started(plan, folder, site, entry, progress, started)
            stack.pop_all()
        return lab

    def _entry(self, plan: LabPlan, folder: Path, site: Site) -> register.Entry:
        containers, captured = self.tool.containers(plan), self.tool.captured(folder)
        return register.Entry(str(folder), self.name, containers, time.time(), captured, place=site.place)

    def _abandon(self, folder: Path) -> None:
        """Take back a start that failed or was interrupted; its own error is the one to tell."""
        with suppress(LabStartError, MissingToolError):
            self.end(folder)
        register.remove(folder)

    def _started(
        self,
        plan: LabPlan,
        folder: Path,
        site: Site,
        entry: register.Entry,
        progress: Progress,
        started: float,
    ) -> ContainerLab:
        stages: list[tuple[str, float]] = []

        def reached(name: str) -> None:
            stages.append((name, time.monotonic() - started))
            progress(Stage(*stages[-1]))

        for done in self.tool.start(plan, folder, site):
            reached(done)
        entry = replace(entry, addresses=self.tool.addresses(folder))
        register.write(entry)
        limit = Deadline.after(ready.limit(plan.nodes))
        states = ready.healthy(site, entry.containers, limit, self.tool.tests(plan))
        reached("ready")
        entry = replace(entry, captures=site.start_captures(plan, states, entry.captured))
        register.write(entry)
        ready.converged(plan, site, entry.containers, Deadline.after(CONVERGENCE))
        reached("converged")
        entry = replace(entry, stages=tuple(stages))
        register.write(entry)
        return ContainerLab(plan, folder, entry, site)

    def _refuse_second(self, known: register.Entry, folder: Path) -> None:
        from labgen.lab.find import provider

        try:
            provider(known.provider).find(folder)
        except LabNotUpError:
            register.remove(folder)
            return
        raise LabStartError(f"a lab already runs for {folder}; end it with `labgen down {folder}`")

    def _images(self, plan: LabPlan, site: Site) -> None:
        missing = {image: how for image, how in self.tool.images(plan).items() if not site.has_image(image)}
        if missing:
            lines = [f"  {image}: {how}" for image, how in missing.items()]
            raise LabStartError("images are missing:\n" + "\n".join(lines))

    def find(self, folder: Path) -> ContainerLab:
        folder = folder.resolve()
        entry = register.read(folder)
        if entry is None or entry.provider != self.name:
            raise LabNotUpError(f"no lab runs for {folder}; start it with `labgen up {folder}`")
        site = self.tool.site_of(entry)
        return ContainerLab(read_plan(folder), folder, require(entry, folder, site), site)

    def running(self) -> tuple[LabStatus, ...]:
        found = []
        for entry in register.entries(self.name):
            try:
                found.append(self.find(Path(entry.folder)).status())
            except LabNotUpError:
                register.remove(Path(entry.folder))
            except MissingToolError:
                continue  # what runs it does not answer; `labgen down FOLDER` says why
        return tuple(found)

    def end(self, folder: Path) -> None:
        folder = folder.resolve()
        entry = register.read(folder)
        if entry is None or entry.provider != self.name:
            raise LabNotUpError(f"no lab runs for {folder}; start it with `labgen up {folder}`")
        captures.stop(entry.captures)
        self.tool.stop(folder, entry)
        register.remove(folder)

    def end_all(self) -> int:
        folders = [Path(entry.folder) for entry in register.entries(self.name)]
        for folder in folders:
            self.end(folder)
        return len(folders)
