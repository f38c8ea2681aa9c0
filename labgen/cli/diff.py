"""`labgen diff`."""

from __future__ import annotations

from pathlib import Path

import click

from labgen.cli.terminal import console
from labgen.report import diff as comparing
from labgen.report import diff_views as views


def diff(before: Path, after: Path | None, form: str, verbose: bool) -> int:
    """Run `labgen diff`; the exit code."""
    pair = (comparing.find(before), comparing.find(after)) if after else comparing.newest_two(before)
    found = comparing.diff(*pair)
    if form == "table":
        views.render(found, console(), every=verbose)
    else:
        click.echo({"json": views.json_text, "html": views.page}[form](found), nl=False)
    return 1 if found.worse else 0
