"""One class, one name; functions of sixty lines and modules of four hundred at the most."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

import labgen
from labgen.devices import registry

PACKAGE = Path(labgen.__file__).parent
TEMPLATES = PACKAGE.parent / "templates"
CODE = [PACKAGE, *(PACKAGE.parent / name for name in ("tests", "benchmarks", "scripts"))]
LONGEST_FUNCTION, LONGEST_MODULE = 60, 400
CLASS = re.compile(r"^ *class (\w+)", re.MULTILINE)


def modules(*roots: Path) -> Iterator[tuple[str, str]]:
    for root in roots:
        for file in sorted(root.rglob("*.py")):
            yield str(file.relative_to(PACKAGE.parent)), file.read_text(encoding="utf-8")


def test_no_two_classes_have_one_name() -> None:
    found: dict[str, list[str]] = defaultdict(list)
    for module, text in modules(PACKAGE):
        for name in CLASS.findall(text):
            found[name].append(module)
    assert len(found) > 700
    assert {name: places for name, places in found.items() if len(places) > 1} == {}


@pytest.mark.slow
def test_no_function_is_longer_than_a_screen() -> None:
    lengths = {
        f"{module}:{node.lineno} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for module, text in modules(*CODE)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert len(lengths) > 5000
    assert {place: lines for place, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


def test_no_module_is_longer_than_four_hundred_lines() -> None:
    lengths = {module: len(text.splitlines()) for module, text in modules(*CODE)}
    assert len(lengths) > 1000
    assert {module: lines for module, lines in lengths.items() if lines > LONGEST_MODULE} == {}


ROUTING = re.compile(r"\b(FRR|vtysh|zebra|ospfd|bgpd|isisd|vrrpd|watchfrr)\b|/frr\b")
SPEC_WORDS = {"labgen/spec/snooping.py"}
"""Where a key's description names FRR switches, whose defaults it tells."""


def values(text: str) -> Iterator[str]:
    """Texts that a module works with or shows, not those that describe it."""
    tree = ast.parse(text)
    described = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described:
            yield node.value


@pytest.mark.slow
def test_only_devices_know_the_routing_daemons() -> None:
    """Who builds, runs and checks labs asks `routing_suite` where they lie and what they are asked, and names none to its user."""
    named = {module for module, text in modules(PACKAGE) if any(map(ROUTING.search, values(text)))}
    assert any(module.startswith("labgen/devices/frr/") for module in named)
    assert {module for module in named if not module.startswith("labgen/devices/")} == SPEC_WORDS


QUESTIONS = re.compile(
    r"(What|How|Where|Who|Whom|Whose|Which|When|Why|Whether|Does|Do|Did|Is|Are|Was|Were|Has|Can|Will) \w"
)
ASKS_IT = re.compile(r"Do (something|what|one)\b")
"""What is done on somebody's behalf: an order, and no question."""


def questions(text: str) -> Iterator[tuple[int, str]]:
    """Docstrings that begin as a question does, with their lines."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            said = ast.get_docstring(node) or ""
            if QUESTIONS.match(said) and not ASKS_IT.match(said):
                yield node.body[0].lineno, said.partition("\n")[0]


@pytest.mark.slow
def test_docstrings_are_statements() -> None:
    """They say what a function gives, a class is and a module holds: `True if ...`, `The lease of ...`, and not `What the lease is`."""
    assert [(module, *each) for module, text in modules(PACKAGE) for each in questions(text)] == []


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("What a server hands out.", 1),
        ("Whether it runs.", 1),
        ("Is it there.", 1),
        ("Does it again: why not.", 1),
        ("The pools of a server.", 0),
        ("True if it runs.", 0),
        ("Do what a configuration asks for.", 0),
        ("Whatever comes.", 0),
        ("Hostnames, and what they mean.", 0),
    ],
)
def test_a_docstring_that_is_a_question_is_found(said: str, found: int) -> None:
    assert len(list(questions(f'def f():\n    """{said}"""\n'))) == found


MEANINGS = {
    "way": "a path, a direction, a manner: the name says which",
    "told": "who said it, what was reported already, what tells classes apart: the name says which",
    "settle": "the control plane is back as it was, for which the playbook's action of that name waits",
    "wire": "what a capture shows, as the witness of a verdict; what joins two ports is a link, or a veth",
}
"""Words that had several meanings each, with the one that is left. This is about names in code: in a sentence, English is English."""

FORMS = {
    **{word: word for word in MEANINGS},
    "ways": "way",
    "untold": "told",
    "settled": "settle",
    "settling": "settle",
    "wires": "wire",
    "wired": "wire",
}
PLACES = {
    "settle": ("labgen/lab/", "labgen/verify/acting.py", "labgen/verify/playbook_spec.py"),
    "wire": ("labgen/dhcp/", "labgen/report/", "labgen/verify/"),
}
"""Where the meaning that is left is at home."""
PUBLISHED = {"told", "told_by"}
"""A key of playbooks and a field of plan.json, which go with the next version of those forms."""
VERBS = ("asking", "ending", "extending", "failing", "moving", "starting")
"""Modules have the names that somebody looks for: `renewal`, `relay_failure`, `polling`."""
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every name that a module gives to something, with its line."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name, node.lineno
            case ast.arg():
                yield node.arg, node.lineno
            case ast.Name(ctx=ast.Store()):
                yield node.id, node.lineno
            case ast.Attribute(ctx=ast.Store()):
                yield node.attr, node.lineno
            case ast.alias(asname=str(alias)):
                yield alias, node.lineno


def ambiguous(module: str, text: str) -> Iterator[str]:
    for name, line in [(Path(module).stem, 1), *names(ast.parse(text))]:
        words = {FORMS[part.lower()] for part in PART.findall(name) if part.lower() in FORMS}
        for word in words if name not in PUBLISHED else ():
            if not module.startswith(PLACES.get(word, ("nowhere",))):
                yield f"{module}:{line} `{name}`: {MEANINGS[word]}"


@pytest.mark.slow
def test_a_word_in_a_name_means_one_thing() -> None:
    assert [found for module, text in modules(PACKAGE) for found in ambiguous(module, text)] == []


@pytest.mark.parametrize(
    ("module", "text", "found"),
    [
        ("labgen/plan/wires.py", "", 1),
        ("labgen/plan/links.py", "def _lan_wires() -> None: ...", 1),
        ("labgen/relay/service.py", "class Settling: ...", 1),
        ("labgen/verify/runner.py", "told = 1\nself._told = 2\nfor way in ways: ...\n", 2),
        ("labgen/verify/runner.py", "def f(gateway, wire): always = wireless = way_out = 1\n", 1),
        ("labgen/verify/judgement.py", "def wire(): ...", 0),
        ("labgen/plan/table.py", "from a import b as settled", 1),
    ],
)
def test_names_with_such_a_word_are_found(module: str, text: str, found: int) -> None:
    assert len(list(ambiguous(module, text))) == found


def test_modules_are_called_by_what_one_looks_for() -> None:
    found = {Path(module).stem: module for module, _ in modules(PACKAGE)}
    assert {"renewal", "relay_failure", "server_failure", "evidence", "inventory"} <= set(found)
    assert {name: found[name] for name in VERBS if name in found} == {}


ABOVE = tuple(
    f"labgen/{floor}/"
    for floor in (
        "adopt",
        "cli",
        "collect",
        "lab",
        "matrix",
        "plan",
        "render",
        "report",
        "schemas",
        "verify",
        "watch",
    )
)
BY_NAME = {
    "labgen/adopt/netlab/devices.py": "what netlab calls `linux` is a program of some role",
    "labgen/adopt/netlab/roles.py": "netlab's devices that are hosts",
    "labgen/adopt/intent/draft/of_containerlab.py": "a guess where nothing tells what relays",
    "labgen/adopt/intent/draft/text.py": "an example in a draft",
    "labgen/adopt/intent/model.py": "examples of a key",
}
"""Modules above the devices that name one by hand, each with its reason."""


def devices_named(text: str) -> Iterator[tuple[str, int]]:
    """Texts of a module that are the name of a device and nothing else."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and node.value in registry.everything():
            yield str(node.value), node.lineno


@pytest.mark.slow
def test_no_module_above_the_devices_names_one() -> None:
    found = {
        module for module, text in modules(PACKAGE) if module.startswith(ABOVE) and any(devices_named(text))
    }
    assert found == set(BY_NAME)


def test_a_device_that_is_named_is_found() -> None:
    assert list(devices_named('if node.device == "eos":\n    pass\n')) == [("eos", 1)]
    assert list(devices_named('"""Arista eos."""\nx = "eosinophil"\n')) == []


FIRST = {
    "cumulus_nvue/server.j2": "a heading above a list",
    "cumulus_nvue/subnets.j2": "a heading above a list",
    "linux/network.sh.j2": "a bond's first member is its primary one",
    "report/matrix.html.j2": "a rule between parts",
}
"""Templates in which the first of several is another than the rest, each with its reason."""


def test_no_configuration_depends_on_what_comes_first() -> None:
    """Where the first of several decides, as it did for option 82, the second loses something: the plan lacks a field then."""
    found = {
        file.relative_to(TEMPLATES).as_posix()
        for file in TEMPLATES.rglob("*.j2")
        if re.search(r"\bloop\.(first|last)\b|\|\s*first\b", file.read_text(encoding="utf-8"))
    }
    assert found == set(FIRST)
