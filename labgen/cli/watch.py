"""`labgen watch`."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from labgen.cli.options import say
from labgen.lab.find import find_or_only
from labgen.watch import terminal
from labgen.watch.observer import LabObserver
from labgen.watch.web import serve


def watch(folder: Path | None, web: bool, port: int, seconds: float | None) -> None:
    """Run `labgen watch`."""
    with LabObserver(find_or_only(folder)) as observer:
        if web:
            serve(observer, port, say)
        else:
            terminal.watch(observer, Console(), seconds, observer.newest)
