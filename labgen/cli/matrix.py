"""`labgen matrix`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from labgen.cli.options import say
from labgen.cli.terminal import console
from labgen.matrix import console as rendering
from labgen.matrix.axes import Combination, choose
from labgen.matrix.cell import Order
from labgen.matrix.console import progress
from labgen.matrix.model import Matrix, MatrixCell
from labgen.matrix.run import Listener, default_folder, run
from labgen.matrix.write import require_own, write
from labgen.spec.load import load
from labgen.verify import playbook


def matrix(
    spec: str,
    devices: tuple[tuple[str, str], ...],
    settings: tuple[str, ...],
    clients: tuple[str, ...],
    relays: tuple[str, ...],
    servers: tuple[str, ...],
    playbooks: tuple[str, ...],
    output: Path | None,
    force: bool,
    jobs: int,
    fail_fast: bool,
    form: str,
    verbose: bool,
) -> int:
    """Run `labgen matrix`; the exit code."""
    loaded = load(spec, dict(devices), settings)
    for name in playbooks:
        playbook.read(name)
    choice = choose(loaded.spec, devices, {"client": clients, "relay": relays, "server": servers})
    target = output or default_folder(loaded.spec.name)
    require_own(target)
    order = Order(spec, settings, playbooks, target, force)
    total = len(choice.combinations())
    say(f"running {loaded.spec.name} in {target}: combinations {total}, at a time {min(jobs, total)}")
    with _listening(total, verbose) as listener:
        found = run(choice, order, jobs=jobs, fail_fast=fail_fast, listener=listener)
    _show(found, write(found, target), form, verbose)
    return found.exit_code


def _show(found: Matrix, files: dict[str, Path], form: str, verbose: bool) -> None:
    if form in files:
        click.echo(files[form].read_text(encoding="utf-8"), nl=False)
        return
    rendering.render(found, console(), verbose=verbose)


@contextmanager
def _listening(total: int, verbose: bool) -> Iterator[Listener]:
    """One line a combination on stderr, below them a bar where somebody watches."""

    screen = console(sys.stderr)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("running", total=total)

        def ended(cell: MatrixCell) -> None:
            progress(cell, screen)
            bar.advance(task)

        def report(combination: Combination, text: str) -> None:
            if verbose:
                say(f"{combination.folder}: {text}")

        yield Listener(ended, report)
