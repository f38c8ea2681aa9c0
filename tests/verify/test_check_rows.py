"""Every check passes on the evidence of a run that passed, and fails, by the reason it gives, where what it is there for is altered."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from test_rejudge import unpacked
from verify_bonds import BOND_STORIES
from verify_judged_mutants import judged
from verify_lease_stories import LEASE_STORIES
from verify_mutants import Mutant
from verify_mutations import mutants
from verify_stories import STORIES

from labgen.verify.check import registry
from labgen.verify.judgement import Outcome
from labgen.verify.rejudge import rejudge

TABLE = Path(__file__).with_name("check_rows.txt")
UNREAD = "evidence."
"""Checks of evidence: what could not be read is an error, and speaks against nobody."""


class Row(NamedTuple):
    check: str
    evidence: str
    kind: str
    what: str
    result: str
    says: str


def rows() -> list[Row]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return [Row(*map(str.strip, line.split(" | "))) for line in lines if not line.startswith("#")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rows")


@cache
def evidence(name: str, folder: Path) -> tuple[Path, dict[str, str], tuple[Mutant, ...]]:
    """The folder of a run, the checks that pass on it with what they observed, and its mutants."""
    run = unpacked(name, folder)
    passing = {c.id: c.judgement.observed for c in rejudge(run).checks if c.judgement.outcome is Outcome.PASS}
    return run, passing, tuple(mutants(run))


@pytest.mark.slow
@pytest.mark.parametrize("row", rows(), ids=lambda row: row.check)
def test_a_check_passes_on_whole_evidence_and_fails_on_altered_by_its_reason(row: Row, folder: Path) -> None:
    run, passing, made = evidence(row.evidence, folder)
    assert passing[row.result] != row.says
    alike = [judged(run, m) for m in made if (m.kind, m.what) == (row.kind, row.what)]
    caught = [found for found in alike if found is not None and row.result in found.by]
    assert {found.says[row.result] for found in caught} == {row.says}, (
        row.check,
        [found.others for found in alike if found],
    )
    if not row.check.startswith(UNREAD):
        assert any(row.result in found.failed for found in caught), (
            row.check,
            [found.failed for found in caught],
        )


def test_every_registered_check_has_a_row_in_which_it_holds_and_fails() -> None:
    covered = {row.check for row in rows()} | {
        story.check for story in (*STORIES, *LEASE_STORIES, *BOND_STORIES)
    }
    assert covered == set(registry())
