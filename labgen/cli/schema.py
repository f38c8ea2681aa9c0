"""`labgen schema`: the published JSON Schemas."""

from __future__ import annotations

import json

import click

from labgen.schemas.published import document


def schema(name: str) -> None:
    """Run `labgen schema`."""
    click.echo(json.dumps(document(name), indent=2))
