"""`labgen watch`."""

from __future__ import annotations

import click

from labgen.cli.deferred import DeferredCommand
from labgen.cli.names import LabFolder


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.watch:watch",
    epilog="\b\nExamples:\n  labgen watch\n  labgen watch labs/my-lab --web\n  labgen watch --for 60 > exchanges.txt\n\n"
    "What is broken with the buttons of the page is put right when labgen ends.",
)
@click.argument("folder", metavar="[LAB]", required=False, type=LabFolder())
@click.option(
    "--web",
    is_flag=True,
    help="A page of this machine, with a token in its address, and buttons for what playbooks do.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port of the page [default: any that is free]."
)
@click.option("--for", "seconds", metavar="SECONDS", type=float, help="End by itself after this time.")
def watch() -> None:
    """Show exchanges, leases and bindings of a running lab as they happen [default: the only running lab]."""
