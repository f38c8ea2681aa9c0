"""`labgen doctor`."""

from __future__ import annotations

import click

from labgen.cli.deferred import DeferredCommand
from labgen.cli.options import format_option


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.doctor:doctor",
    epilog="\b\nExamples:\n  labgen doctor\n  labgen doctor --format json",
)
@format_option("table", "json")
def doctor() -> None:
    """Say what this machine can run, what is missing, and the command that installs it."""
