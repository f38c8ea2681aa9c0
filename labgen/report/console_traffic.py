"""Exchanges and findings for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.text import Text

from labgen.dhcp import ladder_text
from labgen.dhcp.ladder import ladder, title
from labgen.dhcp.model import FULFILLED, Exchange, Severity
from labgen.report.findings import FindingGroup
from labgen.report.lines import ASCII, Sheet
from labgen.report.parties import Parties
from labgen.verify.verdict import Verdict

# Up to this many exchanges are all drawn; of more, the first of each kind and those that went wrong.
MOST_LADDERS = 4
_COLOURS = {
    "DISCOVER": "bold cyan",
    "OFFER": "bold yellow",
    "REQUEST": "bold blue",
    "ACK": "bold green",
    "NAK": "bold red",
    "DECLINE": "bold red",
    "RELEASE": "bold magenta",
    "INFORM": "bold cyan",
}
_SEVERITIES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "dim"}


def exchanges(verdict: Verdict, who: Parties, page: Sheet, verbose: bool) -> Iterator[Text]:
    """A ladder per exchange; of many alike, one ladder and a line for each other."""
    found = verdict.exchanges
    if not found:
        return
    chosen = set(range(len(found))) if verbose else worth_drawing(found)
    note = "" if len(chosen) == len(found) else f"{len(chosen)} of {len(found)} drawn, -v draws all"
    yield from page.heading("Exchanges", note)
    for at, exchange in enumerate(found):
        if at and at in chosen:
            yield Text()
        yield from _drawn(exchange, who, page) if at in chosen else _named(exchange, page)


def worth_drawing(found: Sequence[Exchange]) -> set[int]:
    """Indexes of the exchanges to draw."""
    if len(found) <= MOST_LADDERS:
        return set(range(len(found)))
    first: dict[str, int] = {}
    for at, exchange in enumerate(found):
        first.setdefault(exchange.kind, at)
    return {at for at, exchange in enumerate(found) if exchange.outcome not in FULFILLED} | set(
        first.values()
    )


def _named(exchange: Exchange, page: Sheet) -> Iterator[Text]:
    yield from page.paragraph(title(exchange), indent=2, style="" if exchange.outcome in FULFILLED else "red")


def _drawn(exchange: Exchange, who: Parties, page: Sheet) -> Iterator[Text]:
    data = ladder(exchange, who.book)
    head = data.title.partition(", xid ")[0]
    style = "bold" if exchange.outcome in FULFILLED else "bold red"
    yield from page.paragraph(head, lead=Text(), indent=2, style=style)
    strokes = ladder_text.ASCII if page.marks is ASCII else ladder_text.UNICODE
    text = ladder_text.draw(replace(data, title=""), width=page.width, strokes=strokes)
    for line in text.strip("\n").splitlines():
        yield _coloured(line)


def _coloured(line: str) -> Text:
    """Lanes step back, messages stand out."""
    text = Text(line)
    text.highlight_regex(r"[│┼|]|^ *\d+(\.\d+)?s?(?= )", "dim")
    text.highlight_regex(r"! .*$", "dim italic")
    for word, style in _COLOURS.items():
        text.highlight_regex(rf"(?<![A-Z]){word}(?![A-Z])", style)
    return text


def findings(found: Sequence[FindingGroup], page: Sheet, verbose: bool) -> Iterator[Text]:
    """Warnings and errors word by word; what is only worth knowing in one line per kind."""
    if not found:
        return
    yield from page.heading("Findings", "each is explained in the report")
    width = max(len(group.code) for group in found)
    for group in found:
        for text in _words(group, verbose):
            lead = Text.assemble((f"{group.severity.value:<7}  ", _SEVERITIES[group.severity]))
            lead.append(f"{group.code:<{width}}  ", "" if group.severity is Severity.INFO else "bold")
            expected = " (expected here)" if group.expected else ""
            yield from page.paragraph(text + expected, lead=lead, indent=min(lead.cell_len, page.width // 3))


def _words(group: FindingGroup, verbose: bool) -> Iterator[str]:
    if group.severity is Severity.INFO and group.page and len(group.remarks) > 1 and not verbose:
        clients = dict.fromkeys(client for remark in group.remarks for client in remark.clients)
        yield group.page.title + (f" ({' '.join(clients)})" if clients else "")
        return
    for remark in group.remarks:
        yield f"{' '.join(remark.clients)}: {remark.message}" if remark.clients else remark.message
