"""The reports of a run as files beside its evidence."""

from __future__ import annotations

from pathlib import Path

from labgen.plan.model import LabPlan
from labgen.report import html, json_, junit
from labgen.verify.verdict import Verdict


def write(verdict: Verdict, plan: LabPlan, folder: Path) -> tuple[Path, ...]:
    """Write verdict.json, junit.xml and report.html into the run's folder; their paths, in this order. Raises OSError
    when the folder cannot be written.
    """
    texts = {
        "verdict.json": json_.text(verdict),
        "junit.xml": junit.text(verdict),
        "report.html": html.text(verdict, plan),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return tuple(folder / name for name in texts)
