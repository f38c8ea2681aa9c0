"""`labgen compile`: the reading of captures, compiled."""

from __future__ import annotations

import click

from labgen.dhcp.scan_build import compile_scanner


def compile_reading() -> None:
    """What `labgen compile` does."""
    click.echo(f"compiled: {compile_scanner()}; labgen reads captures with it from now on")
