"""Who reaches a client of another VRF got there through a switch that has both: it is named where one alone can be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from test_echoes import CLIENT, SERVER, capture, echo
from verify_facts import Tale, concluded
from verify_labs import written

from labgen.ground.labplan import LabPlan
from labgen.verify.echoes import Echoes
from labgen.verify.judgement import Judgement, Outcome

APART = """\
name: apart
switches: [sw, far]
links: [sw-far]
vrfs: {red: {}, blue: {}}
segments:
  a:
    vrf: red
    prefix: 172.16.0.0/24
    attach: {sw: [c1]}
    relay: &r {servers: [srv], source: loopback, options: [link-selection, server-id-override]}
  b: {vrf: blue, prefix: 10.0.0.0/24, attach: {sw: [c2]}, relay: *r}
servers: {srv: far}
addressing: {loopback: 10.255.0.0/16}
"""


@pytest.fixture(scope="module")
def plan() -> LabPlan:
    return written(APART)


def port(plan: LabPlan, segment: str) -> str:
    found = plan.node("sw").on_segment(segment)
    assert found is not None
    return found.linux


def judged(plan: LabPlan, echoes: Echoes, *, answered: bool = True) -> Judgement:
    tale = Tale(plan).began().leases({"c1": CLIENT, "c2": SERVER}).reach("c1", SERVER, answered)
    return concluded("reach.isolation", "c1:c2", replace(tale.facts(), echoes=echoes))


def seen(*captures: tuple[str, str, float], folder: Path) -> Echoes:
    files = tuple(capture(folder, node, [(at, echo(1))], port=name) for node, name, at in captures)
    return Echoes(files, (("c1", SERVER),), {"c1": CLIENT})


def test_the_switch_that_lets_it_through_is_named(plan: LabPlan, tmp_path: Path) -> None:
    found = judged(
        plan,
        seen(
            ("c1", "eth1", 1.0), ("sw", port(plan, "a"), 1.1), ("sw", port(plan, "b"), 1.2), folder=tmp_path
        ),
    )
    assert (found.outcome, found.at) == (Outcome.FAIL, ("sw",))
    assert found.observed == f"{SERVER} answered; the echo request went through sw into its VRF"
    assert found.proofs[-1].node == "sw"


def test_of_several_switches_none_is_blamed_and_all_are_told(plan: LabPlan, tmp_path: Path) -> None:
    seen_at = (("sw", port(plan, "a"), 1.1), ("far", "eth2", 1.2), ("sw", port(plan, "b"), 1.3))
    found = judged(plan, seen(*seen_at, folder=tmp_path))
    assert (found.outcome, found.at) == (Outcome.FAIL, ())
    assert found.observed.endswith("went through sw, far into its VRF")


def test_where_no_switch_saw_it_go_over_the_answer_alone_is_told(plan: LabPlan, tmp_path: Path) -> None:
    found = judged(plan, seen(("sw", port(plan, "a"), 1.1), folder=tmp_path))
    assert (found.outcome, found.at, found.observed) == (Outcome.FAIL, (), f"{SERVER} answered")
