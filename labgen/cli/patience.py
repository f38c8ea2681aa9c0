"""`--patience`, for commands that start labs or wait for them."""

from __future__ import annotations

import math
import os

import click

from labgen.cli.options import F, say
from labgen.lab import slowness
from labgen.lab.deadline import MOST_PATIENCE, PATIENCE


def patience_option(command: F) -> F:
    """--patience: how long to wait for a slow machine, for this process and those it starts."""
    return click.option(
        "--patience",
        type=click.FloatRange(min=1, max=MOST_PATIENCE),
        default=1.0,
        show_default=True,
        metavar="FACTOR",
        callback=_be_patient,
        expose_value=False,
        help="Wait this many times longer, beside what this machine is measured to need.",
    )(command)


def _be_patient(context: click.Context, parameter: click.Parameter, asked: float) -> None:
    """Set the factor where nobody has set it; a factor in the environment is taken as it is."""

    if context.resilient_parsing:
        return
    if not math.isfinite(asked):
        raise click.BadParameter("a number from 1 to 100 is needed")
    known = os.environ.get(PATIENCE)
    factor = asked if known is not None else asked * slowness.slowness()
    if known is not None and asked == 1:
        return
    if factor > 1:
        say(f"waiting up to {factor:.1f} times as long as usual: {_why(asked)}")
    os.environ[PATIENCE] = str(factor)
    context.call_on_close(lambda: _restore(PATIENCE, known))


def _why(asked: float) -> str:
    return "as --patience says" if asked > 1 else "this machine is busy, or slow"


def _restore(name: str, value: str | None) -> None:
    """Leave the environment as it was before a command, for who calls several in one process."""
    os.environ.pop(name, None)
    if value is not None:
        os.environ[name] = value
