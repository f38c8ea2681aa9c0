"""Commands on running labs: down, status, exec, connect, logs, capture."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import click

from labgen.cli import status as view
from labgen.cli.deferred import deferring
from labgen.cli.names import DaemonName, LabFolder, NodeName, TapName
from labgen.cli.streams import follow_files, print_files
from labgen.ground.errors import UsageError
from labgen.ground.writing import writing

with deferring():
    from labgen.devices import registry
    from labgen.lab import find
    from labgen.lab.find import find_or_only

F = TypeVar("F", bound=Callable[..., Any])

folder_argument = click.argument("folder", metavar="[DIR]", required=False, type=LabFolder())


def lab_option(command: F) -> F:
    """--lab DIR."""
    return click.option(
        "--lab",
        "folder",
        metavar="DIR",
        type=LabFolder(),
        help="Lab folder [default: the only running lab, else the current folder].",
    )(command)


@click.command(epilog="\b\nExamples:\n  labgen down\n  labgen down labs/my-lab\n  labgen down --all")
@folder_argument
@click.option("--all", "every", is_flag=True, help="Every lab of this user that labgen started.")
@click.option(
    "--adopted", is_flag=True, help="Also a lab that was started by hand, with netlab or containerlab."
)
def down(folder: Path | None, every: bool, adopted: bool) -> None:
    """Stop the lab of DIR [default: the only running lab]; nothing of it remains."""
    if every and (folder or adopted):
        raise click.UsageError("name a folder or say --all, not both; --adopted belongs to a folder")
    if every:
        count = find.end_all()
        click.echo(f"{count} lab{'s' if count != 1 else ''} stopped", err=True)
        return
    target = folder or find.find_or_only(None).folder
    find.end(target, adopted=adopted)
    click.echo(f"{target} is down", err=True)


@click.command(epilog="\b\nExamples:\n  labgen status\n  labgen status labs/my-lab --format json")
@folder_argument
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def status(folder: Path | None, form: str) -> None:
    """Show running labs, their nodes and daemons; with DIR only the lab of that folder."""
    found = (find.find(folder).status(),) if folder else find.running()
    if form == "json":
        click.echo(view.to_json(found))
    elif found:
        view.render(found)
    else:
        click.echo("no lab is running; start one with `labgen up SPEC`", err=True)


@click.command(
    "exec",
    context_settings={"ignore_unknown_options": True},
    epilog="\b\nExamples:\n  labgen exec sw1 -- ip route\n"
    "  labgen exec srv1 -- cat /var/lib/kea/kea-leases4.csv > leases.csv",
)
@lab_option
@click.argument("node", type=NodeName())
@click.argument("command", nargs=-1, type=click.UNPROCESSED, required=True)
def exec_(folder: Path | None, node: str, command: tuple[str, ...]) -> int:
    """Run COMMAND in NODE with this terminal's input and output; its exit status becomes labgen's."""
    return find_or_only(folder).attached(node, command)


@click.command(
    epilog="\b\nExamples:\n  labgen connect cl_a\n  labgen connect sw1 --cli\n  echo 'show version' | labgen connect sw1 --cli"
)
@lab_option
@click.argument("node", type=NodeName())
@click.option("--cli", "device_cli", is_flag=True, help="The device's own command line instead of a shell.")
def connect(folder: Path | None, node: str, device_cli: bool) -> int:
    """Open a shell in NODE; commands that come through a pipe are run, and labgen returns."""
    lab = find_or_only(folder)
    program = _device_cli(lab.plan, node) if device_cli else _SHELL
    return lab.interactive(node, program) if sys.stdin.isatty() else lab.attached(node, program)


_SHELL = ("/bin/sh", "-c", "command -v bash >/dev/null && exec bash -l; exec sh -l")


def _device_cli(plan: Any, node: str) -> tuple[str, ...]:
    if node not in plan.by_name:
        raise UsageError(f"no node {node}; the lab has {', '.join(plan.by_name)}")
    facts = registry.get(plan.node(node).device).facts
    if not facts.cli:
        raise UsageError(f"{node}: {facts.title} has no command line but the shell; leave --cli out")
    return facts.cli


@click.command(epilog="\b\nExamples:\n  labgen logs srv1 kea-dhcp4\n  labgen logs sw1 -f")
@lab_option
@click.argument("node", type=NodeName())
@click.argument("daemon", required=False, type=DaemonName())
@click.option("-f", "--follow", is_flag=True, help="Go on printing what is added, until interrupted.")
def logs(folder: Path | None, node: str, daemon: str | None, follow: bool) -> None:
    """Print the logs of NODE's daemons, or of one DAEMON."""
    with ExitStack() as stack:
        files = [stack.enter_context(file) for file in find_or_only(folder).logs(node, daemon)]
        print_files(files)
        if follow:
            follow_files(files)


@click.command(
    epilog="\b\nExamples:\n  labgen capture sw1:eth1 | wireshark -k -i -\n  labgen capture cl_a -w cl_a.pcap"
)
@lab_option
@click.argument("tap", metavar="NODE[:IF]", type=TapName())
@click.option("-w", "--write", "target", metavar="FILE", default="-", help="Where to; `-` is stdout.")
def capture(folder: Path | None, tap: str, target: str) -> int:
    """Stream packets of NODE as pcap, until interrupted.

    IF is an interface by its device or kernel name [default: the first data interface].
    """
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


def _tap(plan: Any, tap: str) -> tuple[str, str]:
    name, _, interface = tap.partition(":")
    if name not in plan.by_name:
        raise UsageError(f"no node {name}; the lab has {', '.join(plan.by_name)}")
    node = plan.node(name)
    if not interface:
        return name, node.interfaces[0].linux
    try:
        return name, node.interface(interface).linux
    except KeyError:
        known = ", ".join(each.name for each in node.interfaces)
        raise UsageError(f"{name} has no interface {interface}; it has {known}") from None
