"""What nodes take a moment for is waited for, and no longer than that."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

import pytest
from verify_labs import MOVING, written

from labgen.collect.session import Session
from labgen.devices.observed import InterfaceAddress, Observed
from labgen.ground.labplan import LabPlan
from labgen.verify import convergence

PLAN = written(MOVING)
SESSION = cast(Session, None)
BOTH, ONE, NONE = ("c1", "c2"), ("c2",), ()


def told(nodes: Collection[str], masters: Collection[str]) -> Observed:
    return Observed(
        addresses=tuple(
            InterfaceAddress(node, "vrrp1000", "default", "10.1.10.254/24", "", up=node in masters)
            for node in nodes
        )
    )


@pytest.mark.parametrize(
    ("masters", "limit", "agreed", "asked"),
    [
        pytest.param([ONE], 60.0, True, 1, id="one by now"),
        pytest.param([BOTH, BOTH, ONE], 60.0, True, 3, id="two for a moment"),
        pytest.param([NONE], 60.0, True, 1, id="none, which is not waited for"),
        pytest.param([BOTH], 0.0, False, 1, id="two for good"),
    ],
)
def test_switches_that_dispute_a_gateway_are_asked_until_one_is_master(
    masters: list[tuple[str, ...]],
    limit: float,
    agreed: bool,
    asked: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    questions: list[set[str]] = []

    def poll(plan: LabPlan, session: Session, nodes: Collection[str]) -> Observed:
        questions.append(set(nodes))
        return told(nodes, masters[len(questions) - 1])

    monkeypatch.setattr(convergence, "poll", poll)
    segments = convergence.disputed(PLAN, told(BOTH, BOTH))
    assert convergence.elect(PLAN, SESSION, segments, limit) is agreed
    assert questions == [{"c1", "c2"}] * asked


@pytest.mark.parametrize(("masters", "segments"), [(BOTH, 1), (ONE, 0), (NONE, 0)])
def test_a_gateway_is_disputed_where_two_switches_have_it(masters: tuple[str, ...], segments: int) -> None:
    assert len(convergence.disputed(PLAN, told(BOTH, masters))) == segments


def test_a_gateway_that_all_have_by_design_is_not_disputed() -> None:
    still = written(MOVING.replace("protocol: vrrp", "protocol: anycast"))
    assert convergence.disputed(still, told(BOTH, BOTH)) == ()
