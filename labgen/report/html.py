"""The verdict as one HTML file that needs nothing else: no network, no fonts, no scripts to be read."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from labgen.ground import resources
from labgen.ground.labplan import LabPlan
from labgen.ground.template_cache import template_cache
from labgen.report import places
from labgen.report.history import Summary
from labgen.report.page import Page, page
from labgen.verify.evidence import RunEvidence
from labgen.verify.verdict import Verdict

SCRIPT = "report/report.js"


class InlineFile(Protocol):
    """A file inside a page."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def href(self) -> str: ...


def text(
    verdict: Verdict,
    plan: LabPlan,
    files: Sequence[str] = (),
    run: RunEvidence | None = None,
    earlier: Sequence[Summary] = (),
    attached: Mapping[str, InlineFile] | None = None,
) -> str:
    """A complete HTML document. `files` are paths below the run's folder, which the page links relative to itself; `run` is what
    the run wrote down, `earlier` the runs before it. With `attached` files the page links nothing outside itself. Everything that
    nodes said is escaped.
    """
    return document(page(verdict, plan, files, run, earlier), attached)


def document(shown: Page, attached: Mapping[str, InlineFile] | None = None) -> str:
    """A page laid out."""
    return render("report/report.html.j2", _alone(shown) if attached else shown, attached or {})


def _alone(shown: Page) -> Page:
    """A page that is sent without what lies beside it."""
    answers = tuple(replace(a, href="") if a.href.startswith("../") else a for a in shown.answers)
    return replace(shown, listed=False, answers=answers)


def render(
    template: str,
    content: object,
    attached: Mapping[str, InlineFile] = MappingProxyType({}),
    *,
    program: str = SCRIPT,
    connect: str = "'none'",
) -> str:
    """A page template with what it calls `page`; whatever it prints is escaped. Only `program` may run in it, and only with what
    `connect` says may it talk (CSP connect-src).
    """
    script = (resources.templates() / program).read_text(encoding="utf-8")
    digest = b64encode(sha256(script.encode()).digest()).decode()
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"connect-src {connect}; script-src 'sha256-{digest}'"
    )
    return (
        _environment(resources.templates())
        .get_template(template)
        .render(page=content, script=Markup(script), policy=policy, attached=attached)
    )


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
        bytecode_cache=template_cache(),
    )
    environment.filters["proofs"] = places.of_proofs
    environment.filters["evidence"] = places.of_evidence
    return environment
