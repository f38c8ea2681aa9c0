"""Every scenario's lab passes as it is built, and whatever is broken in it is noticed by the check that is there for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from members import some
from scenario_labs import Told, rehearse
from scenario_sabotages import SABOTAGES, Sabotage

from labgen.ground import resources
from labgen.verify.verdict import Conclusion

SIDE_BY_SIDE = 3
ELSEWHERE = {"evpn-redundant-server"}
"""Sabotaged in tests/verify."""

KEPT = (
    "vrf-relay",
    "evpn-symmetric-irb",
    "anycast-giaddr-trap",
    "relay-chain",
    "leaf-spine",
)
"""Each of a kind of its own; the simple relay has many tests elsewhere."""
CASES = [
    pytest.param(name, sabotage, id=f"{name}: {sabotage.name}")
    for name, own in SABOTAGES.items()
    for sabotage in own
]


@pytest.fixture(scope="module")
def rehearsals(request: pytest.FixtureRequest) -> Iterator[Mapping[str, Future[dict[str, Told]]]]:
    """Labs, a few at a time: each waits for timers most of its life. Only what a chosen test asks for is started, or broken."""
    chosen = {item.name for item in request.session.items}
    test, sound = (
        each.__name__
        for each in (test_a_sabotaged_scenario_fails_and_says_why, test_a_scenario_as_it_is_built_passes)
    )
    broken = {
        name: [sabotage for sabotage in own if f"{test}[{name}: {sabotage.name}]" in chosen]
        for name, own in SABOTAGES.items()
    }
    wanted = [name for name in SABOTAGES if broken[name] or f"{sound}[{name}]" in chosen]
    with ProcessPoolExecutor(SIDE_BY_SIDE, mp_context=get_context("spawn")) as pool:
        yield {name: pool.submit(rehearse, name, broken[name]) for name in wanted}


@pytest.mark.lab
@pytest.mark.parametrize("name", some(SABOTAGES, *KEPT))
def test_a_scenario_as_it_is_built_passes(
    rehearsals: Mapping[str, Future[dict[str, Told]]], name: str
) -> None:
    told = rehearsals[name].result()[""]
    assert told.conclusion is Conclusion.PASS, told.faults


@pytest.mark.lab
@pytest.mark.deep
@pytest.mark.parametrize(("name", "sabotage"), CASES)
def test_a_sabotaged_scenario_fails_and_says_why(
    rehearsals: Mapping[str, Future[dict[str, Told]]], name: str, sabotage: Sabotage
) -> None:
    told = rehearsals[name].result()[sabotage.name]
    assert told.conclusion is Conclusion.FAIL, told.faults
    said = [text for check, text in told.faults.items() if check.startswith(sabotage.cause)]
    assert said, (sabotage.cause, told.faults)
    assert said[0].startswith("fail"), said
    assert not [word for word in sabotage.words if word not in said[0]], said[0]


def test_every_scenario_is_sabotaged() -> None:
    known = {file.stem for file in resources.topologies().glob("*.yml")}
    assert known == set(SABOTAGES) | ELSEWHERE
