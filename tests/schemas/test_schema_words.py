"""Descriptions of fields stand below the fields."""

from __future__ import annotations

from dataclasses import dataclass

from labgen.schemas import words


@dataclass
class Place:
    """Where something is. It has more sentences."""

    node: str
    """the node
    it is on"""
    file: str = ""
    line: int = 0
    """line, from 1"""

    def shown(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass
class Witnessed(Place):
    by: str = ""
    """who saw it"""
    line: int = 0
    """line of the witness"""


def test_a_field_is_described_by_the_string_below_it() -> None:
    assert words.of_fields(Place) == {"node": "the node it is on", "line": "line, from 1"}


def test_an_inherited_field_keeps_its_description_unless_it_is_described_anew() -> None:
    assert words.of_fields(Witnessed) == {
        "node": "the node it is on",
        "by": "who saw it",
        "line": "line of the witness",
    }


def test_a_class_is_described_by_its_first_sentence() -> None:
    assert words.of_class(Place) == "Where something is"
