"""The matrix on a terminal, as HTML, as JUnit XML."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from matrix_values import EVERYTHING, cell, row
from rich.console import Console

from labgen.ground.errors import UsageError
from labgen.matrix import console, junit
from labgen.matrix.model import Axes, CellOutcome, Matrix
from labgen.matrix.notes import marks, notes
from labgen.matrix.write import html_text, require_own, write

PASS, FAIL, INCOMPLETE, ERROR, REFUSED = CellOutcome


def printed(matrix: Matrix, *, width: int = 110, verbose: bool = False) -> str:
    stream = StringIO()
    screen = Console(file=stream, width=width, no_color=True)
    console.render(matrix, screen, verbose=verbose)
    return stream.getvalue()


# --- terminal ---


def test_each_outcome_has_its_mark_and_its_words() -> None:
    table = next(line for line in printed(EVERYTHING).splitlines() if line.startswith("dhclient"))
    for shown in ("✔ 70", "✘ 4 of 70", "◌ 69 of 70", "‼ error", "– refused"):
        assert shown in table


def test_the_verdict_is_on_the_last_line() -> None:
    last = printed(EVERYTHING).splitlines()[-1]
    assert last == "FAIL  1 of 5 combinations failed, 1 could not be run, 1 incomplete, 1 passed, 1 refused"
    assert printed(row(PASS, interrupted=True)).splitlines()[-1].startswith("INTERRUPTED")


def test_notes_tell_reasons_checks_findings_and_what_was_known() -> None:
    text = printed(EVERYTHING)
    for words in (
        "each client is never refused",
        "2 of 2: 1 NAK from 172.16.0.5",
        "kea-dhcp4 of srv ended",
        "`frr-dnsmasq` cannot choose the giaddr",
        "unexpected-address: A server was asked for an address it did not offer",
        "server-naks-foreign",
    ):
        assert words in text
    assert "duplicate-relay" not in text
    assert "duplicate-relay" in printed(EVERYTHING, verbose=True)


def test_a_note_is_said_once_and_marks_every_cell_it_is_about() -> None:
    matrix = row(PASS, FAIL, REFUSED)
    found = notes(matrix)
    (odd,) = [note for note in found if note.code == "unexpected-address"]
    assert odd.cells == matrix.cells[:2]
    assert odd.mark in marks(found, matrix.cells[0])
    assert odd.mark not in marks(found, matrix.cells[2])


def test_marks_go_on_after_z() -> None:
    cells = tuple(replace(cell(REFUSED, f"s{n}"), reason=f"reason {n}") for n in range(28))
    matrix = replace(row(), axes=Axes(("dhclient",), ("frr",), tuple(c.server for c in cells)), cells=cells)
    assert [note.mark for note in notes(matrix)][24:] == ["y", "z", "aa", "ab"]


@pytest.mark.parametrize("width", [40, 60, 80, 110])
def test_no_line_is_wider_than_the_terminal_and_every_server_is_shown(width: int) -> None:
    """The report's path apart: it is there to be copied."""
    lines = [line for line in printed(EVERYTHING, width=width).splitlines() if not line.startswith("Report")]
    assert max(map(len, lines)) <= width
    assert all(f"server{number}" in "\n".join(lines) for number in range(5))


def test_progress_is_one_line() -> None:
    stream = StringIO()
    console.progress(cell(ERROR), Console(file=stream, width=110, no_color=True))
    assert stream.getvalue() == "‼ dhclient × frr × kea  error: kea-dhcp4 of srv ended, 4.2 s\n"


# --- JUnit ---


def test_each_combination_is_a_testcase() -> None:
    root = ElementTree.fromstring(junit.text(EVERYTHING))
    counts = {name: root.attrib[name] for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "5", "failures": "1", "errors": "2", "skipped": "1"}
    failure = root.find(".//failure")
    assert failure is not None and "1 NAK from 172.16.0.5" in (failure.text or "")


def test_a_matrix_in_which_nothing_ran_is_an_error_for_junit() -> None:
    root = ElementTree.fromstring(junit.text(row(REFUSED, REFUSED)))
    assert (root.attrib["skipped"], root.attrib["errors"]) == ("2", "1")
    assert ElementTree.fromstring(junit.text(row(PASS, REFUSED))).attrib["errors"] == "0"


# --- HTML ---


class Reader(HTMLParser):
    """Links, visible words, and classes of the boxes; every element is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.boxes: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in ("meta", "br"):
            self.open.append(tag)
        if tag == "a":
            self.links.append(given.get("href") or "")
        classes = (given.get("class") or "").split()
        if "box" in classes:
            self.boxes.append(classes[1])
        assert not {"src", "onerror", "onload"} & set(given)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words += f" {data}"


def test_the_page_shows_every_cell_and_links_its_report() -> None:
    page = Reader(html_text(EVERYTHING))
    assert page.open == []
    assert page.boxes == [outcome.value for outcome in CellOutcome]
    assert "dhclient_frr_server1/runs/1-acquire/report.html" in page.links
    words = re.sub(r"\s+", " ", page.words)
    assert "1 of 5 combinations failed" in words
    assert "each client is never refused" in words
    assert "http" not in "".join(page.links)


def test_what_a_lab_said_cannot_become_markup() -> None:
    hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    matrix = row(REFUSED)
    text = html_text(replace(matrix, cells=(replace(matrix.cells[0], reason=hostile),)))
    assert "<script" not in text and "<img" not in text
    assert Reader(text).open == []


def test_reports_are_written_beside_each_other(tmp_path: Path) -> None:
    files = write(EVERYTHING, tmp_path)
    assert json.loads(files["json"].read_text()) == json.loads(json.dumps(EVERYTHING.to_json()))
    assert {file.name for file in tmp_path.iterdir()} == {"matrix.json", "junit.xml", "matrix.html"}


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    require_own(tmp_path / "new")
    require_own(tmp_path)
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(UsageError, match="holds no matrix"):
        require_own(tmp_path)
    (tmp_path / "dhclient_frr_kea").mkdir()
    (tmp_path / "dhclient_frr_kea/manifest.json").write_text("{}")
    require_own(tmp_path)
