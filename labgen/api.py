"""The public Python interface: labs, verdicts and analyses for programs and tests. What is not here may change without notice.

from labgen import api

with api.up("evpn-redundant-server") as lab:
    lab.act("cl_a", "acquire")
    assert lab.verify("acquire").conclusion.value == "pass"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from nornir import InitNornir
from nornir.core import Nornir

from labgen import pipeline
from labgen.devices.formats import named, recognise, spare, tell
from labgen.dhcp.analysis import analyze as read
from labgen.dhcp.inputs import Input, Readers
from labgen.dhcp.model import Analysis, Binding, Exchange, Finding
from labgen.ground.errors import InputError, LabgenError
from labgen.ground.labplan import LabPlan
from labgen.lab.find import find_or_only
from labgen.lab.provider import Lab, Result
from labgen.report import write
from labgen.verify.rejudge import rejudge
from labgen.verify.verdict import Verdict
from labgen.watch.observer import LabObserver

__all__ = [
    "Analysis",
    "Binding",
    "Exchange",
    "Finding",
    "LabPlan",
    "LabgenError",
    "RunningLab",
    "Verdict",
    "analyze",
    "attach",
    "build",
    "judge",
    "up",
]


class RunningLab:
    """A lab that runs. As a context manager it puts right what was broken, and ends the lab where `up` started it."""

    def __init__(self, lab: Lab, *, own: bool) -> None:
        self._lab = lab
        self._own = own
        self._watching: LabObserver | None = None
        self._nornir: Nornir | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the lab; end it where it is one's own."""
        if self._nornir is not None:
            self._nornir.close_connections()
        if self._watching is not None:
            self._watching.close()
        self._nornir = self._watching = None
        if self._own:
            self._lab.down()

    @property
    def plan(self) -> LabPlan:
        """Everything that was resolved: nodes, addresses, relays, pools."""
        return self._lab.plan

    @property
    def folder(self) -> Path:
        """The lab folder; runs are kept below `runs`."""
        return self._lab.folder

    @property
    def _observer(self) -> LabObserver:
        if self._watching is None:
            self._watching = LabObserver(self._lab)
        return self._watching

    def exchanges(self) -> tuple[Exchange, ...]:
        """Every DHCP exchange since the lab came up, in order of time, rebuilt from all captures."""
        return self._observer.exchanges()

    def bindings(self) -> tuple[Binding, ...]:
        """Leases as the servers tell them now, in their own words."""
        return self._observer.bindings()

    def actions(self) -> dict[str, tuple[str, ...]]:
        """Actions of playbooks, by node."""
        return self._observer.actions()

    def act(self, node: str, action: str) -> None:
        """Do something to a node and wait until it took effect. UsageError for what cannot be done there."""
        self._observer.act(node, action)

    def undo(self) -> None:
        """Put right what was broken with `act`."""
        self._observer.undo()

    def run(self, node: str, *command: str, timeout: float | None = 30.0) -> Result:
        """Run a command in a node; `timeout` in seconds. NodeUnreachableError where it does not end in time."""
        return self._lab.execute(node, command, timeout)

    def nornir(self) -> Nornir:
        """Nornir with the lab's nodes as hosts, for nornir-netmiko's tasks."""

        if self._nornir is None:
            self._nornir = InitNornir(
                inventory={"plugin": "LabgenInventory", "options": {"folder": str(self.folder)}},
                logging={"enabled": False},
            )
        return self._nornir

    def verify(self, *playbooks: str) -> Verdict:
        """Run playbooks [those of the spec], judge, and keep evidence and reports below `folder`. Raises SpecError, WriteError."""

        verdict = pipeline.judge(self._lab, playbooks, _silent)
        write.write(verdict, self.plan, Path(verdict.folder))
        return verdict


def build(
    spec: str | Path,
    output: Path | None = None,
    *,
    devices: Mapping[str, str] | None = None,
    settings: Sequence[str] = (),
    playbooks: Sequence[str] = (),
) -> Path:
    """Write the lab folder of a spec, the name of a scenario or a file; returns it. `settings` are `dotted.path=value`. Leases are as
    short as the `playbooks` ask for. Raises SpecError, WriteError.
    """

    chosen = tuple((devices or {}).items())
    return pipeline.prepare(str(spec), chosen, settings, output, False, playbooks, _silent)[0]


def up(
    spec: str | Path,
    output: Path | None = None,
    *,
    provider: str = "embedded",
    devices: Mapping[str, str] | None = None,
    settings: Sequence[str] = (),
    playbooks: Sequence[str] = (),
) -> RunningLab:
    """Build where needed, start, and wait until it has converged; arguments as for `build`. The lab ends with this process.
    Raises LabStartError, MissingToolError and what `build` raises.
    """

    folder = build(spec, output, devices=devices, settings=settings, playbooks=playbooks)
    lab, _ = pipeline.start(folder, provider, _silent, detach=False)
    return RunningLab(lab, own=True)


def attach(folder: Path | None = None) -> RunningLab:
    """The running lab of a folder [the only one]; it goes on running afterwards. LabNotUpError where none runs."""

    return RunningLab(find_or_only(folder), own=False)


def judge(run: Path) -> Verdict:
    """The verdict of a run's stored evidence, without a lab. InputError where the folder holds none."""

    return rejudge(run)


def analyze(*files: Path | str) -> Analysis:
    """Exchanges and findings in logs and captures from anywhere. InputError for what cannot be read."""

    found = read([Input(str(file)) for file in files], Readers(recognise, named, None, tell, spare))
    unreadable = [source for source in found.sources if source.format == "unknown"]
    if unreadable:
        raise InputError("\n".join(f"{source.file}: {'; '.join(source.problems)}" for source in unreadable))
    return found


def _silent(text: str) -> None:
    """Programs are told by values and exceptions."""
