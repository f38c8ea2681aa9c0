"""docs/relay.md names tests, dialects and keys: those must be there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from labgen.relay.config import InterfaceConfig
from labgen.relay.dialects import DIALECTS

HERE = Path(__file__).parent
TEXT = (HERE.parent.parent / "docs" / "relay.md").read_text(encoding="utf-8")
TESTS = {
    path.stem.removeprefix("test_relay_"): path.read_text("utf-8") for path in HERE.glob("test_relay_*.py")
}
ROWS = {
    match[1]: match[2]
    for match in re.finditer(
        r"^\| (R\d\d) \| .*? \| (.*(?:requests|replies|wire|fuzz|policy).*) \|$", TEXT, re.M
    )
}
RULES = [f"R{number:02}" for number in range(1, 33) if number != 7]


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_tests_that_exist(rule: str) -> None:
    names: list[str] = re.findall(r"`(\w+)`", ROWS[rule])
    assert names or "..." in ROWS[rule]
    missing = [name for name in names if not any(f"def test_{name}(" in text for text in TESTS.values())]
    assert missing == []


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_cited_by_a_test(rule: str) -> None:
    assert any(rule in text for text in TESTS.values())


def test_every_dialect_is_described() -> None:
    assert [name for name in DIALECTS if f"`{name}`" not in TEXT] == []


@pytest.mark.parametrize(
    "key", ["options", "circuit_id", "unnumbered", "listen_also", "trusted", "relayed", "hop_limit"]
)
def test_described_keys_exist(key: str) -> None:
    assert f"`{key}`" in TEXT
    assert key in InterfaceConfig.model_fields
