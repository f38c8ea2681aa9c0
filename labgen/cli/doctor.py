"""`labgen doctor`."""

from __future__ import annotations

import json
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from labgen.lab.doctor import Item, Report, examine, unknown_system

SCHEMA = "labgen/doctor/1"
_MARKS = {"ok": "[green]ok[/green]", "missing": "[red]missing[/red]", "optional": "[yellow]absent[/yellow]"}


def doctor(form: str) -> int:
    """Run `labgen doctor`; the exit code."""
    report = examine()
    if form == "json":
        click.echo(_json(report))
    else:
        _table(report)
    return 0 if report.embedded else 3


def _json(report: Report) -> str:
    items = [asdict(item) for item in report.items]
    value = {"schema": SCHEMA, "embedded": report.embedded, "install": report.install, "items": items}
    return json.dumps(value, indent=2)


def _table(report: Report) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "AREA", "NAME", "DETAIL"):
        table.add_column(heading, overflow="fold")
    for item in report.items:
        table.add_row(_MARKS[item.state], item.area, item.name, _detail(item))
    console = Console()
    console.print(table)
    console.print(_conclusion(report), highlight=False, soft_wrap=True)


def _detail(item: Item) -> str:
    return f"{item.detail}; {item.remedy}" if item.remedy and item.state != "ok" else item.detail


def _conclusion(report: Report) -> str:
    able = "can" if report.embedded else "cannot"
    lines = [f"\nThis machine {able} run the embedded lab."]
    if report.install:
        lines.append(f"Install what is missing: {report.install}")
        other = unknown_system()
        if other:
            lines.append(
                f"These are the names on Debian 12 and 13 and Ubuntu 24.04; {other} may have others."
            )
    return "\n".join(lines)
