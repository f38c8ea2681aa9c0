"""Starting, finding and ending labs of containers; what differs between tools is a `Tool`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from labgen.ground.errors import (
    InputError,
    LabNotUpError,
    LabStartError,
    MissingToolError,
    ToolHungError,
    UsageError,
)
from labgen.ground.labplan import LabPlan
from labgen.ground.planfile import read_plan
from labgen.lab.containers import captures, ready, register
from labgen.lab.containers.deployed import Deployment, deployments
from labgen.lab.containers.engine import Engine
from labgen.lab.containers.lab import ContainerLab, require
from labgen.lab.containers.reconvergence import SettlingLab
from labgen.lab.containers.site import Site
from labgen.lab.containers.tool import Tell
from labgen.lab.deadline import Deadline
from labgen.lab.find import provider
from labgen.lab.interrupts import signals_raise
from labgen.lab.provider import LabStatus, Progress, Stage

CONVERGENCE = 120.0
SERVING = 30.0
"""Seconds until the daemons of healthy nodes run: watchfrr brings FRR's up one after the other."""


class Tool(Protocol):
    """A program that starts labs from a lab folder."""

    @property
    def name(self) -> str: ...

    def site(self, plan: LabPlan, folder: Path) -> Site:
        """The site that the lab of a folder would run at. Raises MissingToolError, LabStartError."""
        ...

    def site_of(self, entry: register.Entry) -> Site:
        """The site that a running lab is at. Raises MissingToolError."""
        ...

    def images(self, plan: LabPlan) -> Mapping[str, str]:
        """Images the lab needs, each with the command or words that provide it."""
        ...

    def require_free(self, plan: LabPlan, folder: Path, site: Site) -> None:
        """LabStartError where the lab's names or addresses are taken: then nothing is started, and nothing ended."""
        ...

    def start(self, plan: LabPlan, folder: Path, site: Site, tell: Tell) -> Iterator[str]:
        """Gives a name for each thing that is done, and tells what the tool says meanwhile. Raises MissingToolError, LabStartError."""
        ...

    def stop(self, folder: Path, entry: register.Entry) -> None:
        """Returns when nothing of the lab is left."""
        ...

    def undo(self, folder: Path, entry: register.Entry) -> None:
        """Take back a start that failed, as far as it came."""
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

    def network(self, plan: LabPlan) -> str:
        """Name of the management network that is made for the lab; empty where none is."""
        ...

    def addresses(self, folder: Path, adopted: bool) -> dict[str, str]:
        """Management addresses by node, where they are not the plan's."""
        ...

    def by_hand(self, folder: Path) -> Path | None:
        """The topology file containerlab has where a user started the lab of a folder by hand; None where no lab can be adopted."""
        ...


@dataclass(frozen=True)
class Start:
    """A start under way: when it `began` on the monotonic clock, whom to tell, and the stages it reached."""

    began: float
    progress: Progress
    stages: list[tuple[str, float]] = field(default_factory=list)

    def reached(self, name: str) -> None:
        self.stages.append((name, self._seconds))
        self.tell(name)

    def tell(self, words: str) -> None:
        self.progress(Stage(words, self._seconds))

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self.began


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
        start = Start(time.monotonic(), progress)
        plan = read_plan(folder)
        if (known := register.read(folder)) is not None and not known.adopted:
            self._refuse_second(known, folder)
        site = self.tool.site(plan, folder)
        site.require(plan)
        self.tool.require_free(plan, folder, site)
        self._images(plan, site)
        entry = self._entry(plan, folder, site)
        register.write(entry)
        with ExitStack() as stack:
            stack.enter_context(signals_raise())
            stack.callback(self._abandon, folder)
            lab = self._started(plan, folder, site, entry, start)
            stack.pop_all()
        return lab

    def _entry(self, plan: LabPlan, folder: Path, site: Site) -> register.Entry:
        return register.Entry(
            str(folder),
            self.name,
            self.tool.containers(plan),
            time.time(),
            self.tool.captured(folder),
            place=site.place,
            network=self.tool.network(plan),
        )

    def _abandon(self, folder: Path) -> None:
        """Take back a start that failed or was interrupted; its own error is the one to tell. Nothing of this name was there before."""
        if (entry := register.read(folder)) is not None:
            captures.stop(entry.captures)
            with suppress(LabStartError, MissingToolError, ToolHungError):
                self.tool.undo(folder, entry)
        register.remove(folder)

    def _started(
        self, plan: LabPlan, folder: Path, site: Site, entry: register.Entry, start: Start
    ) -> ContainerLab:
        for done in self.tool.start(plan, folder, site, start.tell):
            start.reached(done)
        entry = replace(entry, addresses=self.tool.addresses(folder, adopted=False))
        register.write(entry)
        limit = Deadline.patient(ready.limit(plan.nodes))
        states = ready.healthy(site, entry.containers, limit, self.tool.tests(plan))
        lab = SettlingLab(plan, folder, entry, site)
        ready.serving(lab, Deadline.patient(SERVING))
        start.reached("ready")
        entry = replace(entry, captures=site.start_captures(plan, states, entry.captured))
        register.write(entry)
        ready.converged(lab, Deadline.patient(CONVERGENCE))
        start.reached("converged")
        entry = replace(entry, stages=tuple(start.stages))
        register.write(entry)
        return replace(lab, entry=entry)

    def _refuse_second(self, known: register.Entry, folder: Path) -> None:
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
        """The lab of a folder that labgen started, else the one its user started there by hand."""
        folder = folder.resolve()
        entry = register.read(folder)
        if entry is not None and entry.provider != self.name:
            raise LabNotUpError(_nothing_runs(folder))
        if entry is None or entry.adopted:
            entry = self._current(folder, entry)
        site = self.tool.site_of(entry)
        return SettlingLab(read_plan(folder), folder, require(entry, folder, site), site)

    def _current(self, folder: Path, known: register.Entry | None) -> register.Entry:
        """The entry of a lab started by hand: the one known of it, unless it was started again since."""
        seen = next((entry for entry in self._by_hand() if entry.folder == str(folder)), None)
        if known is not None and (seen is None or seen.started != known.started):
            self._forget(folder, known)
            known = None
        if seen is None:
            raise LabNotUpError(_nothing_runs(folder))
        return known or seen

    def _by_hand(self) -> Iterator[register.Entry]:
        """Running labs of labgen's folders that were not started by labgen."""
        try:
            found = deployments(Engine.find())
        except (MissingToolError, ToolHungError):
            return
        for each in found:
            folder = each.topology.parent
            if each.running and each.topology == self.tool.by_hand(folder):
                known = register.read(folder)
                if known is None or known.adopted:
                    yield from self._adoptable(folder, each)

    def _adoptable(self, folder: Path, found: Deployment) -> Iterator[register.Entry]:
        try:
            plan = read_plan(folder)
        except InputError:
            return  # no lab folder of labgen's
        containers = self.tool.containers(plan)
        containers |= {node: name for node, name in found.containers.items() if node in containers}
        yield register.Entry(
            str(folder), self.name, containers, found.started, self.tool.captured(folder),
            addresses=self.tool.addresses(folder, adopted=True), adopted=True, network=self.tool.network(plan),
        )  # fmt: skip

    def adopt(self, folder: Path) -> ContainerLab:
        """The running lab of a folder with all that judging it needs: where the user started it by hand, captures, once it has
        converged. One that does not converge is judged as it is: that is what the verdict is about. Captures that ended since,
        as where somebody ended them or a container was started again, are taken anew.
        """
        lab = self.find(folder)
        entry = lab.entry
        if entry.adopted and register.read(lab.folder) is None:
            lab.site.require(lab.plan)
            with suppress(LabStartError):
                ready.converged(lab, Deadline.patient(CONVERGENCE))
        elif not entry.captures:
            return lab
        states = lab.site.states(entry.containers)
        captured = lab.site.start_captures(lab.plan, states, entry.captured, entry.captures)
        if captured == entry.captures:
            return lab
        entry = replace(entry, captures=captured)
        register.write(entry)
        return replace(lab, entry=entry)

    def running(self) -> tuple[LabStatus, ...]:
        found = []
        entries = {entry.folder: entry for entry in (*self._by_hand(), *register.entries(self.name))}
        for entry in entries.values():
            try:
                found.append(self.find(Path(entry.folder)).status())
            except LabNotUpError:
                register.remove(Path(entry.folder))
            except (MissingToolError, ToolHungError):
                continue  # what runs it does not answer; `labgen down FOLDER` says why
            except (
                InputError
            ) as error:  # another labgen built it: that is no reason to tell nothing of the others
                found.append(self._unread(Path(entry.folder), str(error)))
        return tuple(found)

    def _unread(self, folder: Path, problem: str) -> LabStatus:
        return LabStatus(folder.name, folder, self.name, 0, 0.0, "netns", (), problem=problem)

    def end(self, folder: Path, *, adopted: bool = False) -> None:
        folder = folder.resolve()
        entry = register.read(folder)
        if entry is not None and entry.provider != self.name:
            raise LabNotUpError(_nothing_runs(folder))
        if entry is None or entry.adopted:
            entry = self._current(folder, entry)
        if entry.adopted and not adopted:
            self._forget(folder, entry)
            raise UsageError(
                f"{folder}: this lab was not started by labgen, so it was left running; "
                f"end it with the tool that started it ({self.name}), or with `labgen down {folder} --adopted`"
            )
        captures.stop(entry.captures)
        self.tool.stop(folder, entry)
        register.remove(folder)

    def _forget(self, folder: Path, entry: register.Entry) -> None:
        """Take away what labgen added to a lab it does not own."""
        captures.stop(entry.captures)
        register.remove(folder)

    def end_all(self) -> int:
        """Those labgen started; what it adopted goes on, without captures."""
        ended = 0
        for entry in list(register.entries(self.name)):
            if entry.adopted:
                self._forget(Path(entry.folder), entry)
                continue
            self.end(Path(entry.folder))
            ended += 1
        return ended


def _nothing_runs(folder: Path) -> str:
    return f"no lab runs for {folder}; start it with `labgen up {folder}`"
