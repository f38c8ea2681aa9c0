"""Commands that start a lab and judge it: up, verify, run."""

from __future__ import annotations

from pathlib import Path

import click

from labgen.cli.deferred import DeferredCommand
from labgen.cli.names import LabFolder, PlaybookName
from labgen.cli.options import Seconds, folder_options, format_option, spec_options
from labgen.cli.patience import patience_option

PROVIDERS = ["embedded", "containerlab", "netlab", "clabernetes"]
provider_option = click.option(
    "--provider",
    type=click.Choice(PROVIDERS),
    default="embedded",
    show_default=True,
    help="What runs the lab.",
)


verdict_format_option = format_option("table", "json", "junit", "html", says="What goes to stdout.")


playbook_option = click.option(
    "--playbook",
    "playbooks",
    multiple=True,
    type=PlaybookName(),
    metavar="NAME",
    help="Playbook to run instead of the spec's; repeatable.",
)


bundle_option = click.option(
    "--bundle",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the report, all evidence and all frames into one HTML file to send.",
)


kernel_option = click.option(
    "--kernel",
    type=click.Choice(["host", "uml"]),
    default="host",
    show_default=True,
    help="Whose kernel the embedded lab runs in: this machine's, or one of its own (user-mode Linux), which has VRFs and needs no root.",
)


verbose_option = click.option("-v", "--verbose", is_flag=True, help="Every check on a line of its own.")


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.run:up",
    epilog="\b\nExamples:\n  labgen up evpn-redundant-server\n  labgen up labs/my-lab\n  labgen up my.yml --device server=kea-plain",
)
@spec_options
@patience_option
@provider_option
@playbook_option
@folder_options("Lab folder [default: labs/NAME].")
@kernel_option
def up() -> None:
    """Start the lab of SPEC (a spec, a scenario or a lab folder) and wait until it has converged.

    A lab folder is started as it is, with whatever was edited in it.
    """


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.run:verify",
    epilog="\b\nExamples:\n  labgen verify\n  labgen verify labs/my-lab --format json\n  labgen verify --playbook acquire -v\n"
    "  labgen verify --intent dc1.yml\n  labgen verify --intent dc1.yml --observe --for 60s",
)
@click.argument("folder", metavar="[DIR]", required=False, type=LabFolder())
@playbook_option
@patience_option
@verdict_format_option
@verbose_option
@bundle_option
@click.option(
    "--intent",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Verify a lab or network that labgen did not make, as this intent says it should be.",
)
@click.option("--observe", is_flag=True, help="With --intent: only look; nothing is done to any node.")
@click.option(
    "--for",
    "seconds",
    type=Seconds(),
    metavar="TIME",
    help="With --observe: how long to look [default: 30s with captures, else 0s].",
)
@click.option(
    "--since",
    type=Seconds(),
    default="1h",
    show_default=True,
    metavar="TIME",
    help="With --observe: how long ago what logs tell may be.",
)
def verify() -> None:
    """Run playbooks on the running lab of DIR [default: the only running lab], collect, judge, report.

    With --intent, on a lab or network that labgen did not make; see `labgen intent`.
    """


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.run:run",
    epilog="\b\nExamples:\n  labgen run evpn-redundant-server\n  labgen run evpn-redundant-server --format json > verdict.json\n"
    "  labgen run my.yml --keep-on-fail",
)
@spec_options
@patience_option
@provider_option
@playbook_option
@verdict_format_option
@verbose_option
@bundle_option
@folder_options("Lab folder [default: labs/NAME].")
@kernel_option
@click.option("--quick", is_flag=True, help="Only have clients acquire a lease.")
@click.option("--keep", is_flag=True, help="Leave the lab running.")
@click.option("--keep-on-fail", is_flag=True, help="Leave the lab running unless every check passed.")
def run() -> None:
    """Build SPEC, start the lab, run its playbooks, print the verdict, stop the lab.

    A spec that names no playbooks is run with all that fit it and end within a minute; with --quick, only with `acquire`.
    """
