"""`labgen diff`."""

from __future__ import annotations

import click

from labgen.cli.deferred import DeferredCommand
from labgen.cli.names import RunFolder
from labgen.cli.options import format_option


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.diff:diff",
    epilog="\b\nExamples:\n  labgen diff labs/my-lab                                  its last two runs of the same playbooks\n"
    "  labgen diff 20260101T120000Z-renew 20260101T130000Z-renew\n  labgen diff OLD NEW --format html > diff.html\n\n"
    "\b\nExit codes: 0 nothing got worse; 1 a check that passed before does not any more; 2 there is no such run.",
)
@click.argument("before", metavar="RUN|LAB", type=RunFolder())
@click.argument("after", metavar="[RUN]", required=False, type=RunFolder())
@format_option("table", "json", "html")
@click.option("-v", "--verbose", is_flag=True, help="Every change, however many.")
def diff() -> None:
    """Say what changed between two runs: verdicts, leases, legs of exchanges, findings, configuration, versions, times."""
