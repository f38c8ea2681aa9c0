"""`labgen analyze`: what happened in logs and captures that came from anywhere."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterable, Sequence
from itertools import takewhile
from pathlib import Path

import click

from labgen.cli.compile import compile_if_worth_it
from labgen.cli.reading import Progress
from labgen.devices.formats import named, recognise, spare, tell
from labgen.dhcp.analysis import analyze as run
from labgen.dhcp.context import AddressBook, Context
from labgen.dhcp.following import Follower, appended
from labgen.dhcp.inputs import STANDARD_INPUT, Input, Readers, node_name
from labgen.dhcp.ladder import ladder
from labgen.dhcp.ladder_text import draw, mermaid
from labgen.dhcp.logs import Reading, Sink
from labgen.dhcp.message import MessageRole
from labgen.dhcp.model import Analysis, Source
from labgen.dhcp.summary import as_text
from labgen.dhcp.unwrap import clean, plain
from labgen.ground.errors import IncompleteError, InputError
from labgen.ground.printable import printable
from labgen.report import analysis_json, analysis_page

LISTED = 20
"""Files that an error names."""


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
    """Run `labgen analyze`."""
    readers = _readers(_print_unparsed if show_unparsed else None)
    inputs = _inputs(files, overrides)
    if follow:
        _follow(inputs, readers)
        return
    _tell_of_pipes(files)
    compile_if_worth_it(files)
    context = Context(subnets=subnets, servers=frozenset(servers) if servers else None)
    # A process that frees little until it ends: collecting would cost half of the time.
    gc.disable()
    try:
        analysis = run(
            inputs, readers, context=context, limit=limit, progress=Progress(time.monotonic, files)
        )
        for piece in _render(analysis, form, every):
            click.echo(piece, nl=False)
    finally:
        gc.enable()
    _complain(analysis)


def _tell_of_pipes(files: Sequence[str]) -> None:
    """Opening a named pipe lasts until somebody writes to it, which looks like a hang to who does not know."""
    for file in files:
        if file != STANDARD_INPUT and Path(file).is_fifo():
            click.echo(
                f"{printable(file)}: a named pipe, which is read once something writes to it", err=True
            )


def _complain(analysis: Analysis) -> None:
    """Exit code 2 when a file could not be read at all, 4 when one was recognised and nothing of it could be read."""
    unreadable = [source for source in analysis.sources if source.format == "unknown"]
    if unreadable:
        raise InputError(_listed(unreadable))
    read = {source.file for source in analysis.sources if source.events or source.remarks}
    unread = [source for source in analysis.sources if source.file not in read and source.problems]
    if unread:
        raise IncompleteError(_listed(unread))


def _listed(sources: Sequence[Source]) -> str:
    """Files with what is wrong with each, as many as somebody reads."""
    lines = list(dict.fromkeys(f"{source.file}: {'; '.join(source.problems)}" for source in sources))
    more = [f"... and {len(lines) - LISTED:,} more files"] if len(lines) > LISTED else []
    return "\n".join((*lines[:LISTED], *more))


def _readers(sink: Sink | None) -> Readers:
    return Readers(recognise, named, sink, tell, spare)


def _print_unparsed(reading: object, number: int, text: str) -> None:
    click.echo(f"{getattr(reading, 'file', '')}:{number}: {text}", err=True)


def _inputs(files: tuple[str, ...], overrides: tuple[str, ...]) -> list[Input]:
    known = dict(_override(text) for text in overrides)
    stray = [name for name in known if name not in files]
    if stray:
        raise click.UsageError(f"--as names {', '.join(stray)}, which is not among the files to analyze")
    if files.count("-") > 1:
        raise click.UsageError("`-` stands twice among the files, and standard input can be read once")
    return [known.get(name) or Input(name) for name in files]


def _override(text: str) -> tuple[str, Input]:
    name, equals, rest = text.rpartition("=")
    if not equals:
        raise click.UsageError(f"--as {text}: write FILE=FORMAT:NODE, for example --as dump.txt=ios:srv1")
    form, node, role = [*rest.split(":"), "", ""][:3]
    if role and role not in list(MessageRole):
        raise click.UsageError(f"--as {text}: the role is one of {', '.join(MessageRole)}")
    return name, Input(name, form or None, node or None, MessageRole(role) if role else None)


def _render(analysis: Analysis, form: str, every: bool) -> Iterable[str]:
    if form == "json":
        return analysis_json.chunks(analysis)
    if form == "html":
        return (analysis_page.text(analysis),)
    if form == "mermaid":
        return (_mermaid(analysis),)
    return (as_text(analysis, paint=_paint, every=every),)


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
