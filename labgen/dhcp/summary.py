"""An analysis as text for a terminal: exchanges as ladders, findings with their evidence, what was read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from textwrap import wrap

from labgen.dhcp.context import AddressBook, Context
from labgen.dhcp.explain import explain
from labgen.dhcp.identities import mac_in_client_id
from labgen.dhcp.ladder import ladder
from labgen.dhcp.ladder_text import WIDTH, draw
from labgen.dhcp.model import Analysis, Binding, Exchange, Finding, Remark, Severity, Source
from labgen.dhcp.unwrap import clean

# More ladders than this are not drawn unless asked for: those with errors and warnings come first.
MOST_LADDERS = 12
_MOST_PLACES = 4

Paint = Callable[[str, str], str]


def plain(text: str, style: str) -> str:
    """No colours."""
    return text


def as_text(analysis: Analysis, *, paint: Paint = plain, every: bool = False, width: int = WIDTH) -> str:
    """The whole report. `paint` colours a text in a style: a severity, `heading` or `quiet`."""
    short = _short_names([source.file for source in analysis.sources])
    parts = [
        *_ladders(analysis, paint, every, width),
        *_findings(analysis.findings, short, paint, width),
        *_bindings(analysis, paint),
        *_counters(analysis, paint),
        *_remarks(analysis.remarks, short, paint, width),
        *_sources(analysis.sources, short, paint, width),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _ladders(analysis: Analysis, paint: Paint, every: bool, width: int) -> Iterator[str]:
    exchanges = analysis.exchanges
    if not exchanges:
        yield paint("No DHCP exchange was found.", "heading")
        yield ""
        return
    book = AddressBook(exchanges, Context(bindings=analysis.bindings))
    chosen = list(range(len(exchanges))) if every else drawn(analysis)
    for at in chosen:
        head, _, rest = draw(ladder(exchanges[at], book), width=width).partition("\n")
        yield paint(f"{at + 1}. {head}", "heading")
        yield rest
    if len(chosen) < len(exchanges):
        yield from _rest(exchanges, set(chosen), paint, width)


def drawn(analysis: Analysis) -> list[int]:
    """Indexes of the exchanges worth drawing: all of a few, else those that findings speak of first."""
    everything = list(range(len(analysis.exchanges)))
    if len(everything) <= MOST_LADDERS:
        return everything
    marked: dict[str | None, int] = {}
    for finding in analysis.findings:
        rank = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}[finding.severity]
        marked[finding.client] = min(rank, marked.get(finding.client, 3))
    ranked = sorted(everything, key=lambda at: marked.get(str(analysis.exchanges[at].client), 3))
    return sorted(ranked[:MOST_LADDERS])


def _rest(exchanges: Sequence[Exchange], shown: set[int], paint: Paint, width: int) -> Iterator[str]:
    counts: dict[str, int] = defaultdict(int)
    for at, exchange in enumerate(exchanges):
        if at not in shown:
            counts[f"{exchange.kind} {exchange.outcome}"] += 1
    listed = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    yield paint(
        f"{len(exchanges) - len(shown)} more exchanges are not drawn: {listed} (--all draws them)", "quiet"
    )
    yield ""


def _findings(
    findings: Sequence[Finding], short: Mapping[str, str], paint: Paint, width: int
) -> Iterator[str]:
    if not findings:
        return
    yield paint(f"Findings: {len(findings)}", "heading")
    groups: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[finding.code].append(finding)
    order = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
    for code in sorted(groups, key=lambda name: order[groups[name][0].severity]):
        yield from _finding_group(code, groups[code], short, paint, width)


def _finding_group(
    code: str, found: Sequence[Finding], short: Mapping[str, str], paint: Paint, width: int
) -> Iterator[str]:
    page = explain(code)
    severity = found[0].severity.value
    yield f"{paint(severity.ljust(7), severity)}  {paint(code, 'heading')}: {page.title}"
    for finding in found[:20]:
        who = f"{finding.client}: " if finding.client else ""
        yield from wrap(who + finding.message, width, initial_indent=" " * 9, subsequent_indent=" " * 11)
        yield from (" " * 11 + paint(line, "quiet") for line in places(finding, short, width - 11))
    if len(found) > 20:
        yield " " * 9 + f"and {len(found) - 20} more like it (--format json lists them)"
    if found[0].severity is not Severity.INFO:
        yield from wrap(
            f"What to change: {page.change}", width, initial_indent=" " * 9, subsequent_indent=" " * 11
        )
        written = wrap(f"See docs/findings/{code}.md and {page.clause}", width - 9, subsequent_indent="  ")
        yield from (" " * 9 + paint(line, "quiet") for line in written)
    yield ""


def _short_names(files: Sequence[str]) -> dict[str, str]:
    """File names without their folder, where that is unambiguous."""
    bare = {file: clean(PurePath(file).name) for file in files}
    counts = Counter(bare.values())
    return {file: name if counts[name] == 1 else clean(file) for file, name in bare.items()}


def places(finding: Finding, short: Mapping[str, str], width: int) -> Iterator[str]:
    """The lines that show a finding, as `file:line: text`."""
    for item in finding.evidence[:_MOST_PLACES]:
        known = short.get(item.file or "", item.file)
        place = item.place if known is None else item.place.replace(str(item.file), known, 1)
        shown = f"{place}: {item.text.strip()}" if item.text else place
        yield shown if len(shown) <= width else shown[: width - 1] + "…"
    if len(finding.evidence) > _MOST_PLACES:
        yield f"and {len(finding.evidence) - _MOST_PLACES} more places"


def _bindings(analysis: Analysis, paint: Paint) -> Iterator[str]:
    tables = analysis.bindings
    if not tables:
        return
    yield paint(f"Bindings and leases: {len(tables)}", "heading")
    rows = [("address", "state", "client", "node", "role")]
    rows.extend((b.address, b.state, _holder(b), b.node, b.role.value) for b in tables[:40])
    yield from table(rows)
    if len(tables) > 40:
        yield f"and {len(tables) - 40} more (--format json lists them)"
    yield ""


def _holder(binding: Binding) -> str:
    client_id = binding.client_id or ""
    return binding.mac or mac_in_client_id(client_id) or client_id


def _counters(analysis: Analysis, paint: Paint) -> Iterator[str]:
    if not analysis.counters:
        return
    yield paint(f"Counters: {len(analysis.counters)}", "heading")
    rows = [("node", "of", "what", "value")]
    rows.extend((c.node, c.subject, c.name, str(c.value)) for c in analysis.counters[:60])
    yield from table(rows)
    yield ""


_MOST_REMARKS = 40


def _remarks(remarks: Sequence[Remark], short: Mapping[str, str], paint: Paint, width: int) -> Iterator[str]:
    """Remarks of nodes beside their messages, each sentence once."""
    if not remarks:
        return
    yield paint(f"Remarks: {len(remarks)}", "heading")
    groups: dict[tuple[str, str], list[Remark]] = defaultdict(list)
    for remark in remarks:
        groups[remark.node, remark.words].append(remark)
    for (node, words), found in list(groups.items())[:_MOST_REMARKS]:
        times = f" ({len(found)} times)" if len(found) > 1 else ""
        place = found[0].evidence().place.replace(str(found[0].file), short.get(found[0].file or "", ""), 1)
        yield from wrap(f"{node}: {words}{times}, {place}", width, subsequent_indent="  ")
    if len(groups) > _MOST_REMARKS:
        yield f"and {len(groups) - _MOST_REMARKS} more (--format json lists them)"
    yield ""


def _sources(sources: Sequence[Source], short: Mapping[str, str], paint: Paint, width: int) -> Iterator[str]:
    yield paint("Read", "heading")
    rows = [
        (
            "file",
            "format",
            "node",
            "role",
            "lines",
            "events",
            "remarks",
            "noise",
            "unparsed",
            "about DHCP",
            "clock",
        )
    ]
    for source in sources:
        offset = f" {source.clock_offset:+.3f} s" if source.clock_offset else ""
        rows.append(
            (
                short[source.file],
                source.format,
                source.node,
                source.role.value if source.role else "",
                str(source.lines),
                str(source.events),
                str(source.remarks),
                str(source.noise),
                str(source.unparsed),
                str(source.unparsed_dhcp),
                source.clock + offset,
            )
        )
    yield from (line[:width] for line in table(rows))
    for source in sources:
        for problem in source.problems:
            yield from wrap(f"{clean(source.file)}: {problem}", width, subsequent_indent="  ")
    if any(source.unparsed or source.noise for source in sources):
        yield paint("--show-unparsed prints the lines that are noise or were not understood", "quiet")


def table(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Columns as wide as their widest cell, two blanks between them."""
    cells = [list(row) for row in rows]
    widths = [max(len(row[at]) for row in cells) for at in range(len(cells[0]))]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
