"""`labgen watch`."""

from __future__ import annotations

from pathlib import Path

import click

from labgen.cli.deferred import deferring
from labgen.cli.names import LabFolder
from labgen.cli.options import say

with deferring():
    from rich.console import Console

    from labgen.lab.find import find_or_only
    from labgen.watch import terminal
    from labgen.watch.observer import LabObserver
    from labgen.watch.web import serve


@click.command(
    epilog="\b\nExamples:\n  labgen watch\n  labgen watch labs/my-lab --web\n  labgen watch --for 60 > exchanges.txt\n\n"
    "What is broken with the buttons of the page is put right when labgen ends."
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
def watch(folder: Path | None, web: bool, port: int, seconds: float | None) -> None:
    """Show exchanges, leases and bindings of a running lab as they happen [default: the only running lab]."""

    with LabObserver(find_or_only(folder)) as observer:
        if web:
            serve(observer, port, say)
        else:
            terminal.watch(observer, Console(), seconds, observer.newest)
