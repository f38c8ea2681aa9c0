"""`labgen matrix`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from labgen.cli.commands.run import verdict_format_option
from labgen.cli.deferred import DeferredCommand, imported
from labgen.cli.names import PlaybookName, starting
from labgen.cli.options import folder_options, spec_options
from labgen.cli.patience import patience_option

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
        before, comma, _ = incomplete.rpartition(",")
        known = (*imported("labgen.matrix.axes:choices")(self._axis), imported("labgen.matrix.axes:ALL"))
        names = [name for name in known if name not in before.split(",")]
        return starting((f"{before}{comma}{name}" for name in names), incomplete)


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


@click.command(cls=DeferredCommand, work="labgen.cli.matrix:matrix", epilog=_EPILOG)
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
@folder_options("Matrix folder [default: labs/NAME-matrix].")
@click.option(
    "--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Labs that run at a time."
)
@click.option("--fail-fast", is_flag=True, help="Start none after a combination failed or could not be run.")
@verdict_format_option
@click.option(
    "-v", "--verbose", is_flag=True, help="What every lab does, informative findings, known limits."
)
def matrix() -> None:
    """Run SPEC over every client, relay and server, each combination as an embedded lab of its own, and print which work.

    A combination labgen does not build (a device lacks what the spec asks for) is told as refused, with the reason.
    """
