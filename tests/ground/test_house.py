"""One class, one name; functions of sixty lines and modules of four hundred at the most."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import labgen

PACKAGE = Path(labgen.__file__).parent
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
