"""`labgen analyze`: what happened in logs and captures that came from anywhere."""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network
from itertools import takewhile
from pathlib import Path

import click

from labgen.cli.deferred import deferring
from labgen.dhcp.message import Role
from labgen.ground.errors import IncompleteError, InputError

with deferring():
    from labgen.devices.formats import named, recognise, tell
    from labgen.dhcp.analysis import analyze as run
    from labgen.dhcp.context import AddressBook, Context
    from labgen.dhcp.drawing import draw, mermaid
    from labgen.dhcp.following import Follower, appended
    from labgen.dhcp.inputs import Input, Readers, node_name
    from labgen.dhcp.ladder import ladder
    from labgen.dhcp.logs import Reading, Sink
    from labgen.dhcp.model import Analysis
    from labgen.dhcp.summary import as_text
    from labgen.dhcp.unwrap import clean, plain
    from labgen.report import analysis_page

_EPILOG = """\b
Examples:
  labgen analyze srv1.log srv2.log client.log relay.pcapng
  labgen analyze --as dump.txt=ios:srv1 --as trunk.pcap=capture:sw1:relay dump.txt trunk.pcap
  journalctl -u dhcpd | labgen analyze -
  labgen analyze --format html *.log > report.html
  labgen analyze --follow /var/log/kea/kea-dhcp4.log

\b
Formats, recognised by content: capture (pcap, pcapng, in most encapsulations), tcpdump, wireshark (their texts), ios, ios-snooping, eos,
nxos, iosxr, statistics (relay counters of many makers), kea, dhcpd, dnsmasq, windows, freeradius, mikrotik, fortios, comware, ftos,
structured (JSON or key=value), dhclient, udhcpc, dhcpcd, networkd, networkmanager, android, dhcrelay, labgen-relay, kea-leases,
dhcpd-leases, dhclient-leases, dnsmasq-leases. Logs inside code blocks of Markdown and HTML pages are found. A node is named after its file.

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
    epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120}
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--as",
    "overrides",
    multiple=True,
    metavar="FILE=FORMAT:NODE[:ROLE]",
    help="Format, node and role (client, relay, server, transit) of a file; each part may be left empty.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "html", "mermaid"]),
    default="table",
    show_default=True,
    help="What is written to standard output.",
)
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
def analyze(
    files: tuple[str, ...],
    overrides: tuple[str, ...],
    form: str,
    subnets: tuple[str, ...],
    servers: tuple[str, ...],
    show_unparsed: bool,
    every: bool,
    follow: bool,
    limit: int,
) -> None:
    """Explain DHCP logs, lease files, tables and captures: each exchange as a ladder, each oddity as a
    finding.

    FILE is any number of files from any devices, `-` for standard input.
    """

    readers = _readers(_print_unparsed if show_unparsed else None)
    inputs = _inputs(files, overrides)
    if follow:
        _follow(inputs, readers)
        return
    context = Context(subnets=subnets, servers=frozenset(servers) if servers else None)
    # A process that frees little until it ends: collecting would cost half of the time.
    gc.disable()
    try:
        analysis = run(inputs, readers, context=context, limit=limit, progress=_Progress(time.monotonic))
        click.echo(_render(analysis, form, every), nl=False)
    finally:
        gc.enable()
    _complain(analysis)


class _Progress:
    """Says on standard error how far reading is: in place on a terminal, a line now and then elsewhere."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._next = clock() + 2.0

    def __call__(self, file: str, read: int, found: int) -> None:
        now = self._clock()
        if now < self._next:
            return
        terminal = sys.stderr.isatty()
        self._next = now + (0.5 if terminal else 10.0)
        text = f"{file}: {read:,} lines or frames read, {found:,} DHCP messages"
        click.echo(f"\r{text}\x1b[K" if terminal else text, err=True, nl=not terminal)


def _complain(analysis: Analysis) -> None:
    """Exit code 2 when a file could not be read at all, 4 when one was recognised and nothing of it could be read."""
    unreadable = [source for source in analysis.sources if source.format == "unknown"]
    if unreadable:
        raise InputError("\n".join(f"{source.file}: {'; '.join(source.problems)}" for source in unreadable))
    read = {source.file for source in analysis.sources if source.events or source.remarks}
    unread = [source for source in analysis.sources if source.file not in read and source.problems]
    if unread:
        raise IncompleteError("\n".join(f"{source.file}: {'; '.join(source.problems)}" for source in unread))


def _readers(sink: Sink | None) -> Readers:
    return Readers(recognise, named, sink, tell)


def _print_unparsed(reading: object, number: int, text: str) -> None:
    click.echo(f"{getattr(reading, 'file', '')}:{number}: {text}", err=True)


def _inputs(files: tuple[str, ...], overrides: tuple[str, ...]) -> list[Input]:
    known = dict(_override(text) for text in overrides)
    stray = [name for name in known if name not in files]
    if stray:
        raise click.UsageError(f"--as names {', '.join(stray)}, which is not among the files to analyze")
    return [known.get(name) or Input(name) for name in files]


def _override(text: str) -> tuple[str, Input]:
    name, equals, rest = text.rpartition("=")
    if not equals:
        raise click.UsageError(f"--as {text}: write FILE=FORMAT:NODE, for example --as dump.txt=ios:srv1")
    form, node, role = [*rest.split(":"), "", ""][:3]
    if role and role not in list(Role):
        raise click.UsageError(f"--as {text}: the role is one of {', '.join(Role)}")
    return name, Input(name, form or None, node or None, Role(role) if role else None)


def _render(analysis: Analysis, form: str, every: bool) -> str:
    if form == "json":
        return json.dumps(analysis.to_json(), indent=2) + "\n"
    if form == "html":
        return analysis_page.text(analysis)
    if form == "mermaid":
        return _mermaid(analysis)
    return as_text(analysis, paint=_paint, every=every)


def _mermaid(analysis: Analysis) -> str:
    """One diagram as it is; several as fenced blocks of a Markdown page."""
    book = AddressBook(analysis.exchanges, Context())
    ladders = [ladder(exchange, book) for exchange in analysis.exchanges]
    if len(ladders) == 1:
        return mermaid(ladders[0])
    return "\n".join(f"## {item.title}\n\n```mermaid\n{mermaid(item)}```\n" for item in ladders)


def _paint(text: str, style: str) -> str:
    """Colours, which click removes where standard output is no terminal; NO_COLOR is honoured."""
    if os.environ.get("NO_COLOR"):
        return text
    colours = {"error": "red", "warning": "yellow", "info": "cyan"}
    if style == "quiet":
        return click.style(text, dim=True)
    return click.style(text, fg=colours.get(style), bold=style in ("heading", "error"))


def _follow(inputs: list[Input], readers: Readers) -> None:
    if len(inputs) != 1 or inputs[0].file == "-":
        raise click.UsageError("--follow reads one growing log file")
    item = inputs[0]
    grown = appended(Path(item.file), forever=lambda: True)
    lines = (line if line is None else (line[0], plain(clean(line[1]))) for line in grown)
    head = [line for line in takewhile(lambda line: line is not None, lines) if line is not None]
    kind = readers.named(item.format) if item.format else readers.recognise(text for _, text in head)
    if kind is None:
        raise InputError(
            f"{item.file}: no DHCP log was recognised: name its format with --as FILE=FORMAT:NODE"
        )
    seen: set[int] = set()
    follower = Follower(kind, lambda: _once(item, readers, seen))
    batch = head
    for line in lines:
        if line is not None:
            batch.append(line)
            continue
        if batch:
            follower.feed(batch)
            batch = []
        _print_news(follower)


def _once(item: Input, readers: Readers, seen: set[int]) -> Reading:
    """A fresh reading of a log that is parsed again and again: each line is reported at most once."""

    def sink(reading: Reading, number: int, text: str) -> None:
        if readers.sink is not None and number not in seen:
            seen.add(number)
            readers.sink(reading, number, text)

    return Reading(item.file, item.node or node_name(item.file), item.role, sink=sink)


def _print_news(follower: Follower) -> None:
    exchanges, findings, analysis = follower.news()
    book = AddressBook(analysis.exchanges, Context())
    for exchange in exchanges:
        click.echo(draw(ladder(exchange, book)))
    for finding in findings:
        click.echo(
            f"{_paint(finding.severity.value, finding.severity.value)}  {finding.code}: {finding.message}"
        )
