"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from labgen.cli.deferred import imported
from labgen.cli.names import starting

F = TypeVar("F", bound=Callable[..., Any])


class SpecName(click.ParamType[str]):
    """A spec file or the name of a scenario."""

    name = "spec"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        names = imported("labgen.ground.resources:scenario_files")()
        return [*starting(names, incomplete), CompletionItem(incomplete, type="file")]


class DeviceChoice(click.ParamType[tuple[str, str]]):
    """ROLE=DEVICE or NODE=DEVICE."""

    name = "role=device"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        who, equals, device = str(value).partition("=")
        if not (who and equals and device):
            self.fail(f"`{value}`: expected ROLE=DEVICE or NODE=DEVICE, such as switch=eos", param, ctx)
        return who, device

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        who, equals, _ = incomplete.partition("=")
        if not equals:
            return starting(("switch=", "server=", "client="), who)
        names = imported("labgen.devices.registry:everything")()
        return starting((f"{who}={name}" for name in names), incomplete)


class Seconds(click.ParamType[int]):
    """A time: seconds, or 90s, 15m, 12h, 1d."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        number, unit = (value[:-1], value[-1:]) if value[-1:] in "smhd" else (value, "s")
        if not (number.isascii() and number.isdigit()):
            self.fail(f"`{value}` is not a time: write 90s, 15m, 12h or 1d", param, ctx)
        return int(number) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit or "s"]


def format_option(*forms: str, says: str | None = None) -> Callable[[F], F]:
    """--format, of which the first form is what a reader gets who asks for none; `says` is its help."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(forms),
        default=forms[0],
        show_default=True,
        help=says,
    )


def folder_options(says: str) -> Callable[[F], F]:
    """--output and --force of a command that writes a folder; `says` is the help of --output."""

    def decorate(command: F) -> F:
        command = click.option("--force", is_flag=True, help="Overwrite generated files that were edited.")(
            command
        )
        return click.option(
            "-o",
            "--output",
            type=click.Path(path_type=Path, file_okay=False),
            help=says,
        )(command)

    return decorate


def spec_options(command: F) -> F:
    """SPEC, --device and --set."""
    for decorate in (
        click.option(
            "--set",
            "settings",
            multiple=True,
            metavar="PATH=VALUE",
            help="Override one value of the spec, by dotted path.",
        ),
        click.option(
            "--device",
            "devices",
            multiple=True,
            type=DeviceChoice(),
            metavar="ROLE=DEVICE",
            help="Device of a role or of one node.",
        ),
        click.argument("spec", type=SpecName()),
    ):
        command = decorate(command)
    return command


def say(text: str) -> None:
    """One line of progress on stderr."""
    click.echo(text, err=True)
