"""Patterns that are asked only where a text has one of their parts: found is what would be found without."""

from __future__ import annotations

from pathlib import Path

import pytest

from labgen.dhcp import complaints, sentences
from labgen.dhcp.parts import Words

TEXTS = Path(__file__).parent.parent / "analyze"
WORDS: dict[str, Words] = {
    **{str(cause): pattern for cause, pattern in sentences.SURE},
    "telling": sentences.TELLING,
    "harmless": sentences.HARMLESS,
    "in vain": complaints.IN_VAIN,
    "speaks": complaints.SPEAKS,
}


@pytest.fixture(scope="module")
def lines() -> set[str]:
    files = [file for file in TEXTS.rglob("*") if file.suffix in (".txt", ".log", ".md", ".yml")]
    return {text for file in files for text in file.read_text("utf-8", "replace").splitlines()}


@pytest.mark.slow
@pytest.mark.parametrize("name", WORDS)
def test_parts_hide_nothing_that_the_pattern_finds(name: str, lines: set[str]) -> None:
    words = WORDS[name]
    found = {text for text in lines if words.everywhere(text)}
    assert found
    assert found == {text for text in lines if words.search(text)}


def test_a_text_without_any_part_is_not_searched() -> None:
    words = Words(r"no (?:lease|offer)\b", "lease offer")
    assert words.search("NO LEASE left") is not None
    assert words.search("no route") is None
    assert Words(r"route", "lease").search("no route") is None
