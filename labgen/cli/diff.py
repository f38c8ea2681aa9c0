"""`labgen diff`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from labgen.cli.deferred import deferring
from labgen.cli.names import RunFolder
from labgen.cli.run import PIPED_WIDTH

with deferring():
    from rich.console import Console

    from labgen.report import diff as comparing
    from labgen.report import diff_views as views


@click.command(
    epilog="\b\nExamples:\n  labgen diff labs/my-lab                                  its last two runs of the same playbooks\n"
    "  labgen diff 20260101T120000Z-renew 20260101T130000Z-renew\n  labgen diff OLD NEW --format html > diff.html\n\n"
    "\b\nExit codes: 0 nothing got worse; 1 a check that passed before does not any more; 2 there is no such run."
)
@click.argument("before", metavar="RUN|LAB", type=RunFolder())
@click.argument("after", metavar="[RUN]", required=False, type=RunFolder())
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "html"]), default="table", show_default=True
)
@click.option("-v", "--verbose", is_flag=True, help="Every change, however many.")
def diff(before: Path, after: Path | None, form: str, verbose: bool) -> int:
    """Say what changed between two runs: verdicts, leases, legs of exchanges, findings, configuration, versions, times."""

    pair = (comparing.find(before), comparing.find(after)) if after else comparing.newest_two(before)
    found = comparing.diff(*pair)
    if form == "table":
        known = sys.stdout.isatty() or "COLUMNS" in os.environ
        views.render(found, Console(width=None if known else PIPED_WIDTH), every=verbose)
    else:
        click.echo({"json": views.json_text, "html": views.page}[form](found), nl=False)
    return 1 if found.worse else 0
