"""Logs, tables and captures of many makers, judged by hand: what happened in them, and all that is said about it, no more and no less."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from analyze_text import analysis

from labgen.dhcp.model import Analysis

STORIES = Path(__file__).parent / "stories"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
EXPECTED: dict[str, dict[str, Any]] = yaml.load(
    (STORIES / "expected.yml").read_text(encoding="utf-8"), Loader=LOADER
)


def read(name: str) -> Analysis:
    (file,) = (file for file in STORIES.glob(f"{name}.*") if file.suffix in (".txt", ".pcap"))
    return analysis(file)


def test_every_story_has_its_expectation() -> None:
    assert {file.stem for file in STORIES.iterdir() if file.suffix != ".yml"} == set(EXPECTED)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPECTED)
def test_story_is_told_as_it_was(name: str) -> None:
    told = read(name)
    assert sorted({source.format for source in told.sources}) == EXPECTED[name]["format"]
    assert [
        f"{e.kind} {e.client.mac or '-'} {e.outcome} {e.address or '-'}" for e in told.exchanges
    ] == EXPECTED[name]["exchanges"]


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPECTED)
def test_findings_are_the_expected_ones_and_no_others(name: str) -> None:
    wanted = EXPECTED[name]["findings"]
    found = read(name).findings
    assert [(f.code, f.severity.value) for f in found] == [(row["code"], row["severity"]) for row in wanted]
    for finding, row in zip(found, wanted, strict=True):
        assert row["says"] in finding.message
        assert finding.evidence
