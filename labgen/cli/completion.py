"""`labgen completion`."""

from __future__ import annotations

import click


@click.command(
    epilog="\b\nExamples:\n  labgen completion bash > ~/.local/share/bash-completion/completions/labgen\n"
    "  labgen completion zsh > ~/.zfunc/_labgen"
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of SHELL."""
    from click.shell_completion import get_completion_class

    from labgen.cli.main import cli

    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(cli, {}, "labgen", "_LABGEN_COMPLETE").source())
