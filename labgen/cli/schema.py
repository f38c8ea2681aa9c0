"""`labgen schema`: the published JSON Schemas."""

from __future__ import annotations

import json

import click

from labgen.cli.deferred import deferring
from labgen.schemas import NAMES

with deferring():
    from labgen.schemas.published import document


@click.command(
    epilog="\b\nExamples:\n  labgen schema > labgen-spec.schema.json\n  labgen schema verdict > labgen-verdict.schema.json"
)
@click.argument("name", type=click.Choice(NAMES), default="spec")
def schema(name: str) -> None:
    """Print the JSON Schema of what labgen reads or writes, for editors, CI and other programs.

    NAME is spec (the default), playbook, plan (plan.json), verdict (verdict.json), analysis (`labgen analyze --format json`) or matrix
    (matrix.json).
    """
    click.echo(json.dumps(document(name), indent=2))
