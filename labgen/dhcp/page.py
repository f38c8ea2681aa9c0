"""An analysis as one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from labgen.dhcp.context import AddressBook, Context
from labgen.dhcp.drawing import draw
from labgen.dhcp.explain import explain
from labgen.dhcp.ladder import ladder
from labgen.dhcp.model import Analysis, Exchange, Finding, Severity, Source

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#1c2733;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2.5rem}h3{font-size:1rem;margin-bottom:.3rem}
pre{background:#f4f6f8;border-radius:6px;padding:1rem;overflow-x:auto;font:13px/1.25 ui-monospace,monospace}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #dde3e9}
.tag{display:inline-block;border-radius:4px;padding:0 .5rem;color:#fff;font-size:.85rem}
.error{background:#b3261e}.warning{background:#8a5a00}.info{background:#285f9c}
details{margin:.4rem 0}summary{cursor:pointer}.quiet{color:#5a6875}code{font:13px ui-monospace,monospace}
@media(prefers-color-scheme:dark){body{background:#12181f;color:#dfe6ee}pre{background:#1b232c}
td,th{border-color:#2d3944}.quiet{color:#93a1af}}
"""


def as_page(analysis: Analysis) -> str:
    """The report as a complete HTML document; everything from the inputs is escaped."""
    body = "\n".join(
        [*_summary(analysis), *_exchanges(analysis), *_findings(analysis), *_sources(analysis.sources)]
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>DHCP analysis</title><style>{_STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def _summary(analysis: Analysis) -> Iterator[str]:
    counts = f"{len(analysis.exchanges)} exchanges, {len(analysis.findings)} findings"
    files = f"{len(analysis.sources)} {'file' if len(analysis.sources) == 1 else 'files'}"
    yield f"<h1>DHCP analysis</h1><p>{counts}, from {files}.</p>"


def _exchanges(analysis: Analysis) -> Iterator[str]:
    book = AddressBook(analysis.exchanges, Context(bindings=analysis.bindings))
    yield "<h2>Exchanges</h2>"
    for number, exchange in enumerate(analysis.exchanges, 1):
        yield _exchange(number, exchange, book)


def _exchange(number: int, exchange: Exchange, book: AddressBook) -> str:
    head, _, drawing = draw(ladder(exchange, book)).partition("\n")
    return f"<h3>{number}. {escape(head)}</h3>\n<pre>{escape(drawing.strip(chr(10)))}</pre>"


def _findings(analysis: Analysis) -> Iterator[str]:
    if analysis.findings:
        yield "<h2>Findings</h2>"
    order = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
    ranked = sorted(analysis.findings, key=lambda finding: order[finding.severity])
    yield from (_finding(finding) for finding in ranked)


def _finding(finding: Finding) -> str:
    page = explain(finding.code)
    places = "\n".join(
        f"{item.place}{': ' + item.text.strip() if item.text else ''}" for item in finding.evidence
    )
    who = f"{finding.client}: " if finding.client else ""
    return (
        f'<details><summary><span class="tag {finding.severity.value}">{finding.severity.value}</span> '
        f"<code>{escape(finding.code)}</code> {escape(who + finding.message)}</summary>"
        f"<p><strong>{escape(page.title)}.</strong> {escape(page.what)} {escape(page.why)}</p>"
        f"<p>{escape(page.change)}</p>"
        f'<p class="quiet">{escape(page.clause)}</p><pre>{escape(places)}</pre></details>'
    )


def _sources(sources: tuple[Source, ...]) -> Iterator[str]:
    yield "<h2>Read</h2><table><tr><th>file</th><th>format</th><th>node</th><th>role</th><th>lines</th>"
    yield "<th>events</th><th>not understood</th><th>of those about DHCP</th><th>problems</th></tr>"
    for source in sources:
        cells = (
            source.file,
            source.format,
            source.node,
            source.role.value if source.role else "",
            source.lines,
            source.events,
            source.unparsed,
            source.unparsed_dhcp,
            "; ".join(source.problems),
        )
        yield "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in cells) + "</tr>"
    yield "</table>"
