"""The verdict as one HTML file that needs nothing else: no network, no fonts, no scripts to be read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from labgen.ground import resources
from labgen.ground.labplan import LabPlan
from labgen.report import places
from labgen.report.page import page
from labgen.verify.verdict import Verdict


def text(verdict: Verdict, plan: LabPlan, files: Sequence[str] = ()) -> str:
    """A complete HTML document. `files` are paths below the run's folder, which the page links relative to itself.
    Everything that nodes said is escaped.
    """
    return render("report/report.html.j2", page(verdict, plan, files))


def render(template: str, content: object) -> str:
    """A page template with what it calls `page`; whatever it prints is escaped."""
    return _environment(resources.templates()).get_template(template).render(page=content)


@cache
def _environment(folder: Path) -> Environment:
    """Other than for device configurations, whatever a template prints is escaped."""
    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=True,
        auto_reload=False,
    )
    environment.filters["proofs"] = places.of_proofs
    environment.filters["evidence"] = places.of_evidence
    return environment
