"""`labgen doctor`."""

from __future__ import annotations

import click

from labgen.cli.deferred import DeferredCommand


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.doctor:doctor",
    epilog="\b\nExamples:\n  labgen doctor\n  labgen doctor --format json",
)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def doctor() -> None:
    """Say what this machine can run, what is missing, and the command that installs it."""
