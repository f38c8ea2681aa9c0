"""The matrix for a terminal: clients and relays down, servers across, notes below, the answer on the last line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from labgen.matrix.model import CellOutcome, Matrix, MatrixCell
from labgen.matrix.notes import Note, marks, notes
from labgen.report.console import BANNER
from labgen.report.lines import STYLES, Sheet, put, sheet
from labgen.verify.judgement import Outcome

LOOKS = {
    CellOutcome.PASS: Outcome.PASS,
    CellOutcome.FAIL: Outcome.FAIL,
    CellOutcome.INCOMPLETE: Outcome.BLOCKED,
    CellOutcome.ERROR: Outcome.ERROR,
    CellOutcome.REFUSED: Outcome.SKIPPED,
}
"""A cell looks like a check with this outcome."""

_STYLES = {"fail": "bold red", "error": "bold magenta", "warning": "yellow", "blocked": "yellow"}
_GAP = 2
# Letters beside a cell, before they are merely counted.
_MOST_LETTERS = 12


def render(matrix: Matrix, console: Console, *, verbose: bool = False) -> None:
    """Print the matrix. At most 110 columns wide; servers that do not fit go into further tables below."""
    page = sheet(console)
    put(console, _lines(matrix, page, verbose))
    word = "INTERRUPTED" if matrix.interrupted else matrix.conclusion.value.upper()
    padded = f" {word} " if console.is_terminal and not console.no_color else word
    put(
        console, [page.cut(Text.assemble((padded, BANNER[matrix.conclusion]), (f"  {matrix.tally}", "bold")))]
    )


def short(cell: MatrixCell) -> str:
    """`70`, `3 of 70`, `refused`: what a cell says beside its mark."""
    if cell.outcome is CellOutcome.PASS:
        return str(cell.passed)
    if cell.outcome is CellOutcome.REFUSED or not cell.planned:
        return "not run" if cell.outcome is CellOutcome.INCOMPLETE else cell.outcome.value
    if cell.outcome is CellOutcome.INCOMPLETE:
        return f"{cell.passed} of {cell.planned}"
    return f"{cell.planned - cell.passed} of {cell.planned}"


def progress(cell: MatrixCell, console: Console) -> None:
    """Print one combination in one line, as it ended."""
    page = sheet(console)
    put(console, [page.cut(_line(cell, page))])


def _line(cell: MatrixCell, page: Sheet) -> Text:
    outcome = LOOKS[cell.outcome]
    words = (
        f"{cell.passed} checks passed" if cell.outcome is CellOutcome.PASS else cell.reason.partition("\n")[0]
    )
    if cell.outcome in (CellOutcome.REFUSED, CellOutcome.ERROR):
        words = f"{cell.outcome.value}: {words}"
    text = Text.assemble((f"{page.marks.of(outcome)} {cell.name}", STYLES[outcome]), f"  {words}")
    return text.append(f", {cell.seconds:.1f} s", "dim")


def _lines(matrix: Matrix, page: Sheet, verbose: bool) -> Iterator[Text]:
    found = notes(matrix, everything=verbose)
    yield from page.paragraph(matrix.summary, lead=Text(f"{matrix.scenario}  ", "bold"), indent=2)
    facts = [
        f"playbooks {' '.join(matrix.playbooks)}",
        _counted(len(matrix.cells)),
        f"{matrix.seconds:.0f} s",
    ]
    facts += [f"{node} {device}" for node, device in matrix.fixed]
    yield from page.paragraph(f" {page.marks.dot} ".join(facts), style="dim")
    yield Text()
    yield from _tables(matrix, found, page)
    yield from _legend(matrix, page)
    yield from _notes(found, page)
    yield Text()
    if matrix.folder:
        yield Text.assemble(("Report  ", "bold"), (f"{matrix.folder}/matrix.html", "cyan"))


def _counted(number: int) -> str:
    return f"{number} combination{'' if number == 1 else 's'}"


def _tables(matrix: Matrix, found: tuple[Note, ...], page: Sheet) -> Iterator[Text]:
    left = [max(map(len, (head, *names))) for head, names in _rows(matrix)]
    texts = {cell: _cell(cell, found, page) for cell in matrix.cells}
    widths = [
        max(len(server), *(texts[cell].cell_len for cell in matrix.cells if cell.server == server))
        for server in matrix.axes.server
    ]
    room = page.width - sum(left) - len(left) * _GAP
    for number, columns in enumerate(_stretches(widths, room)):
        if number:
            yield Text()
        yield from _table(matrix, page, left, [(matrix.axes.server[at], widths[at]) for at in columns], texts)


def _rows(matrix: Matrix) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return ("client", matrix.axes.client), ("relay", matrix.axes.relay)


def _stretches(widths: Sequence[int], room: int) -> Iterator[list[int]]:
    """Columns side by side as far as they fit, at least one."""
    stretch: list[int] = []
    used = 0
    for at, width in enumerate(widths):
        if stretch and used + width + _GAP > room:
            yield stretch
            stretch, used = [], 0
        stretch.append(at)
        used += width + _GAP
    yield stretch


def _table(
    matrix: Matrix,
    page: Sheet,
    left: Sequence[int],
    columns: Sequence[tuple[str, int]],
    texts: dict[MatrixCell, Text],
) -> Iterator[Text]:
    gap = " " * _GAP
    head = Text(f"{'client':{left[0]}}{gap}{'relay':{left[1]}}{gap}", "dim")
    head.append(gap.join(f"{name:{width}}" for name, width in columns), "bold").rstrip()
    yield page.cut(head)
    for client in matrix.axes.client:
        for at, relay in enumerate(matrix.axes.relay):
            row = Text(f"{client if at == 0 else '':{left[0]}}{gap}{relay:{left[1]}}{gap}")
            for server, width in columns:
                text = texts[matrix.cell(client, relay, server)].copy()
                text.pad_right(max(0, width + _GAP - text.cell_len))
                row.append_text(text)
            row.rstrip()
            yield page.cut(row)


def _cell(cell: MatrixCell, found: tuple[Note, ...], page: Sheet) -> Text:
    outcome = LOOKS[cell.outcome]
    letters = marks(found, cell)
    shown = "".join(letters) if all(len(each) == 1 for each in letters) else " ".join(letters)
    if len(shown) > _MOST_LETTERS:
        shown = shown[: _MOST_LETTERS - 1].rstrip() + page.marks.more
    text = Text(f"{page.marks.of(outcome)} {short(cell)}", STYLES[outcome])
    return text.append(f" {shown}", "cyan") if shown else text


def _legend(matrix: Matrix, page: Sheet) -> Iterator[Text]:
    words = {
        CellOutcome.PASS: "checks passed",
        CellOutcome.FAIL: "checks did not pass",
        CellOutcome.INCOMPLETE: "did not run to its end",
        CellOutcome.ERROR: "could not be run",
        CellOutcome.REFUSED: "labgen does not build it",
    }
    used = [f"{page.marks.of(LOOKS[o])} {text}" for o, text in words.items() if matrix.count(o)]
    yield Text()
    yield from page.paragraph("   ".join(used), style="dim")


def _notes(found: tuple[Note, ...], page: Sheet) -> Iterator[Text]:
    if not found:
        return
    yield from page.heading("Notes", "the letters beside the cells")
    width = max(len(note.mark) for note in found)
    for note in found:
        lead = Text.assemble(
            (f"{note.mark:>{width}}  ", "bold cyan"), (f"{note.kind:<11}", _STYLES.get(note.kind, "dim"))
        )
        text = ": ".join(part for part in (note.code if _coded(note) else "", note.text) if part)
        yield from page.paragraph(text, lead=lead, indent=lead.cell_len)
        if note.detail:
            yield from page.paragraph(note.detail, indent=lead.cell_len, style="dim")


def _coded(note: Note) -> bool:
    """True if the code says something that the text does not: a check's title is enough."""
    return note.kind not in ("fail", "blocked") and bool(note.code)
