"""The matrix as JUnit XML: one testcase per combination."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from labgen.matrix.model import CellOutcome, Matrix, MatrixCell
from labgen.report.junit import HEAD, count
from labgen.report.xmltext import clean
from labgen.verify.verdict import Conclusion

# JUnit calls skipped what was not built; the matrix as a whole says whether anything was shown.
_ELEMENTS = {
    CellOutcome.FAIL: "failure",
    CellOutcome.ERROR: "error",
    CellOutcome.INCOMPLETE: "error",
    CellOutcome.REFUSED: "skipped",
}


def text(matrix: Matrix) -> str:
    """One testsuite for the scenario. Where nothing passed and nothing failed there is one more testcase, an error: skipped
    tests alone would be taken for a pass.
    """
    root = ElementTree.Element("testsuites", name=clean(f"{matrix.scenario} matrix"))
    suite = ElementTree.SubElement(
        root, "testsuite", name=clean(f"{matrix.scenario}.matrix"), time=f"{matrix.seconds:.3f}"
    )
    suite.extend(_case(cell, matrix) for cell in matrix.cells)
    if matrix.conclusion is Conclusion.INCOMPLETE:
        case = ElementTree.SubElement(
            suite, "testcase", name="every combination ran", classname="matrix.complete"
        )
        ElementTree.SubElement(case, "error", message=clean(matrix.tally), type="incomplete")
    count(root)
    ElementTree.indent(root)
    return f"{HEAD}{ElementTree.tostring(root, encoding='unicode')}\n"


def _case(cell: MatrixCell, matrix: Matrix) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        name=clean(cell.name),
        classname=clean(f"{matrix.scenario}.matrix"),
        time=f"{cell.seconds:.3f}",
    )
    name = _ELEMENTS.get(cell.outcome)
    if name is not None:
        message = f"{cell.outcome.value}: {cell.reason}"
        element = ElementTree.SubElement(case, name, message=clean(message))
        if name != "skipped":
            element.set("type", cell.outcome.value)
        element.text = clean("\n".join(_story(cell)))
    ElementTree.SubElement(case, "system-out").text = clean("\n".join(_remarks(cell)))
    return case


def _story(cell: MatrixCell) -> Iterator[str]:
    yield cell.reason
    for bad in cell.unpassed:
        yield f"{bad.outcome.value}: {bad.title}: {bad.count} of {bad.total}: {bad.observed}"


def _remarks(cell: MatrixCell) -> Iterator[str]:
    yield f"{cell.passed} of {cell.planned} checks passed"
    yield from (f"warning: {warned.message} ({warned.code})" for warned in cell.warnings)
    yield from (f"finding: {found.severity.value} {found.code} ({found.count})" for found in cell.findings)
    if cell.run:
        yield f"report: {cell.run}/report.html"
