"""Every check passes on the evidence of a run that passed, and fails when the thing it is there for is altered in it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from test_rejudge import unpacked
from verify_bonds import BOND_STORIES
from verify_judged_mutants import judged
from verify_mutants import Mutant
from verify_mutations import mutants
from verify_stories import STORIES

from labgen.verify.check import registry
from labgen.verify.judgement import Outcome
from labgen.verify.rejudge import rejudge

TABLE = Path(__file__).with_name("check_rows.txt")
UNREAD = "evidence."
"""Checks of evidence: what could not be read is an error, and speaks against nobody."""
Row = tuple[str, str, str, str, str]


def rows() -> list[Row]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    found = [tuple(part.strip() for part in line.split(" | ")) for line in lines if not line.startswith("#")]
    return [(a, b, c, d, e) for a, b, c, d, e in found]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rows")


@cache
def evidence(name: str, folder: Path) -> tuple[Path, frozenset[str], tuple[Mutant, ...]]:
    """The folder of a run, the checks that pass on it, and its mutants."""
    run = unpacked(name, folder)
    passing = {c.id for c in rejudge(run).checks if c.judgement.outcome is Outcome.PASS}
    return run, frozenset(passing), tuple(mutants(run))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_a_check_passes_on_whole_evidence_and_fails_on_altered(row: Row, folder: Path) -> None:
    check, name, kind, what, result = row
    run, passing, made = evidence(name, folder)
    assert result in passing
    alike = [judged(run, m) for m in made if (m.kind, m.what) == (kind, what)]
    caught = [found for found in alike if found is not None and result in found.by]
    assert caught, (check, [found.others for found in alike if found])
    if not check.startswith(UNREAD):
        assert any(result in found.failed for found in caught), (check, [found.failed for found in caught])


def test_every_registered_check_has_a_row_in_which_it_holds_and_fails() -> None:
    covered = {row[0] for row in rows()} | {story.check for story in (*STORIES, *BOND_STORIES)}
    assert covered == set(registry())
