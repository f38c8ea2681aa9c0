"""The reports of a run as files beside its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from labgen.ground.labplan import LabPlan
from labgen.ground.writing import writing
from labgen.report import history, history_page, html, json_, junit
from labgen.report.history import Summary
from labgen.report.page import page
from labgen.report.places import FOLDERS
from labgen.verify.evidence import RunEvidence
from labgen.verify.verdict import Verdict


def write(verdict: Verdict, plan: LabPlan, folder: Path) -> tuple[Path, ...]:
    """Write verdict.json, junit.xml and report.html into the run's folder; their paths, in this order. Beside the runs of a lab,
    `index.html` lists them. Raises WriteError.
    """
    run = RunEvidence.kept(folder)
    others = tuple(line for line in history.read(folder.parent) if line.run != folder.name)
    shown = page(verdict, plan, evidence(folder), run, others)
    texts = {
        "verdict.json": json_.text(verdict),
        "junit.xml": junit.text(verdict),
        "report.html": html.document(shown),
    }
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        (folder / history.FILE).write_text(history.text(shown.line), encoding="utf-8")
        if folder.parent.name == "runs":
            _list_runs(plan, [*others, shown.line], folder.parent)
    return tuple(folder / name for name in texts)


def _list_runs(plan: LabPlan, lines: Sequence[Summary], runs: Path) -> None:
    text = history_page.text(plan, sorted(lines, key=lambda line: line.run))
    (runs / "index.html").write_text(text, encoding="utf-8")


def evidence(folder: Path) -> list[str]:
    """Paths of the collected evidence, relative to the run's folder."""
    found = (path for name in FOLDERS for path in (folder / name).rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found)
