"""What nodes take a moment for is waited for, and no longer than that."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

import pytest
from verify_labs import MOVING, written

from labgen.collect.session import Session
from labgen.devices.observed import InterfaceAddress, Observed
from labgen.ground.labplan import LabPlan
from labgen.verify import settling

PLAN = written(MOVING)
SESSION = cast(Session, None)
BOTH, ONE, NONE = ("c1", "c2"), ("c2",), ()


@pytest.mark.parametrize(
    ("masters", "limit", "settled", "asked"),
    [
        pytest.param([ONE], 60.0, True, 1, id="one from the start"),
        pytest.param([BOTH, BOTH, ONE], 60.0, True, 3, id="two for a moment"),
        pytest.param([NONE], 60.0, True, 1, id="none, which is not waited for"),
        pytest.param([BOTH], 0.0, False, 1, id="two for good"),
    ],
)
def test_switches_are_asked_until_one_is_master(
    masters: list[tuple[str, ...]],
    limit: float,
    settled: bool,
    asked: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    questions: list[set[str]] = []

    def ask(plan: LabPlan, session: Session, nodes: Collection[str]) -> Observed:
        questions.append(set(nodes))
        now = masters[len(questions) - 1]
        return Observed(
            addresses=tuple(
                InterfaceAddress(node, "vrrp1000", "default", "10.1.10.254/24", "", up=node in now)
                for node in nodes
            )
        )

    monkeypatch.setattr(settling, "ask", ask)
    assert settling.elect(PLAN, SESSION, limit) is settled
    assert questions == [{"c1", "c2"}] * asked


def test_where_no_gateway_moves_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(*_: object) -> Observed:
        raise AssertionError("asked")

    monkeypatch.setattr(settling, "ask", ask)
    still = written(MOVING.replace("protocol: vrrp", "protocol: anycast"))
    assert settling.elect(still, SESSION, 60.0)
