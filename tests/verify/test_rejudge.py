"""Stored evidence is judged again without a lab; what is altered in it is caught by a check that names it."""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path

import pytest
from members import some
from verify_judged_mutants import judged
from verify_mutants import Mutant, RunCopy, messages
from verify_mutations import mutants

from labgen.dhcp.model import Direction, MessageRole, MessageType
from labgen.ground.errors import InputError
from labgen.verify.rejudge import rejudge
from labgen.verify.verdict import Conclusion

EVIDENCE = Path(__file__).parent / "evidence"
EVERY = 23
"""So manieth mutant is judged here; all of them are in docs/verification.md."""


@pytest.fixture(scope="module")
def tenants(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked("tenants", tmp_path_factory.mktemp("evidence"))


def unpacked(name: str, folder: Path) -> Path:
    """The folder of a run that passed, as `labgen run` left it."""
    with tarfile.open(EVIDENCE / f"{name}.tar.xz") as archive:
        archive.extractall(folder)  # its own archive; Debian 12's Python has no filters yet
    return folder / name


@pytest.mark.slow
@pytest.mark.parametrize("name", some(["inform", "mixed", "tenants", "pair"], "inform", "mixed", "tenants"))
def test_the_evidence_of_a_run_that_passed_passes_again(name: str, tmp_path: Path) -> None:
    verdict = rejudge(unpacked(name, tmp_path))
    bad = [(c.id, c.judgement.observed) for c in verdict.checks if c.judgement.outcome.value != "pass"]
    assert (verdict.conclusion, bad) == (Conclusion.PASS, [])
    assert verdict.diagnosis is None


def test_judging_twice_gives_the_same_bytes(tenants: Path) -> None:
    first, second = (json.dumps(rejudge(tenants).to_json()) for _ in range(2))
    assert first == second


@pytest.mark.slow
def test_what_was_altered_is_caught_and_named(tenants: Path) -> None:
    found = [judged(tenants, m) for n, m in enumerate(mutants(tenants)) if n % EVERY == 0]
    told = [each for each in found if each is not None]
    assert len(told) >= 15
    missed = [(each.mutant.kind, each.mutant.what, each.others[:3]) for each in told if not each.caught]
    assert missed == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("reply: next server", "next server 203.0.113.66, not planned"),
        ("reply: interface MTU added", "interface MTU 576, not planned"),
        ("reply: time servers added", "time servers 203.0.113.66, not planned"),
        ("reply: proxy configuration added", "proxy configuration http://evil.example/wpad, not planned"),
        ("reply: boot file", "boot file x.efi, not planned"),
    ],
)
def test_what_nobody_planned_for_a_lease_is_told_by_its_value(tenants: Path, kind: str, told: str) -> None:
    found = judged(tenants, next(m for m in mutants(tenants) if m.kind == kind))
    assert found is not None
    assert {check.partition(":")[0] for check in found.failed} == {"lease.options"}
    assert told in found.cause


LATER = 113
"""The same for a run of acquire, renew, rebind and release, which takes longer to judge."""


@pytest.mark.slow
def test_what_was_altered_in_later_exchanges_is_caught_and_named(tmp_path: Path) -> None:
    run = unpacked("mixed", tmp_path)
    found = [judged(run, m) for n, m in enumerate(mutants(run)) if n % LATER == 0]
    told = [each for each in found if each is not None]
    missed = [(each.mutant.kind, each.mutant.what, each.others[:3]) for each in told if not each.caught]
    assert (len(told) >= 5, missed) == (True, [])


def test_a_request_relayed_again_after_the_ack_is_told_as_that(tenants: Path) -> None:
    """And not as an exchange of its own that the client began without DISCOVER."""
    copies = [m for m in messages(tenants) if (m.role, m.direction) == (MessageRole.SERVER, Direction.RX)]
    late = next(m for m in reversed(copies) if m.type is MessageType.REQUEST)

    def again(run: RunCopy) -> None:
        name = Path(late.file or "").name
        frames = run.frames(name)
        run.write(name, [*frames, frames[(late.frame or 1) - 1].later(0.05)])

    found = judged(tenants, Mutant("relayed again", "REQUEST", (late.node,), again))
    assert found is not None
    assert {check.partition(":")[0] for check in found.others} == {"server.request-copies"}
    assert f"2 with giaddr {late.giaddr}" in found.cause


def test_a_folder_without_a_run_is_refused_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name the folder of one run"):
        rejudge(tmp_path)


def test_a_damaged_run_file_is_refused(tenants: Path, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(tenants, copy)
    (copy / "run.json").write_text('{"schema": "labgen/run/1", "steps": 7}')
    with pytest.raises(InputError, match="is damaged at provider"):
        rejudge(copy)
