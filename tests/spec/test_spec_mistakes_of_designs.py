"""Mistakes in designs of one's own: each gets an answer that a person can act on, and what only looks like one is taken.

`python tests/spec/test_spec_mistakes_of_designs.py` writes the answers anew.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from spec_mistakes_of_designs import MISTAKES, VARIANTS
from test_spec_mistakes import JARGON, answer

DESIGNS = Path(__file__).parents[2] / "examples" / "designs"
WRONG = [(design, *each) for design, mistakes in MISTAKES.items() for each in mistakes]
ODD = [(design, *each) for design, variants in VARIANTS.items() for each in variants]
GOLDEN = Path(__file__).with_name("mistakes_of_designs.txt")


def said(design: str, old: str, new: str, folder: Path) -> str:
    for script in DESIGNS.glob("*.sh"):
        shutil.copy(script, folder)
    return answer(old, new, folder, (DESIGNS / f"{design}.yml").read_text())


def written(folder: Path) -> str:
    return "\n".join(
        f"-- {design}: {old!r} -> {new!r}\n{said(design, old, new, folder)}\n" for design, old, new in WRONG
    )


@pytest.mark.parametrize("design", MISTAKES)
def test_the_design_without_a_mistake_is_taken(tmp_path: Path, design: str) -> None:
    assert said(design, "name: ", "name: ", tmp_path) == ""


@pytest.mark.parametrize(("design", "old", "new"), WRONG, ids=range(len(WRONG)))
def test_a_mistake_is_refused_with_its_line_in_words_of_the_field(
    tmp_path: Path, design: str, old: str, new: str
) -> None:
    found = said(design, old, new, tmp_path)
    assert re.match(r"office\.yml:\d+:\d+: |office\.yml:\d+: ", found), found or "taken"
    assert not JARGON.search(found), found
    assert all(len(line) < 400 for line in found.splitlines())


@pytest.mark.parametrize(("design", "old", "new"), ODD, ids=range(len(ODD)))
def test_what_only_looks_odd_is_taken(tmp_path: Path, design: str, old: str, new: str) -> None:
    assert said(design, old, new, tmp_path) == ""


def test_every_message_is_as_it_was_read_and_found_good(tmp_path: Path) -> None:
    assert written(tmp_path) == GOLDEN.read_text()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        GOLDEN.write_text(written(Path(place)))
    sys.stdout.write(f"{len(WRONG)} mistakes\n")
