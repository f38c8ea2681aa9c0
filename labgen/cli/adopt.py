"""Commands for networks that labgen did not make: import."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(
    "import",
    epilog="\b\nExamples:\n  labgen import topology.yml -o spec.yml && labgen build spec.yml\n"
    "  labgen import topology.yml | less",
)
@click.argument("topology", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Spec to write [default: stdout]."
)
@click.option("--force", is_flag=True, help="Overwrite the file.")
def import_(topology: Path, output: Path | None, force: bool) -> None:
    """Make a spec of the netlab topology TOPOLOGY: the same network, with equal addresses.

    What the spec cannot say is listed on stderr and at its head.
    """
    from labgen.adopt.netlab import write
    from labgen.ground.errors import UsageError

    result = write.imported(topology)
    text = write.text(result, topology.name)
    if output is None:
        click.echo(text, nl=False)
    else:
        if output.exists() and not force:
            raise UsageError(f"{output} is there already; --force overwrites it")
        output.write_text(text)
    for sentence in result.lost:
        click.echo(f"not in the spec: {sentence}", err=True)
    for sentence in result.chosen:
        click.echo(f"chosen: {sentence}", err=True)
    if output is not None:
        click.echo(f"next: labgen build {output}", err=True)
