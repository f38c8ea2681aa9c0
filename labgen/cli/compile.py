"""The reading of captures, compiled: by `labgen compile` for all, or by itself for who reads a large capture."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import click

from labgen.dhcp.pcap import is_capture
from labgen.dhcp.scan import compiled, kept_library
from labgen.dhcp.scan_build import compile_scanner
from labgen.ground.errors import InfrastructureError

WORTH_IT = 16 * 1024 * 1024
"""Octets of captures from which on compiling takes less time than it saves: a second."""
OPT_OUT = "LABGEN_COMPILE"


def compile_reading() -> None:
    """Run `labgen compile`."""
    click.echo(f"compiled: {compile_scanner()}; labgen reads captures with it from now on")


def compile_if_worth_it(files: Iterable[str]) -> None:
    """Compile the reading of captures into the caller's caches, once, where so much is to be read that it pays. Where that cannot be
    done, captures are read in Python, which takes longer and says the same.
    """
    if (
        os.environ.get(OPT_OUT, "").lower() in ("0", "no", "false", "off")
        or sum(map(_captured, files)) < WORTH_IT
    ):
        return
    if compiled() is not None or (target := kept_library()) is None:
        return
    with suppress(InfrastructureError):
        compile_scanner(target)
        for older in target.parent.glob(f"_scan.*.{target.name.split('.', 2)[2]}"):
            if older != target:
                older.unlink(missing_ok=True)
        click.echo(f"compiled the reading of captures, once ({OPT_OUT}=no: never): {target}", err=True)


def _captured(file: str) -> int:
    """Octets of a capture; 0 for what is none, or no file."""
    path = Path(file)
    try:
        if not path.is_file():
            return 0
        with path.open("rb") as stream:
            return path.stat().st_size if is_capture(stream.read(4)) else 0
    except OSError:
        return 0
