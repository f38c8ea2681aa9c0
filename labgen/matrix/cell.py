"""One combination: built, started, judged and stopped like any other lab."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from threading import Lock

from labgen import pipeline
from labgen.devices import registry
from labgen.ground.errors import LabgenError, LabNotUpError, LabStartError, SpecError, UsageError
from labgen.ground.labplan import LabPlan
from labgen.ground.planfile import read_plan
from labgen.lab.provider import Lab
from labgen.matrix.axes import Combination
from labgen.matrix.model import CellOutcome, FindingCount, MatrixCell, Unpassed, Warned
from labgen.pipeline import Tell
from labgen.report import write
from labgen.report.checks import CheckGroup, steps
from labgen.report.findings import groups
from labgen.report.parties import parties
from labgen.report.tally import tally
from labgen.verify.judgement import Outcome
from labgen.verify.verdict import Conclusion, Verdict

PROVIDER = "embedded"
# Checks that did not pass, kept for each cell; the cell's own report has all of them.
MOST_UNPASSED = 5
_WORST = (Outcome.FAIL, Outcome.ERROR, Outcome.BLOCKED, Outcome.SKIPPED)


@dataclass(frozen=True, slots=True)
class Order:
    """The part that every cell of a matrix has in common. `folder` is the matrix folder, in which each has its lab folder."""

    spec: str
    settings: tuple[str, ...]
    playbooks: tuple[str, ...]
    folder: Path
    force: bool = False


class RunningLabs:
    """The labs of a matrix that are up; once ended, none comes up any more."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._labs: list[Lab] = []
        self._ended = False

    def add(self, lab: Lab) -> None:
        """LabStartError, with the lab down, where everything has been ended already."""
        with self._lock:
            if not self._ended:
                self._labs.append(lab)
                return
        lab.down()
        raise LabStartError("ended before it was judged")

    def down(self, lab: Lab) -> None:
        """End one lab, unless that has happened."""
        with self._lock:
            if lab not in self._labs:
                return
            self._labs.remove(lab)
        with suppress(LabNotUpError):
            lab.down()

    def end(self) -> None:
        """End every lab, and those that come up later."""
        with self._lock:
            self._ended = True
            labs = tuple(self._labs)
        for lab in labs:
            self.down(lab)


def run(combination: Combination, order: Order, running: RunningLabs, tell: Tell) -> MatrixCell:
    """Build, start, judge and stop one combination. Whatever stands in the way becomes the cell's outcome."""
    started = time.monotonic()
    empty = MatrixCell(combination.client, combination.relay, combination.server)
    try:
        cell = _built(empty, combination, order, running, tell)
    except (SpecError, UsageError) as error:
        cell = replace(empty, outcome=CellOutcome.REFUSED, reason=_reason(error))
    except LabgenError as error:
        cell = replace(empty, outcome=CellOutcome.ERROR, reason=str(error))
    except Exception as error:  # noqa: BLE001  one combination's accident must not cost the others' results
        cell = replace(empty, outcome=CellOutcome.ERROR, reason=f"{type(error).__name__}: {error}")
    return replace(cell, seconds=time.monotonic() - started)


def _reason(error: SpecError | UsageError) -> str:
    """The faults of a combination, each thing once, without its place in the spec: the spec is the same for all combinations."""
    reasons = [problem.reason for problem in error.problems] if isinstance(error, SpecError) else [str(error)]
    return "; ".join(_short(list(dict.fromkeys(reasons))))


def _short(reasons: list[str]) -> Iterator[str]:
    """Reasons without what they repeat: the device they begin with, the node they end with."""
    for at, (reason, following) in enumerate(zip_longest(reasons, reasons[1:], fillvalue="")):
        device, _, rest = reason.partition(" ")
        shown = rest if at and reasons[at - 1].startswith(f"{device} ") else reason
        head, bracket, node = shown.rpartition(" (")
        yield head if bracket and following.endswith(bracket + node) else shown


def _built(
    empty: MatrixCell, combination: Combination, order: Order, running: RunningLabs, tell: Tell
) -> MatrixCell:
    target = order.folder / combination.folder
    folder, timings = pipeline.prepare(
        order.spec, combination.devices, order.settings, target, order.force, order.playbooks, tell
    )
    plan = read_plan(folder)
    _require_embedded(plan)
    warned = replace(empty, warnings=tuple(Warned(w.code, w.message) for w in plan.warnings))
    lab, _ = pipeline.start(folder, PROVIDER, tell, detach=False)
    running.add(lab)
    try:
        verdict = pipeline.judge(lab, order.playbooks, tell, timings)
    finally:
        running.down(lab)
    write.write(verdict, plan, Path(verdict.folder))
    return judged(warned, verdict, plan, order.folder)


def _require_embedded(plan: LabPlan) -> None:
    """UsageError where a device needs an image."""
    for node in plan.nodes:
        facts = registry.get(node.device).facts
        if not facts.embedded:
            raise UsageError(
                f"{facts.title} needs an image and does not run in the embedded lab (node `{node.name}`)"
            )


def judged(cell: MatrixCell, verdict: Verdict, plan: LabPlan, folder: Path) -> MatrixCell:
    """The cell with what a verdict says of it. `folder` is the matrix folder."""
    passed = verdict.conclusion is Conclusion.PASS
    return replace(
        cell,
        outcome=CellOutcome(verdict.conclusion.value),
        planned=verdict.planned,
        ran=verdict.ran,
        passed=verdict.count(Outcome.PASS),
        reason="" if passed else tally(verdict),
        unpassed=_unpassed(group for step in steps(verdict) for group in step.groups),
        findings=_findings(verdict, plan),
        run=_below(Path(verdict.folder), folder),
    )


def _below(run: Path, folder: Path) -> str:
    return run.resolve().relative_to(folder.resolve()).as_posix()


def _unpassed(found: Iterable[CheckGroup]) -> tuple[Unpassed, ...]:
    """One entry a check, however many of its subjects did not pass, worst first."""
    bad = [group for group in found if group.unpassed]
    bad.sort(key=lambda group: _WORST.index(group.worst))
    return tuple(_one(group) for group in bad[:MOST_UNPASSED])


def _one(group: CheckGroup) -> Unpassed:
    worst = group.those(group.worst)
    return Unpassed(
        group.name, group.title, group.worst, len(worst), len(group.results), worst[0].judgement.observed
    )


def _findings(verdict: Verdict, plan: LabPlan) -> tuple[FindingCount, ...]:
    return tuple(
        FindingCount(
            group.code,
            group.severity,
            sum(1 for f in verdict.findings if (f.code, f.severity) == (group.code, group.severity)),
            group.expected,
        )
        for group in groups(verdict, plan, parties(verdict, plan))
    )
