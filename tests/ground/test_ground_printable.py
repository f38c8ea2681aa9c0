"""What others wrote is shown as text and commands no terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labgen.ground.printable import printable, printable_lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x1b[2Jgone", r"\x1b[2Jgone"),
        ("\x9b2J", r"\x9b2J"),
        ("pc\u202egnp.exe", r"pc\u202egnp.exe"),
        ("a\u200bb\ufeff", r"a\u200bb\ufeff"),
        ("\U000e0041", r"\U000e0041"),
        ("one\rtwo", r"one\x0dtwo"),
        ("\udc80", r"\udc80"),
    ],
)
def test_what_commands_a_terminal_or_a_reader_becomes_visible(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable_lines(text) == shown


@pytest.mark.parametrize("text", ["vlan1000", "Zürich 東京", "a\tb", r"\x1b is an escape", "─▶ ✔ ü"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_lines_stay_lines_only_where_they_may() -> None:
    assert printable("a\nb") == r"a\x0ab"
    assert printable_lines("a\nb\r\n") == "a\nb\\x0d\n"


@given(st.text())
def test_nothing_that_is_not_printed_is_left(text: str) -> None:
    shown = printable_lines(text)
    assert all(ch in "\n\t" or (ch >= " " and not "\x7f" <= ch <= "\x9f") for ch in shown)
    shown.encode()
    assert printable_lines(shown) == shown
