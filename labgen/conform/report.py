"""Runs of vectors as table, Markdown, JSON, JUnit and HTML."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from xml.etree import ElementTree

from labgen.conform.outcome import RelayRun, VectorOutcome, VectorResult, to_json

_MARKS = {
    VectorOutcome.PASS: "pass",
    VectorOutcome.WRONG: "WRONG",
    VectorOutcome.CHOICE: "choice",
    VectorOutcome.UNSUPPORTED: "-",
}
_ELEMENTS = {
    VectorOutcome.WRONG: "failure",
    VectorOutcome.CHOICE: "skipped",
    VectorOutcome.UNSUPPORTED: "skipped",
}


def table(runs: Sequence[RelayRun]) -> str:
    """One line per vector, one column per relay; below it what differs, with the clause."""
    names = [run.relay for run in runs]
    rows = [("VECTOR", "CLAUSE", *names), *_rows(runs)]
    rows.append(("", "", *(f"{run.tally[VectorOutcome.PASS]}/{len(run.results)}" for run in runs)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join([*lines, "", *_remarks(runs)]).rstrip()


def _rows(runs: Sequence[RelayRun]) -> Iterator[tuple[str, ...]]:
    for results in zip(*(run.results for run in runs), strict=True):
        vector = results[0].vector
        yield (vector.id, vector.clause, *(_MARKS[result.outcome] for result in results))


def _remarks(runs: Sequence[RelayRun]) -> Iterator[str]:
    for run in runs:
        differing = [
            result for result in run.results if result.outcome in (VectorOutcome.WRONG, VectorOutcome.CHOICE)
        ]
        if differing:
            yield f"{run.relay} ({run.version})"
            yield from (f"  {_remark(result)}" for result in differing)


def _remark(result: VectorResult) -> str:
    vector = result.vector
    return f"{result.outcome.value:6} {vector.id}: {'; '.join(result.seen)}. {vector.clause}: {vector.why}"


def markdown(runs: Sequence[RelayRun]) -> str:
    """The published table."""
    lines = [
        f"| vector | clause | {' | '.join(run.relay for run in runs)} |",
        f"|---|---|{'---|' * len(runs)}",
    ]
    for results in zip(*(run.results for run in runs), strict=True):
        vector = results[0].vector
        marks = " | ".join(_MARKS[result.outcome] for result in results)
        lines.append(f"| `{vector.id}` {vector.title} | {vector.clause} | {marks} |")
    totals = " | ".join(f"{run.tally[VectorOutcome.PASS]} of {len(run.results)}" for run in runs)
    lines.append(f"| passed | | {totals} |")
    return "\n".join([*lines, "", *_source_table(runs), "", *_differences(runs)]).rstrip()


def sources(run: RelayRun) -> Mapping[str, tuple[int, int]]:
    """Vectors passed and vectors there are, by the document of the clause and by the projects whose tests try the same."""
    found: dict[str, tuple[int, int]] = {}
    for result in run.results:
        document = " ".join(result.vector.clause.split()[:2])
        for source in (document, *(f"tests of {name}" for name in result.vector.seen_in)):
            passed, number = found.get(source, (0, 0))
            found[source] = (passed + (result.outcome is VectorOutcome.PASS), number + 1)
    return dict(sorted(found.items(), key=lambda item: _source_order(item[0])))


def _source_order(source: str) -> tuple[bool, int, str]:
    word = source.split()[-1]
    return (not source.startswith("RFC"), int(word) if word.isdecimal() else 0, source)


def _source_table(runs: Sequence[RelayRun]) -> Iterator[str]:
    yield f"| passed of vectors, by source | {' | '.join(run.relay for run in runs)} |"
    yield f"|---|{'---|' * len(runs)}"
    found = [sources(run) for run in runs]
    for source in found[0] if found else ():
        yield f"| {source} | {' | '.join(f'{each[source][0]} of {each[source][1]}' for each in found)} |"


def _differences(runs: Sequence[RelayRun]) -> Iterator[str]:
    for run in runs:
        differing = [
            result for result in run.results if result.outcome in (VectorOutcome.WRONG, VectorOutcome.CHOICE)
        ]
        if not differing:
            continue
        yield f"**{run.relay}** ({run.version})"
        yield ""
        for result in differing:
            vector = result.vector
            yield f"* *{result.outcome.value}* `{vector.id}` ({vector.clause}): {'; '.join(result.seen)}"
        yield ""


def json_text(runs: Sequence[RelayRun]) -> str:
    """Runs as indented JSON."""
    return json.dumps(to_json(runs), indent=2)


def junit(runs: Sequence[RelayRun]) -> str:
    """A test suite per relay, a test case per vector."""
    root = ElementTree.Element("testsuites", name="conformance")
    for run in runs:
        root.append(_suite(run))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode")


def _suite(run: RelayRun) -> ElementTree.Element:
    skipped = run.tally[VectorOutcome.CHOICE] + run.tally[VectorOutcome.UNSUPPORTED]
    counts = {
        "tests": len(run.results),
        "failures": run.tally[VectorOutcome.WRONG],
        "errors": 0,
        "skipped": skipped,
    }
    suite = ElementTree.Element("testsuite", name=run.relay)
    for key, value in counts.items():
        suite.set(key, str(value))
    properties = ElementTree.SubElement(suite, "properties")
    ElementTree.SubElement(properties, "property", name="version", value=run.version)
    for result in run.results:
        name = f"conformance.{result.vector.group}"
        case = ElementTree.SubElement(suite, "testcase", name=result.vector.id, classname=name)
        element = _ELEMENTS.get(result.outcome)
        if element is not None:
            detail = ElementTree.SubElement(
                case, element, message=f"{result.outcome.value}: {'; '.join(result.seen)}"
            )
            detail.text = f"{result.vector.clause}: {result.vector.why}"
    return suite


_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#222}table{border-collapse:collapse}"
    "td,th{border:1px solid #ccc;padding:.3rem .6rem;text-align:left}.pass{background:#e3f5e3}"
    ".wrong{background:#f9dada}.choice{background:#fdf3d0}.unsupported{color:#777}"
    "@media (prefers-color-scheme:dark){body{background:#111;color:#ddd}.pass{background:#143314}"
    ".wrong{background:#4a1515}.choice{background:#453a10}td,th{border-color:#444}}"
)


def html_text(runs: Sequence[RelayRun]) -> str:
    """A page of its own, without scripts or anything from elsewhere."""
    head = "".join(
        f"<th scope=col>{_esc(run.relay)}<br><small>{_esc(run.version)}</small></th>" for run in runs
    )
    rows = "".join(_html_row(results) for results in zip(*(run.results for run in runs), strict=True))
    totals = "".join(f"<td>{run.tally[VectorOutcome.PASS]} of {len(run.results)}</td>" for run in runs)
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>Conformance of DHCP relays</title><style>{_STYLE}</style><h1>Conformance of DHCP relays</h1>"
        f"<table><thead><tr><th scope=col>vector</th><th scope=col>clause</th>{head}</tr></thead>"
        f"<tbody>{rows}<tr><th scope=row colspan=2>passed</th>{totals}</tr></tbody></table></html>\n"
    )


def _html_row(results: Sequence[VectorResult]) -> str:
    vector = results[0].vector
    cells = "".join(
        f"<td class={result.outcome.value}>{result.outcome.value}"
        + (f"<br><small>{_esc('; '.join(result.seen))}</small>" if result.seen else "")
        + "</td>"
        for result in results
    )
    about = f"<b>{_esc(vector.id)}</b><br>{_esc(vector.title)}"
    return f"<tr><th scope=row>{about}</th><td>{_esc(vector.clause)}<br><small>{_esc(vector.why)}</small></td>{cells}</tr>"


def _esc(text: str) -> str:
    return html.escape(text, quote=True)


FORMATS: Mapping[str, Callable[[Sequence[RelayRun]], str]] = MappingProxyType(
    {"table": table, "json": json_text, "junit": junit, "html": html_text, "markdown": markdown}
)
"""Every form by its name on the command line."""
