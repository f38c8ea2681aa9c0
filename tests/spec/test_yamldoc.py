"""The one YAML loader: plain data, places, bounds, and words for what it does not take."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labgen.ground import yamldoc
from labgen.ground.errors import SpecError


def refused(text: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        yamldoc.parse(text, Path("some.yml"))
    return caught.value


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("12", 12),
        ("-3", -3),
        ("1.5", 1.5),
        ("true", True),
        ("True", True),
        ("null", None),
        ("~", None),
        ("", None),
        ("no", "no"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("52:54:00:12:34:56", "52:54:00:12:34:56"),
        ("10:20:30", "10:20:30"),
        ("0x1f", "0x1f"),
        ("1e3", "1e3"),
        ("2024-01-01", "2024-01-01"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("'010'", "010"),
        ("!!str 12", "12"),
        ("!!int 12", 12),
    ],
)
def test_a_scalar_is_what_it_looks_like(written: str, read: object) -> None:
    found = yamldoc.parse(f"key: {written}").data["key"]
    assert found == read
    assert type(found) is type(read)


def test_keys_are_text() -> None:
    assert yamldoc.parse("on: 1\n43: a\nnull: b\n").data == {"on": 1, "43": "a", "null": "b"}


def test_a_merge_key_adds_what_the_mapping_does_not_say_itself() -> None:
    text = "x-common: &common {lease: 1h, split: even}\npool:\n  <<: *common\n  lease: 2h\n"
    document = yamldoc.parse(text)
    assert document.data == {"pool": {"lease": "2h", "split": "even"}}
    assert document.marks["pool", "split"].line == 1
    assert document.marks["pool", "lease"].line == 4


def test_of_several_merged_mappings_the_first_wins() -> None:
    document = yamldoc.parse("x-a: &a {k: 1}\nx-b: &b {k: 2, l: 3}\nm: {<<: [*a, *b]}\n")
    assert document.data == {"m": {"k": 1, "l": 3}}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 010", 1, "begins with a zero"),
        ("b: 1\na: !foo x", 2, "the tag `!foo` means nothing here"),
        ("a: !!timestamp x", 1, "the tag `!!timestamp` means nothing here"),
        ("a: !!int abc", 1, "is not what `!!int` says"),
        ("a: " + "9" * 5000, 1, "a number of 5000 digits"),
        ("a: &a [*a]", 1, "stands inside the value it refers to"),
        ("a: &a {<<: *a}", 1, "stands inside the value it refers to"),
        ("b: 1\na: *nobody", 2, "`*nobody` refers to nothing"),
        ("a: 1\nb: 2\na: 3", 3, "key `a` stands here again (first in line 1)"),
        ("a: 1\n---\nb: 1", 3, "a second document begins here"),
        ("a:\n  [b]: c", 2, "a key is a word"),
        ("a: {<<: 5}", 1, "`<<` takes a mapping"),
        ("- a", 1, "expected a mapping of keys"),
        ("", 1, "expected a mapping of keys"),
        ("a: [1", 1, "a bracket is not closed"),
        ("a: b: c", 1, "a second colon"),
        ("a:\n  b: 1\n c: 2", 3, "the indentation does not fit"),
        ("\ta: 1", 1, "a character that YAML gives no meaning here"),
        ("a: 'b", 1, "a quotation mark is not closed"),
        ("a: \x01", 1, "a control character"),
        ("a: " + "[" * 60 + "]" * 60, 1, "more than 40 levels deep"),
        ("a: " + "{b: " * 5000, 1, "more than 40 levels deep"),
    ],
)
def test_what_it_does_not_take_is_told_with_its_line(text: str, line: int, said: str) -> None:
    problem = refused(text).problems[0]
    assert problem.line == line
    assert said in problem.reason
    assert problem.remedy


@pytest.mark.slow
@pytest.mark.parametrize("form", ["lists", "merges"])
def test_what_aliases_unfold_to_is_bounded(form: str) -> None:
    rows = ["a0: &a0 {k: 1}"]
    for n in range(1, 12):
        ten = ", ".join([f"*a{n - 1}"] * 10)
        rows.append(f"a{n}: &a{n} " + (f"[{ten}]" if form == "lists" else f"{{<<: [{ten}]}}"))
    assert "unfolds to more than" in refused("\n".join(rows)).problems[0].reason


def test_a_file_larger_than_the_bound_is_refused_by_its_size(tmp_path: Path) -> None:
    file = tmp_path / "large.yml"
    file.write_text("# comment\n" * 500_000)
    with pytest.raises(SpecError, match="larger than 4 MiB"):
        yamldoc.read(file)


def test_control_characters_of_a_line_do_not_reach_the_terminal() -> None:
    problem = refused("a: !foo \u202eevil\u202c").problems[0]
    assert problem.text == "a: !foo \\u202eevil\\u202c"


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        yamldoc.parse(text)
    except SpecError as error:
        assert error.problems


@given(
    st.lists(
        st.sampled_from(
            ["a", ": ", "\n", "  ", "- ", "&x ", "*x", "<<", "[", "]", "{", "}", "!t ", "010", ",", "'"]
        ),
        max_size=30,
    )
)
def test_any_row_of_yaml_pieces_is_read_or_refused(pieces: list[str]) -> None:
    try:
        yamldoc.parse("".join(pieces))
    except SpecError as error:
        assert error.problems
