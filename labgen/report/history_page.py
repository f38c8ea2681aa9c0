"""The runs of a lab on one page, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from labgen.ground.labplan import LabPlan
from labgen.report import html
from labgen.report.history import Summary, playbooks


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run; `changed`: its verdict is another than that of the run of the same playbooks before it, or its plan is."""

    line: Summary
    href: str
    playbooks: str
    changed: str


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """The contents of the page of a lab's runs."""

    scenario: str
    summary: str
    conclusion: str
    runs: tuple[RunLine, ...]


def text(plan: LabPlan, lines: Sequence[Summary]) -> str:
    """A complete HTML document; `lines` are oldest first."""
    found: list[RunLine] = []
    last: dict[str, Summary] = {}
    for line in lines:
        title = playbooks(line.run)
        before = last.get(title)
        found.append(
            RunLine(line, f"{quote(line.run)}/report.html", title.replace("+", " + "), _changed(before, line))
        )
        last[title] = line
    newest = lines[-1].verdict.value if lines else "incomplete"
    return html.render(
        "report/history.html.j2", HistoryPage(plan.name, plan.summary, newest, tuple(reversed(found)))
    )


def _changed(before: Summary | None, line: Summary) -> str:
    if before is None:
        return "first"
    words = []
    if before.verdict is not line.verdict:
        words.append(f"was {before.verdict.value.upper()}")
    if before.plan != line.plan:
        words.append("plan changed")
    if before.labgen != line.labgen:
        words.append(f"labgen was {before.labgen}")
    return ", ".join(words)
