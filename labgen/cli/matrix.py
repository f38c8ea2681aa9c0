"""`labgen matrix`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from labgen.cli.deferred import deferring
from labgen.cli.names import PlaybookName
from labgen.cli.options import say, spec_options
from labgen.cli.patience import patience_option
from labgen.cli.run import PIPED_WIDTH, format_option

with deferring():
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from labgen.matrix import axes, console
    from labgen.matrix.axes import Combination, choices, choose
    from labgen.matrix.cell import Order
    from labgen.matrix.console import progress
    from labgen.matrix.model import Matrix, MatrixCell
    from labgen.matrix.run import Listener, default_folder, run
    from labgen.matrix.write import require_own, write
    from labgen.spec.load import load
    from labgen.verify import playbook

F = TypeVar("F", bound=Callable[..., Any])

_EPILOG = """\b
Examples:
  labgen matrix relay --client all --relay all --server all
  labgen matrix evpn-redundant-server --client dhclient,udhcpc --server kea,kea-plain
  labgen matrix my.yml --server all --playbook acquire --playbook renew --format html > matrix.html
  labgen matrix evpn-redundant-server --server all --device srv2=kea

\b
Exit codes: 0 every combination that was built passed; 1 one failed; 2 usage or invalid spec; 3 one could not be run;
4 one is incomplete, or none ran; 130 interrupted.
"""


class DeviceList(click.ParamType[str]):
    """Devices of one axis, comma separated, or `all`."""

    name = "devices"

    def __init__(self, axis: str) -> None:
        self._axis = axis

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        before, comma, start = incomplete.rpartition(",")
        names = [name for name in (*choices(self._axis), axes.ALL) if name not in before.split(",")]
        return [CompletionItem(f"{before}{comma}{name}") for name in names if name.startswith(start)]


def _axis_options(command: F) -> F:
    """--client, --relay, --server."""
    what = {
        "server": "Servers to try",
        "relay": "Relays to try on the switches that relay",
        "client": "Clients to try",
    }
    for axis, text in what.items():
        command = click.option(
            f"--{axis}",
            f"{axis}s",
            multiple=True,
            type=DeviceList(axis),
            metavar="NAME,...",
            help=f"{text}, comma separated or repeated; `all` [default: the spec's].",
        )(command)
    return command


@click.command(epilog=_EPILOG)
@spec_options
@patience_option
@_axis_options
@click.option(
    "--playbook",
    "playbooks",
    multiple=True,
    type=PlaybookName(),
    metavar="NAME",
    default=("acquire",),
    show_default=True,
    help="Playbook to judge by; repeatable.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Matrix folder [default: labs/NAME-matrix].",
)
@click.option("--force", is_flag=True, help="Overwrite generated files that were edited.")
@click.option(
    "--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Labs that run at a time."
)
@click.option("--fail-fast", is_flag=True, help="Start none after a combination failed or could not be run.")
@format_option
@click.option(
    "-v", "--verbose", is_flag=True, help="What every lab does, informative findings, known limits."
)
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
    """Run SPEC over every client, relay and server, each combination as an embedded lab of its own, and print which work.

    A combination labgen does not build (a device lacks what the spec asks for) is told as refused, with the reason.
    """
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
    console.render(found, _console(sys.stdout), verbose=verbose)


def _console(stream: Any) -> Console:
    known = stream.isatty() or "COLUMNS" in os.environ
    return Console(file=stream, width=None if known else PIPED_WIDTH)


@contextmanager
def _listening(total: int, verbose: bool) -> Iterator[Listener]:
    """One line a combination on stderr, below them a bar where somebody watches."""

    screen = _console(sys.stderr)
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

        def told(combination: Combination, text: str) -> None:
            if verbose:
                say(f"{combination.folder}: {text}")

        yield Listener(ended, told)
