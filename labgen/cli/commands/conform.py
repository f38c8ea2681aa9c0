"""The command that runs conformance vectors against relays."""

from __future__ import annotations

from pathlib import Path

import click

from labgen.cli.deferred import DeferredCommand
from labgen.cli.options import format_option


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.conform:conform",
    epilog="\b\nExamples:\n  labgen conform labgen-relay\n  labgen conform labgen-relay dhcrelay dnsmasq --format html > page.html"
    "\n  labgen conform dhcrelay --vector attacks\n  labgen conform --list",
)
@click.argument("relays", nargs=-1, metavar="RELAY...")
@click.option(
    "--vector",
    "patterns",
    multiple=True,
    metavar="PATTERN",
    help="Vectors by id or group, such as attacks or nak-*.",
)
@click.option(
    "--vectors",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder with vectors of your own, one YAML file each.",
)
@click.option(
    "--side",
    "sides",
    multiple=True,
    metavar="SIDE=IF[@NETNS]",
    help="For RELAY `attached`: client1, client2 and server, and the interface of this machine that leads there.",
)
@click.option(
    "--lacks",
    "lacks",
    multiple=True,
    metavar="FEATURE",
    help="For RELAY `attached`: what it does not claim, such as option82.",
)
@format_option("table", "json", "junit", "html", "markdown")
@click.option("--list", "listing", is_flag=True, help="List the vectors and relays, and run nothing.")
def conform() -> None:
    """Run clause-by-clause and attack vectors against DHCPv4 relays, side by side.

    RELAY is labgen-relay, dhcrelay, dnsmasq, dnsmasq-split, dhcp-helper or networkd. Each runs in network namespaces of its own,
    which takes root. `attached` is a relay that runs elsewhere, reached by its two sides. Exit code 1 when anything is
    wrong, that is: different from what a clause demands.
    """
