"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., Any])


class SpecName(click.ParamType[str]):
    """A spec file or the name of a scenario."""

    name = "spec"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from labgen.ground import resources

        return [
            CompletionItem(name) for name in resources.scenario_files() if name.startswith(incomplete)
        ] + [CompletionItem(incomplete, type="file")]


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
        from labgen.devices import registry

        who, equals, start = incomplete.partition("=")
        if not equals:
            return [
                CompletionItem(f"{role}=") for role in ("switch", "server", "client") if role.startswith(who)
            ]
        return [CompletionItem(f"{who}={name}") for name in registry.everything() if name.startswith(start)]


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


def patience_option(command: F) -> F:
    """--patience: how long to wait for a slow machine, for this process and those it starts."""
    return click.option(
        "--patience",
        type=click.FloatRange(min=1, max=100),
        default=1.0,
        show_default=True,
        metavar="FACTOR",
        callback=_be_patient,
        expose_value=False,
        help="Wait this many times longer, beside what this machine is measured to need.",
    )(command)


def _be_patient(context: click.Context, parameter: click.Parameter, asked: float) -> None:
    """Set the factor where nobody has set it; a factor in the environment is taken as it is."""
    import os

    from labgen.lab.deadline import PATIENCE
    from labgen.lab.slowness import slowness

    if context.resilient_parsing:
        return
    known = os.environ.get(PATIENCE)
    factor = asked if known is not None else asked * slowness()
    if known is not None and asked == 1:
        return
    if factor > 1:
        say(f"waiting up to {factor:.1f} times as long as usual")
    os.environ[PATIENCE] = str(factor)
    context.call_on_close(lambda: _restore(PATIENCE, known))


def _restore(name: str, value: str | None) -> None:
    """Leave the environment as it was before a command, for who calls several in one process."""
    import os

    os.environ.pop(name, None)
    if value is not None:
        os.environ[name] = value


def say(text: str) -> None:
    """One line of progress on stderr."""
    click.echo(text, err=True)
