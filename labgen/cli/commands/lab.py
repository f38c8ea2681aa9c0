"""Commands on running labs: down, status, exec, connect, logs, capture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from labgen.cli.deferred import DeferredCommand
from labgen.cli.names import DaemonName, LabFolder, NodeName, TapName
from labgen.cli.options import format_option

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


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.lab:down",
    epilog="\b\nExamples:\n  labgen down\n  labgen down labs/my-lab\n  labgen down --all",
)
@folder_argument
@click.option("--all", "every", is_flag=True, help="Every lab of this user that labgen started.")
@click.option(
    "--adopted", is_flag=True, help="Also a lab that was started by hand, with netlab or containerlab."
)
def down() -> None:
    """Stop the lab of DIR [default: the only running lab]; nothing of it remains."""


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.lab:status",
    epilog="\b\nExamples:\n  labgen status\n  labgen status labs/my-lab --format json",
)
@folder_argument
@format_option("table", "json")
def status() -> None:
    """Show running labs, their nodes and daemons; with DIR only the lab of that folder."""


@click.command(
    "exec",
    cls=DeferredCommand,
    work="labgen.cli.lab:exec_",
    context_settings={"ignore_unknown_options": True},
    epilog="\b\nExamples:\n  labgen exec sw1 -- ip route\n"
    "  labgen exec srv1 -- cat /var/lib/kea/kea-leases4.csv > leases.csv",
)
@lab_option
@click.argument("node", type=NodeName())
@click.argument("command", nargs=-1, type=click.UNPROCESSED, required=True)
def exec_() -> None:
    """Run COMMAND in NODE with this terminal's input and output; its exit status becomes labgen's."""


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.lab:connect",
    epilog="\b\nExamples:\n  labgen connect cl_a\n  labgen connect sw1 --cli\n  echo 'show version' | labgen connect sw1 --cli",
)
@lab_option
@click.argument("node", type=NodeName())
@click.option("--cli", "device_cli", is_flag=True, help="The device's own command line instead of a shell.")
def connect() -> None:
    """Open a shell in NODE; commands that come through a pipe are run, and labgen returns."""


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.lab:logs",
    epilog="\b\nExamples:\n  labgen logs srv1 kea-dhcp4\n  labgen logs sw1 -f",
)
@lab_option
@click.argument("node", type=NodeName())
@click.argument("daemon", required=False, type=DaemonName())
@click.option("-f", "--follow", is_flag=True, help="Go on printing what is added, until interrupted.")
def logs() -> None:
    """Print the logs of NODE's daemons, or of one DAEMON."""


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.lab:capture",
    epilog="\b\nExamples:\n  labgen capture sw1:eth1 | wireshark -k -i -\n  labgen capture cl_a -w cl_a.pcap",
)
@lab_option
@click.argument("tap", metavar="NODE[:IF]", type=TapName())
@click.option("-w", "--write", "target", metavar="FILE", default="-", help="Where to; `-` is stdout.")
def capture() -> None:
    """Stream packets of NODE as pcap, until interrupted.

    IF is an interface by its device or kernel name [default: the first data interface].
    """
