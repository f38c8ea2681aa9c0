"""The contents of the HTML page of a matrix, ready to be laid out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from labgen.matrix.console import LOOKS, short
from labgen.matrix.model import CellOutcome, Matrix, MatrixCell
from labgen.matrix.notes import Note, marks, notes
from labgen.report.lines import UNICODE

_WORDS = {
    CellOutcome.PASS: "every check passed",
    CellOutcome.FAIL: "checks failed",
    CellOutcome.INCOMPLETE: "did not run, or not to its end",
    CellOutcome.ERROR: "could not be run or judged",
    CellOutcome.REFUSED: "labgen does not build it, and says why",
}


@dataclass(frozen=True, slots=True)
class MatrixBox:
    """A cell of the table. `href` is its own report, empty where there is none; `letters` are its notes."""

    outcome: str
    sign: str
    text: str
    title: str
    seconds: str
    href: str
    letters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """`span` is how many rows the client's name stands beside; 0 where it is written above already."""

    client: str
    span: int
    relay: str
    boxes: tuple[MatrixBox, ...]


@dataclass(frozen=True, slots=True)
class Where:
    """A combination a note is about."""

    name: str
    href: str


@dataclass(frozen=True, slots=True)
class Said:
    """A note, and where it applies."""

    note: Note
    where: tuple[Where, ...]


@dataclass(frozen=True, slots=True)
class MatrixPage:
    """The page from top to bottom."""

    scenario: str
    summary: str
    conclusion: str
    tally: str
    facts: tuple[tuple[str, str], ...]
    servers: tuple[str, ...]
    rows: tuple[MatrixRow, ...]
    legend: tuple[tuple[str, str, str], ...]
    notes: tuple[Said, ...]


def page(matrix: Matrix) -> MatrixPage:
    """The page of a matrix, to lie in its folder: links are relative to that."""
    found = notes(matrix)
    return MatrixPage(
        scenario=matrix.scenario,
        summary=matrix.summary,
        conclusion=matrix.conclusion.value,
        tally=matrix.tally + (", interrupted" if matrix.interrupted else ""),
        facts=tuple(_facts(matrix)),
        servers=matrix.axes.server,
        rows=tuple(_rows(matrix, found)),
        legend=tuple(
            (o.value, UNICODE.of(LOOKS[o]), words) for o, words in _WORDS.items() if matrix.count(o)
        ),
        notes=tuple(Said(note, tuple(map(_where, note.cells))) for note in found),
    )


def _facts(matrix: Matrix) -> Iterator[tuple[str, str]]:
    yield "playbooks", " ".join(matrix.playbooks)
    yield "clients", ", ".join(matrix.axes.client)
    yield "relays", ", ".join(matrix.axes.relay)
    yield "servers", ", ".join(matrix.axes.server)
    if matrix.fixed:
        yield "fixed", ", ".join(f"{node} {device}" for node, device in matrix.fixed)
    yield "checks", str(sum(cell.ran for cell in matrix.cells))
    yield "time", f"{matrix.seconds:.0f} s"


def _rows(matrix: Matrix, found: tuple[Note, ...]) -> Iterator[MatrixRow]:
    for client in matrix.axes.client:
        for at, relay in enumerate(matrix.axes.relay):
            cells = (matrix.cell(client, relay, server) for server in matrix.axes.server)
            span = len(matrix.axes.relay) if at == 0 else 0
            yield MatrixRow(client, span, relay, tuple(_box(cell, found) for cell in cells))


def _box(cell: MatrixCell, found: tuple[Note, ...]) -> MatrixBox:
    return MatrixBox(
        outcome=cell.outcome.value,
        sign=UNICODE.of(LOOKS[cell.outcome]),
        text=short(cell),
        title=f"{cell.name}: {cell.reason or f'{cell.passed} of {cell.planned} checks passed'}",
        seconds=f"{cell.seconds:.1f} s" if cell.run else "",
        href=_href(cell),
        letters=marks(found, cell),
    )


def _where(cell: MatrixCell) -> Where:
    return Where(cell.name, _href(cell))


def _href(cell: MatrixCell) -> str:
    return f"{quote(cell.run)}/report.html" if cell.run else ""
