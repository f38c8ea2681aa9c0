"""Configurations nest as deep as devices let them; text that goes on for ever does not take the reader with it."""

from __future__ import annotations

import pytest

from labgen.devices.blocks import Block, braced, indented
from labgen.devices.junos.config_reader import statements

DEPTH = 20_000


def deepest(block: Block) -> int:
    return 1 + max((deepest(child) for child in block.children), default=0)


@pytest.mark.parametrize(
    "read",
    [
        lambda: braced("system {\n" * DEPTH + "}\n" * DEPTH),
        lambda: indented("\n".join(" " * number + "a" for number in range(2000))),
    ],
)
def test_nesting_without_end_is_bounded(read: object) -> None:
    assert callable(read)
    assert 10 < deepest(read()) < 200


def test_a_statement_after_deep_nesting_is_at_the_top_again() -> None:
    text = "system {\n" * DEPTH + "host-name x;\n" + "}\n" * DEPTH + "version 23.1;\n"
    assert list(statements(text))[-1] == (2 * DEPTH + 2, ("version", "23.1"))


def test_ordinary_nesting_is_as_it_is_written() -> None:
    root = braced("a { b { c d; } } e f;")
    assert [block.text for block in root.children] == ["a", "e f"]
    assert root.children[0].children[0].children[0].words == ("c", "d")
