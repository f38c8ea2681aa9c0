"""Mistakes in two networks of one's own: each gets an answer that a person can act on, and what only looks like one is taken.

`python tests/spec/test_spec_mistakes_of_networks.py` writes the answers anew.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import pytest
from spec_mistakes_of_networks import (
    BRANCH_MISTAKES,
    BRANCH_VARIANTS,
    BRANCHES,
    FABRIC,
    FABRIC_MISTAKES,
    FABRIC_VARIANTS,
)
from test_spec_mistakes import JARGON, answer

MISTAKES = [(FABRIC, *each) for each in FABRIC_MISTAKES] + [(BRANCHES, *each) for each in BRANCH_MISTAKES]
VARIANTS = [(FABRIC, *each) for each in FABRIC_VARIANTS] + [(BRANCHES, *each) for each in BRANCH_VARIANTS]
GOLDEN = Path(__file__).with_name("mistakes_of_networks.txt")


def written(folder: Path) -> str:
    return "\n".join(
        f"-- {old!r} -> {new!r}\n{answer(old, new, folder, good)}\n" for good, old, new in MISTAKES
    )


@pytest.mark.parametrize("good", [FABRIC, BRANCHES])
def test_the_networks_without_a_mistake_are_taken(tmp_path: Path, good: str) -> None:
    assert answer("name: ", "name: ", tmp_path, good) == ""


@pytest.mark.parametrize(("good", "old", "new"), MISTAKES, ids=range(len(MISTAKES)))
def test_a_mistake_is_refused_with_its_line_in_words_of_the_field(
    tmp_path: Path, good: str, old: str, new: str
) -> None:
    said = answer(old, new, tmp_path, good)
    assert re.match(r"office\.yml:\d+:\d+: |office\.yml:\d+: ", said), said or "taken"
    assert not JARGON.search(said), said
    assert all(len(line) < 400 for line in said.splitlines())


@pytest.mark.parametrize(("good", "old", "new"), VARIANTS, ids=range(len(VARIANTS)))
def test_what_only_looks_odd_is_taken(tmp_path: Path, good: str, old: str, new: str) -> None:
    assert answer(old, new, tmp_path, good) == ""


def test_every_message_is_as_it_was_read_and_found_good(tmp_path: Path) -> None:
    assert written(tmp_path) == GOLDEN.read_text()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        GOLDEN.write_text(written(Path(place)))
    sys.stdout.write(f"{len(MISTAKES)} mistakes\n")
