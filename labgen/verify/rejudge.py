"""Judging stored evidence again: without a lab, with the checks of today."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from labgen.ground import resources
from labgen.ground.errors import InputError
from labgen.ground.labplan import LabPlan
from labgen.ground.printable import printable
from labgen.verify import captures, playbook
from labgen.verify.assembly import Assembly
from labgen.verify.captures import KnownCaptures
from labgen.verify.check import plan_checks
from labgen.verify.conclusions import Conclusions, results
from labgen.verify.evidence import RunEvidence, StepEvidence
from labgen.verify.facts import Facts
from labgen.verify.playbook import Playbook, Step
from labgen.verify.playbook_spec import PlaybookSpec
from labgen.verify.provenance import FOLDERS
from labgen.verify.store import Store
from labgen.verify.verdict import CheckResult, Verdict


def rejudge(folder: Path) -> Verdict:
    """The verdict of a run's folder. InputError where it holds no run, or something that leads elsewhere."""
    run = RunEvidence.read(folder)
    _refuse_odd(folder)
    books = tuple(_bound(spec, run.plan) for spec in run.playbooks)
    assembly, store, known = Assembly(run.plan, run.captures), Store(folder), KnownCaptures()
    found: list[CheckResult] = []
    steps = ((book, step) for book in books for step in book.steps)
    for (book, step), evidence in zip(steps, run.steps, strict=False):
        found += results(book, step, _facts(assembly, store, evidence, known))
    timings = tuple(kept.timing() for kept in run.timings)
    return Conclusions(
        run.plan, books, run.provider, folder, found, assembly, timings, run.provenance
    ).verdict()


def _refuse_odd(folder: Path) -> None:
    """A run's folder may be anybody's: a link would bring files of this machine into the report, a pipe or a device would be
    read for ever.
    """
    for part in FOLDERS:
        for place, folders, files in os.walk(folder / part):
            for name in (*folders, *files):
                mode = (Path(place) / name).lstat().st_mode
                if not (stat.S_ISREG(mode) or (stat.S_ISDIR(mode) and name in folders)):
                    shown = printable(str((Path(place) / name).relative_to(folder)))
                    raise InputError(
                        f"{folder}: {shown} is no ordinary file; remove it to judge what is left"
                    )


def _facts(assembly: Assembly, store: Store, evidence: StepEvidence, known: KnownCaptures) -> Facts:
    texts, failed = store.read(evidence.files)
    files = sorted(store.captures.glob("*.pcap"))
    captured = captures.read(
        files, store.folder, assembly.plan, limits=evidence.frames, claims=True, known=known
    )
    step = evidence.model_copy(update={"failed": {**evidence.failed, **failed}})
    return assembly.facts(step, texts, captured)


def _bound(spec: PlaybookSpec, plan: LabPlan) -> Playbook:
    """A playbook as it was run; one that comes with labgen and does the same today brings the checks of today."""
    today = playbook.read(spec.name)[1] if spec.name in resources.playbook_files() else spec
    same = [(step.name, step.do) for step in today.steps] == [(step.name, step.do) for step in spec.steps]
    chosen = today if same else spec
    return Playbook(chosen, tuple(Step(step, plan_checks(step.checks, plan)) for step in chosen.steps))
