"""The reports of a run as files beside its evidence."""

from __future__ import annotations

from pathlib import Path

from labgen.ground.labplan import LabPlan
from labgen.ground.writing import writing
from labgen.report import html, json_, junit
from labgen.report.places import FOLDERS
from labgen.verify.verdict import Verdict


def write(verdict: Verdict, plan: LabPlan, folder: Path) -> tuple[Path, ...]:
    """Write verdict.json, junit.xml and report.html into the run's folder; their paths, in this order. Raises WriteError."""
    texts = {
        "verdict.json": json_.text(verdict),
        "junit.xml": junit.text(verdict),
        "report.html": html.text(verdict, plan, _evidence(folder)),
    }
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    return tuple(folder / name for name in texts)


def _evidence(folder: Path) -> list[str]:
    """What was collected, as paths relative to the run's folder."""
    found = (path for name in FOLDERS for path in (folder / name).rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found)
