"""Commands that list and explain labgen's parts: playbooks, devices, checks, explain."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from labgen.cli.deferred import DeferredCommand, imported
from labgen.cli.options import format_option


class KnownName(click.ParamType[str]):
    """A finding, check, playbook or device."""

    name = "name"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        names = sorted(imported("labgen.cli.explain:everything")())
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.explain:playbooks",
    epilog="\b\nExamples:\n  labgen playbooks\n  labgen playbooks --format json",
)
@format_option("table", "json")
def playbooks() -> None:
    """List the playbooks: what can be done to a running lab."""


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.explain:devices",
    epilog="\b\nExamples:\n  labgen devices\n  labgen devices --format json",
)
@format_option("table", "json")
def devices() -> None:
    """List the devices, the roles each can have, and how far that is proven."""


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.explain:checks",
    epilog="\b\nExamples:\n  labgen checks\n  labgen checks --format json",
)
@format_option("table", "json")
def checks() -> None:
    """List the checks that playbooks name."""


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.explain:explain",
    epilog="\b\nExamples:\n  labgen explain renew-unreachable\n  labgen explain server.pool\n  labgen explain relay-failure\n"
    "  labgen explain kea",
)
@click.argument("name", type=KnownName())
def explain() -> None:
    """Explain a finding, a check, a playbook or a device by its name."""
