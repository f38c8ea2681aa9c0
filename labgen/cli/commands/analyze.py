"""`labgen analyze`: what happened in logs and captures that came from anywhere."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network

import click

from labgen.cli.deferred import DeferredCommand
from labgen.cli.options import format_option

_EPILOG = """\b
Examples:
  labgen analyze srv1.log srv2.log client.log relay.pcapng
  labgen analyze --as dump.txt=ios:srv1 --as trunk.pcap=capture:sw1:relay dump.txt trunk.pcap
  journalctl -u dhcpd | labgen analyze -
  labgen analyze --format html *.log > report.html
  labgen analyze --follow /var/log/kea/kea-dhcp4.log

\b
Formats are recognised by content: captures (pcap, pcapng, in most encapsulations), and logs, lease files, tables and counters of
clients, relays and servers, also inside code blocks of Markdown and HTML pages. docs/analyze.md lists them; so does `--as FILE=list`.
A node is named after its file.

\b
Exit codes: 0 analysed; 2 usage, or a file that cannot be read; 4 a file was recognised and nothing of it could be read.
"""


def _prefixes(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """IPv4 prefixes: a typing error would judge by nothing, and say so to nobody."""
    for text in given:
        try:
            IPv4Network(text)
        except ValueError as error:
            with suppress(ValueError):
                near = IPv4Network(text, strict=False)
                raise click.BadParameter(f"{text!r} is an address in {near}; write the prefix") from error
            raise click.BadParameter(f"{text!r} is no IPv4 prefix, such as 10.1.1.0/24") from error
    return given


def _addresses(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    for text in given:
        try:
            IPv4Address(text)
        except ValueError as error:
            raise click.BadParameter(f"{text!r} is no IPv4 address, such as 10.9.9.9") from error
    return given


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.analyze:analyze",
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--as",
    "overrides",
    multiple=True,
    metavar="FILE=FORMAT:NODE[:ROLE]",
    help="Format, node and role (client, relay, server, transit) of a file; each part may be left empty.",
)
@format_option("table", "json", "html", "mermaid", says="What is written to standard output.")
@click.option(
    "--subnet",
    "subnets",
    multiple=True,
    metavar="PREFIX",
    callback=_prefixes,
    help="A client subnet, to judge addresses by.",
)
@click.option(
    "--server",
    "servers",
    multiple=True,
    metavar="ADDRESS",
    callback=_addresses,
    help="A server that may answer; others are rogue.",
)
@click.option(
    "--show-unparsed", is_flag=True, help="Print the lines that were not understood to standard error."
)
@click.option("--all", "every", is_flag=True, help="Draw every exchange, however many there are.")
@click.option("--follow", is_flag=True, help="Keep reading one growing log; end with Ctrl-C.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=500_000, show_default=True, help="Messages kept in memory."
)
def analyze() -> None:
    """Explain DHCP logs, lease files, tables and captures: each exchange as a ladder, each oddity as a
    finding.

    FILE is any number of files from any devices, `-` for standard input.
    """


@click.command(
    cls=DeferredCommand,
    work="labgen.cli.compile:compile_reading",
    epilog="\b\nExamples:\n  labgen compile\n  CC=clang labgen compile",
)
def compile() -> None:
    """Compile the reading of captures with the machine's C compiler.

    `labgen analyze` then takes half of the time for a large capture, and says the same. It needs a C compiler and Python's headers
    (apt-get install gcc libc6-dev python3-dev), and the right to write where labgen is installed. After an upgrade compile again: what
    was compiled from another source is not used. Where nobody has done this, `labgen analyze` compiles for its user alone before it
    reads captures of 16 MiB or more, unless LABGEN_COMPILE=no is set.
    """
