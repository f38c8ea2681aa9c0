"""The command that judges stored evidence."""

from __future__ import annotations

from pathlib import Path

import click

from labgen.cli.commands.run import bundle_option, verbose_option, verdict_format_option
from labgen.cli.deferred import DeferredCommand


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.judge:judge",
    epilog="\b\nExamples:\n  labgen judge labs/my-lab/runs/20260101T120000Z-acquire\n  labgen judge RUN --format json",
)
@click.argument("run", type=click.Path(path_type=Path, file_okay=False))
@verdict_format_option
@verbose_option
@bundle_option
def judge() -> None:
    """Judge the stored evidence of RUN again, without a lab: the folder of one run below `runs/` of a lab folder.

    The verdict is the one of the run, with newer checks where there are any. The reports in the folder are written anew.
    """
