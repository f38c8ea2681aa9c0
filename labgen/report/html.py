"""The verdict as one HTML file that needs nothing else."""

from __future__ import annotations

from html import escape
from io import StringIO

from rich.console import Console

from labgen.plan.model import LabPlan
from labgen.report import console
from labgen.verify.verdict import Verdict


def text(verdict: Verdict, plan: LabPlan) -> str:
    """A complete HTML document."""
    out = StringIO()
    console.render(verdict, plan, Console(file=out, width=110, no_color=True))
    return f"<!DOCTYPE html><meta charset=utf-8><title>{escape(verdict.scenario)}</title><pre>{escape(out.getvalue())}</pre>\n"
