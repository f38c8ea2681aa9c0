"""Imports stand at the top of modules; the few that wait until they are needed say what for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import labgen

ROOT = Path(labgen.__file__).parent


def waiting() -> Iterator[tuple[str, str]]:
    """Every import inside a function, by its module, with its line."""
    for file in sorted(ROOT.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        lines = text.splitlines()
        for function in ast.walk(ast.parse(text)):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Import | ast.ImportFrom):
                        yield str(file.relative_to(ROOT)), lines[node.lineno - 1].strip()


@pytest.mark.slow
def test_fewer_than_ten_imports_wait_and_each_says_why() -> None:
    found = set(waiting())
    assert [line for line in sorted(found) if "  # " not in line[1]] == []
    assert 0 < len(found) < 10
