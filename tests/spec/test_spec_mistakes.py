"""Every mistake gets an answer that a person can act on: these are all of them, to be read aloud.

`python tests/spec/test_spec_mistakes.py` writes the file anew.
"""

from __future__ import annotations

import re
import sys
import tempfile
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from spec_mistakes import GOOD
from spec_mistakes import MISTAKES as PLAIN
from spec_mistakes_of_keys import KEY_MISTAKES

from labgen.ground import yamldoc
from labgen.ground.errors import SpecError
from labgen.plan.build import build
from labgen.spec.load import load
from labgen.spec.model import Spec
from labgen.verify import references

MISTAKES = (*PLAIN, *KEY_MISTAKES)
GOLDEN = Path(__file__).with_name("mistakes.txt")
BEYOND_A_SCHEMA = [
    "prefix: 10.20.20.1/24",
    "reservations: {'00:11:22': 10.20.10.10}",
    "6: 10.9.9.8",
    "classless-routes: [{to: 10.0.0.1/8, via: 10.20.10.1}]",
    "[pc1, clients]",
    "vrfs: {eth1: {}, guests: {}}",
    "    prefix: 10.20.20.0/24\n    secondary: 10.20.21.1/24\n",
    "externals: {fw1: {attach: {core1: {address: 10.8.0.3/30}}}}",
    "nodes: {pc1: {program: {command: sh, ready: '('}}}",
    "[pc1, host]",
    "[pc1, selected-server]",
]
DEVICES = re.compile(r"(known devices|use one of): (?:[a-z0-9_-]+, ){3,}[a-z0-9_-]+$", re.MULTILINE)
"""Lists of all devices that can do something: they grow."""
JARGON = re.compile(
    r"pydantic|validat|\binput\b|Input should|string_|_type\b|NoneType|Traceback|Exception|\bNone\b|\bdict\b|tuple|regex"
)
"""Words of programs, which nobody who writes a spec should have to know."""


def answer(old: str, new: str, folder: Path, good: str = GOOD) -> str:
    """What labgen says of the good spec with one thing changed; empty where it takes it."""
    assert old in good
    file = folder / "office.yml"
    file.write_text(good.replace(old, new, 1))
    try:
        loaded = load(str(file))
        references.require(loaded, build(loaded))
    except SpecError as error:
        return DEVICES.sub(r"\1: ...", str(error).replace(f"{folder}/", ""))
    return ""


def written(folder: Path) -> str:
    return "\n".join(f"-- {old!r} -> {new!r}\n{answer(old, new, folder)}\n" for old, new in MISTAKES)


def test_the_spec_without_a_mistake_is_taken(tmp_path: Path) -> None:
    assert answer("office", "office", tmp_path) == ""


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new"), MISTAKES, ids=range(len(MISTAKES)))
def test_a_mistake_is_refused_with_its_line_in_words_of_the_field(tmp_path: Path, old: str, new: str) -> None:
    said = answer(old, new, tmp_path)
    assert re.match(r"office\.yml:\d+:\d+: |office\.yml:\d+: ", said), said or "taken"
    assert not JARGON.search(said), said
    assert all(len(line) < 400 for line in said.splitlines())


def test_the_json_schema_takes_what_the_loader_takes() -> None:
    assert schema().is_valid(yamldoc.parse(GOOD).data)


@pytest.mark.slow
def test_the_json_schema_refuses_what_the_loader_refuses_for_the_form_of_a_value(tmp_path: Path) -> None:
    """What a schema cannot say is written out: letters of names that are words, sums, and what an option's name demands."""
    missed: list[str] = []
    for _, new in (each for each in MISTAKES if refused_by_form(*each, tmp_path)):
        if schema().is_valid(yamldoc.parse((tmp_path / "office.yml").read_text()).data):
            missed.append(new)
    assert missed == BEYOND_A_SCHEMA


def test_every_key_has_a_description_and_an_example_and_a_default_unless_it_must_be_there() -> None:
    document = Spec.model_json_schema()
    bare = [
        f"{name}.{key}"
        for name, part in [("Spec", document), *document["$defs"].items()]
        for key, said in part.get("properties", {}).items()
        if not {"description", "examples"} <= set(said)
        or ("default" not in said and key not in part.get("required", ()) and name != "Spec")
    ]
    assert bare == []


def refused_by_form(old: str, new: str, folder: Path) -> bool:
    """Whether the model alone refuses it, in a file that is YAML."""
    file = folder / "office.yml"
    file.write_text(GOOD.replace(old, new, 1))
    try:
        yamldoc.parse(file.read_text())
    except SpecError:
        return False
    try:
        load(str(file))
    except SpecError:
        return True
    return False


@cache
def schema() -> Draft202012Validator:
    return Draft202012Validator(Spec.model_json_schema())


@pytest.mark.slow
def test_every_message_is_as_it_was_read_and_found_good(tmp_path: Path) -> None:
    assert written(tmp_path) == GOLDEN.read_text()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        GOLDEN.write_text(written(Path(place)))
    sys.stdout.write(f"{len(MISTAKES)} mistakes\n")
