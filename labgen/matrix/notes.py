"""Notes about the cells of a matrix, each thing once, with a letter that the cells carry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from string import ascii_lowercase

from labgen.dhcp.model import Severity
from labgen.matrix.model import CellOutcome, Matrix, MatrixCell, Unpassed
from labgen.report.findings import page
from labgen.verify.judgement import Outcome

KINDS = ("fail", "error", "blocked", "incomplete", "refused", "warning", "info", "known")
"""Worst first. `known` is what labgen warned of before anything ran."""

_SEVERITIES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "info"}


@dataclass(frozen=True, slots=True)
class Note:
    """One thing about some cells. `code` of a finding, a check or a warning; `detail` is of the first cell."""

    mark: str
    kind: str
    code: str
    text: str
    detail: str
    cells: tuple[MatrixCell, ...]


@dataclass(frozen=True, slots=True)
class _Remark:
    kind: str
    code: str
    text: str
    detail: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.kind, self.code, self.text


def notes(matrix: Matrix, *, everything: bool = False) -> tuple[Note, ...]:
    """Worst kinds first, otherwise in the order of the cells. Findings that are merely informative, and warnings that
    labgen gave beforehand about cells that passed, only with `everything`.
    """
    found: dict[tuple[str, str, str], tuple[_Remark, list[MatrixCell]]] = {}
    for cell in matrix.cells:
        for remark in _remarks(cell, everything):
            found.setdefault(remark.key, (remark, []))[1].append(cell)
    ordered = sorted(found.values(), key=lambda item: KINDS.index(item[0].kind))
    return tuple(
        Note(_mark(at), remark.kind, remark.code, remark.text, remark.detail, tuple(cells))
        for at, (remark, cells) in enumerate(ordered)
    )


def _mark(at: int) -> str:
    """a, b, ... z, aa, ab, ..."""
    letter = ascii_lowercase[at % 26]
    return letter if at < 26 else _mark(at // 26 - 1) + letter


def _remarks(cell: MatrixCell, everything: bool) -> Iterator[_Remark]:
    if cell.outcome in (CellOutcome.REFUSED, CellOutcome.ERROR, CellOutcome.INCOMPLETE) and not cell.unpassed:
        yield _Remark(cell.outcome.value, "", *_first_line(cell.reason))
    yield from (_check(bad) for bad in cell.unpassed)
    for finding in cell.findings:
        if everything or finding.severity is not Severity.INFO:
            known = page(finding.code)
            title = (known.title if known else "") + (
                " (this scenario is there to show it)" if finding.expected else ""
            )
            yield _Remark(_SEVERITIES[finding.severity], finding.code, title)
    if everything or cell.outcome is CellOutcome.FAIL:
        yield from (_Remark("known", warned.code, warned.message) for warned in cell.warnings)


def _check(bad: Unpassed) -> _Remark:
    kind = {Outcome.FAIL: "fail", Outcome.ERROR: "error"}.get(bad.outcome, "blocked")
    return _Remark(kind, bad.check, bad.title, f"{bad.count} of {bad.total}: {bad.observed}")


def _first_line(text: str) -> tuple[str, str]:
    """The first line, and what follows it."""
    first, _, rest = text.partition("\n")
    return first, rest.strip()


def marks(found: tuple[Note, ...], cell: MatrixCell) -> tuple[str, ...]:
    """Letters of the notes about a cell."""
    return tuple(note.mark for note in found if cell in note.cells)
