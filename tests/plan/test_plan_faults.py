"""Faults of a spec: on which wires they are, and what cannot be one."""

from __future__ import annotations

from pathlib import Path

import plan_specs
import pytest

from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import Reply
from labgen.lab.embedded import planned_impairments
from labgen.verify.fault_attribution import explaining
from labgen.verify.subject import Subject

TWO_SERVERS = """\
name: faulty
switches: [core-1, spine-1]
links: [core-1-spine-1]
segments:
  users: {prefix: 10.1.1.0/24, attach: {core-1: [pc1]}, relay: {servers: [dhcp1, dhcp2]}}
servers: {dhcp1: spine-1, dhcp2: spine-1}
faults: %s
"""


def plan(faults: str, tmp_path: Path) -> LabPlan:
    return plan_specs.plan(TWO_SERVERS % faults, tmp_path)


def test_a_fault_of_a_link_is_on_that_link_alone(tmp_path: Path) -> None:
    built = plan("{core-1-spine-1: {loss: 10%, delay: 20ms}}", tmp_path)
    (fault,) = built.faults
    assert (fault.loss, fault.delay, fault.text) == (10.0, 20, "loss 10%, delay 20 ms")
    for link in built.links:
        ends = (link.endpoints[0].node, link.endpoints[1].node)
        wrong = planned_impairments.of_link(built, link, ends)
        assert (wrong is not None) is (set(ends) == {"core-1", "spine-1"})


def test_a_fault_of_a_node_is_on_all_its_links_and_replies_are_altered_at_its_end(tmp_path: Path) -> None:
    built = plan("{dhcp2: {reply: drop}}", tmp_path)
    (fault,) = built.faults
    assert fault.reply is Reply.DROP
    (link,) = (link for link in built.links if "dhcp2" in {end.node for end in link.endpoints})
    ends = (link.endpoints[0].node, link.endpoints[1].node)
    wrong = planned_impairments.of_link(built, link, ends)
    assert wrong is not None
    assert ends[wrong.server] == "dhcp2"


def test_the_faults_at_both_ends_of_a_wire_add_up(tmp_path: Path) -> None:
    built = plan("{dhcp2: {loss: 50%, delay: 1s}, spine-1-dhcp2: {loss: 50%, delay: 5ms}}", tmp_path)
    (link,) = (link for link in built.links if "dhcp2" in {end.node for end in link.endpoints})
    wrong = planned_impairments.of_link(built, link, (link.endpoints[0].node, link.endpoints[1].node))
    assert wrong is not None
    assert (wrong.loss, wrong.delay) == (75.0, 1005)


def test_a_failure_is_laid_to_the_nearest_fault(tmp_path: Path) -> None:
    built = plan("{core-1-spine-1: {loss: 1%}, dhcp2: {reply: drop}}", tmp_path)
    about = Subject(client="pc1", switch="core-1", server="dhcp2")
    assert [fault.on for fault in explaining(built, [about])] == ["dhcp2", "core-1-spine-1"]


def test_what_lets_nothing_through_comes_before_what_loses_some(tmp_path: Path) -> None:
    built = plan("{pc1: {loss: 20%}, core-1-spine-1: {blackhole: true}}", tmp_path)
    about = Subject(client="pc1", switch="core-1", server="dhcp2")
    assert [fault.on for fault in explaining(built, [about])] == ["core-1-spine-1", "pc1"]


@pytest.mark.parametrize(
    ("fault", "explains"),
    [
        ("delay: 25ms", False),
        ("duplicate: 50%", False),
        ("delay: 25ms, loss: 1%", True),
        ("delay: 2s", True),
        ("mtu: 1400", True),
    ],
)
def test_what_only_makes_frames_a_little_late_explains_no_failure(
    fault: str, explains: bool, tmp_path: Path
) -> None:
    """A router MAC that a switch had lost was laid to 25 ms on the way."""
    built = plan(f"{{core-1-spine-1: {{{fault}}}}}", tmp_path)
    assert bool(explaining(built, [Subject(client="pc1", switch="core-1", server="dhcp2")])) is explains


def test_a_failure_elsewhere_is_laid_to_no_fault(tmp_path: Path) -> None:
    built = plan("{spine-1-dhcp2: {loss: 1%}}", tmp_path)
    assert explaining(built, [Subject(switch="core-1", server="dhcp1")]) == ()


def test_without_faults_the_plan_says_nothing_of_them(tmp_path: Path) -> None:
    assert "faults" not in plan("{}", tmp_path).to_json()


@pytest.mark.parametrize(
    ("faults", "told"),
    [
        ("{core-1-spine-9: {loss: 10%}}", "there is no link and no node `core-1-spine-9`"),
        ("{core-1-spine-1: {loss: 10}}", "write `10%`"),
        ("{core-1-spine-1: {loss: 110%}}", "`110%` is no percentage"),
        ("{core-1-spine-1: {delay: 20}}", "write a number and its unit, such as `20ms`"),
        ("{core-1-spine-1: {delay: 2h}}", "`2h` is no delay"),
        ("{core-1-spine-1: {mtu: 40}}", "40 is no MTU"),
        ("{core-1-spine-1: {rp_filter: on}}", "use one of: strict, loose"),
        ("{core-1-spine-1: {}}", "the fault of `core-1-spine-1` says nothing"),
        ("{core-1: {reply: drop}}", "`core-1` is no server"),
        ("{dhcp2: {reply: lose}}", "there is no `lose` here"),
        ("{dhcp2: {rp_filter: strict}}", "`dhcp2` routes nothing"),
        (
            "{core-1-spine-1: {loss: 1%}, spine-1-core-1: {delay: 1s}}",
            "is the link `core-1-spine-1` once more",
        ),
        ("{core-1-spine-1: {losss: 1%}}", "did you mean `loss`?"),
    ],
)
def test_what_is_no_fault_is_refused_in_field_words(tmp_path: Path, faults: str, told: str) -> None:
    with pytest.raises(SpecError) as caught:
        plan(faults, tmp_path)
    assert told in str(caught.value)
    assert str(tmp_path) in str(caught.value)
