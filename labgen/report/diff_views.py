"""A comparison of two runs for people: as a table on a terminal, and as a page."""

from __future__ import annotations

import json

from rich.console import Console
from rich.table import Table
from rich.text import Text

from labgen.report import html
from labgen.report.diff import Diff, Side

MOST = 40
"""Changes of a section on a terminal."""


def json_text(found: Diff) -> str:
    """The differences as indented JSON."""
    return json.dumps(found.to_json(), indent=2, ensure_ascii=False) + "\n"


def page(found: Diff) -> str:
    """A complete HTML document."""
    return html.render("report/diff.html.j2", found)


def render(found: Diff, console: Console, *, every: bool = False) -> None:
    """Sections with what changed, the most important first."""
    for name, side in (("before", found.before), ("after ", found.after)):
        console.print(Text(f"{name}  {_line(side)}"), soft_wrap=True)
    for section in found.sections:
        shown = section.changes if every else section.changes[:MOST]
        table = Table(
            box=None, pad_edge=False, title_justify="left", title=f"\n{section.title}", title_style="bold"
        )
        for heading in ("WHAT", "BEFORE", "AFTER"):
            table.add_column(heading, overflow="fold")
        for change in shown:
            table.add_row(
                Text(change.what),
                Text(change.before or "–"),
                Text(change.after or "–", "red" if change.worse else ""),
            )
        console.print(table)
        if len(shown) < len(section.changes):
            console.print(Text(f"and {len(section.changes) - len(shown)} more; -v shows all"))
    console.print(Text("\n" + conclusion(found)))


def conclusion(found: Diff) -> str:
    """The comparison in a sentence."""
    if not found.sections:
        return "SAME  nothing changed but the time it took"
    worse = sum(change.worse for section in found.sections for change in section.changes)
    if worse:
        return f"WORSE  {worse} check{'s' if worse > 1 else ''} passed before and {'do' if worse > 1 else 'does'} not any more"
    return "CHANGED  every check that passed before still passes"


def _line(side: Side) -> str:
    return f"{side.verdict.upper():10} {side.passed} of {side.planned} checks  {side.run}"
