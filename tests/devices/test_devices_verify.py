"""Whole playbooks on labs of Arista EOS, IOS XE and IOS machines over SSH: every check, and every sabotage."""

from __future__ import annotations

from pathlib import Path

import pytest
from devices_rack import running
from devices_world import World

from labgen.plan.build import build
from labgen.plan.model import LabPlan
from labgen.spec import load
from labgen.verify import playbook, runner
from labgen.verify.verdict import Conclusion, Verdict


@pytest.fixture(scope="module")
def plan() -> LabPlan:
    return build(load.load("evpn-redundant-server", {"switch": "eos", "server": "csr", "client": "iosv"}))


def story(verdict: Verdict) -> str:
    bad = [check for check in verdict.checks if check.judgement.outcome.value != "pass"]
    shown = (
        f"{c.step} {c.id} {c.judgement.outcome}: {c.judgement.expected} | {c.judgement.observed}" for c in bad
    )
    return "\n".join([f"{verdict.conclusion}: {verdict.ran} of {verdict.planned}", *shown])


def test_x(plan: LabPlan, tmp_path: Path) -> None:
    world = World(plan)
    with running(world, tmp_path, {}, captured=True) as lab:
        books = [playbook.load(name, plan) for name in ("acquire", "renew")]
        verdict = runner.verify(lab, books, tmp_path / "run", "recorded", print)
    print(story(verdict))
    print(verdict.timings)
    assert verdict.conclusion is Conclusion.PASS
