"""`labgen schema`: the published JSON Schemas."""

from __future__ import annotations

import click

from labgen.cli.deferred import DeferredCommand
from labgen.schemas import NAMES


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.schema:schema",
    epilog="\b\nExamples:\n  labgen schema > labgen-spec.schema.json\n  labgen schema verdict > labgen-verdict.schema.json",
)
@click.argument("name", type=click.Choice(NAMES), default="spec")
def schema() -> None:
    """Print the JSON Schema of what labgen reads or writes, for editors, CI and other programs.

    NAME is spec (the default), intent, playbook, plan (plan.json), verdict (verdict.json), analysis (`labgen analyze --format json`)
    or matrix (matrix.json).
    """
