"""Commands on running labs: down, status, exec, connect, logs, capture."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

import click

from labgen.cli import status as view
from labgen.cli.streams import follow_files, print_files
from labgen.devices import registry
from labgen.ground.errors import UsageError
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.writing import writing
from labgen.lab import find
from labgen.lab.find import find_or_only
from labgen.lab.provider import JudgedInside


def down(folder: Path | None, every: bool, adopted: bool) -> None:
    """Run `labgen down`."""
    if every and (folder or adopted):
        raise click.UsageError("name a folder or say --all, not both; --adopted belongs to a folder")
    if every:
        count = find.end_all()
        click.echo(f"{count} lab{'s' if count != 1 else ''} stopped", err=True)
        return
    target = folder or find.find_or_only(None).folder
    find.end(target, adopted=adopted)
    click.echo(f"{target} is down", err=True)


def status(folder: Path | None, form: str) -> None:
    """Run `labgen status`."""
    found = (find.find(folder).status(),) if folder else find.running()
    if form == "json":
        click.echo(view.to_json(found))
    elif found:
        view.render(found)
    else:
        click.echo("no lab is running; start one with `labgen up SPEC`", err=True)


def exec_(folder: Path | None, node: str, command: tuple[str, ...]) -> int:
    """Run `labgen exec`; the exit code."""
    return find_or_only(folder).attached(node, command)


def connect(folder: Path | None, node: str, device_cli: bool) -> int:
    """Run `labgen connect`; the exit code."""
    lab = find_or_only(folder)
    program = _device_cli(_node(lab.plan, node)) if device_cli else _SHELL
    typed = sys.stdin.isatty() or isinstance(lab, JudgedInside)
    return lab.interactive(node, program) if typed else lab.attached(node, program)


_SHELL = ("/bin/sh", "-c", "command -v bash >/dev/null && exec bash -l; exec sh -l")


def _node(plan: LabPlan, name: str) -> NodePlan:
    if name not in plan.by_name:
        raise UsageError(f"no node {name}; the lab has {', '.join(plan.by_name)}")
    return plan.node(name)


def _device_cli(node: NodePlan) -> tuple[str, ...]:
    facts = registry.get(node.device).facts
    if not facts.cli:
        raise UsageError(f"{node.name}: {facts.title} has no command line but the shell; leave --cli out")
    return facts.cli


def logs(folder: Path | None, node: str, daemon: str | None, follow: bool) -> None:
    """Run `labgen logs`."""
    with ExitStack() as stack:
        files = [stack.enter_context(file) for file in find_or_only(folder).logs(node, daemon)]
        print_files(files)
        if follow:
            follow_files(files)


def capture(folder: Path | None, tap: str, target: str) -> int:
    """Run `labgen capture`; the exit code."""
    if target == "-" and sys.stdout.isatty():
        raise click.UsageError(
            f"that would be binary on a terminal; try `labgen capture {tap} | wireshark -k -i -`"
        )
    lab = find_or_only(folder)
    node, interface = _tap(lab.plan, tap)
    if target == "-":
        return lab.capture(node, interface, sys.stdout.fileno())
    with writing(Path(target)), Path(target).open("wb") as stream:
        return lab.capture(node, interface, stream.fileno())


def _tap(plan: LabPlan, tap: str) -> tuple[str, str]:
    name, _, interface = tap.partition(":")
    node = _node(plan, name)
    if not interface:
        return name, node.interfaces[0].linux
    try:
        return name, node.interface(interface).linux
    except KeyError:
        known = ", ".join(each.name for each in node.interfaces)
        raise UsageError(f"{name} has no interface {interface}; it has {known}") from None
