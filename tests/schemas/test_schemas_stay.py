"""Within a version properties come and none goes, and the page on JSON forms names those that came."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import schema_properties

FIRST = Path(__file__).with_name("properties_at_first.txt").read_text().splitlines()
NOW = schema_properties.TABLE.read_text().splitlines()
PAGE = (Path(__file__).parents[2] / "docs" / "json.md").read_text().partition("## What changed")[2]
WIDENED = {"plan BgpNeighbor.address", "playbook ActionSpec.outcome", "playbook ActionSpec.wait"}
"""Properties that take more than they did; the page says so."""


def names(lines: list[str]) -> set[str]:
    return {line.partition(": ")[0] for line in lines}


def test_the_list_of_properties_is_what_the_schemas_have() -> None:
    assert schema_properties.table().splitlines() == NOW, "run: python tests/schemas/schema_properties.py"
    assert len(NOW) > 600


def test_no_property_goes_or_changes_within_a_version() -> None:
    """Where one has to, the number in `schema` goes up, and this list begins anew."""
    assert {line.partition(": ")[0] for line in FIRST if line not in NOW} == WIDENED


@pytest.mark.parametrize("name", sorted(names(NOW) - names(FIRST)))
def test_what_came_is_named_on_the_page(name: str) -> None:
    place, _, key = name.rpartition(".")
    form, _, owner = place.partition(" ")
    form = "analysis" if form == "verdict" and owner in ("Exchange", "Finding", "Message") else form
    (row,) = [
        line
        for line in PAGE.splitlines()
        if line.startswith(f"| `{form}` 1 | added: `") and "`check`" not in line
    ]
    new = owner and f"{form} {owner}" not in {each.rpartition(".")[0] for each in names(FIRST)}
    assert f"`{owner if new else key}`" in re.findall(r"`[^`]+`", row)
