"""Neighbors of an underlay that is IS-IS or eBGP alone: routes may lead another way round when one is missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from verify_facts import Tale, concluded
from verify_labs import ebgp, flagship, isis

from labgen.devices import readers
from labgen.devices.observed import BGP_PEERS, ISIS_NEIGHBORS, Raw
from labgen.ground.labplan import LabPlan
from labgen.verify import playbook
from labgen.verify.checks import subjects
from labgen.verify.facts import Facts
from labgen.verify.judgement import Outcome

IS_IS = {"eth2": ("leaf1", "Up"), "eth3": ("leaf2", "Up")}


def adjacencies(found: dict[str, tuple[str, str]]) -> str:
    """`show isis neighbor json`: circuits nobody answers on are there too."""
    rows = [
        {"circuit": 0, "adj": adj, "interface": port, "level": 2, "state": state}
        for port, (adj, state) in found.items()
    ]
    return json.dumps({"areas": [{"area": "1", "circuits": [{"circuit": 0}, *rows]}]})


def peers(states: dict[str, str]) -> str:
    """`show bgp ipv4 unicast summary json`."""
    return json.dumps(
        {
            "routerId": "10.0.0.2",
            "peers": {peer: {"remoteAs": 65101, "state": s} for peer, s in states.items()},
        }
    )


def told(plan: LabPlan, probe: str, text: str) -> Facts:
    """What a check sees when the spine answers a probe with a text."""
    node = plan.node("spine")
    known = next(p for p in readers.of(node).probes(node) if p.name == probe)
    observed = readers.of(node).observe(node, {probe: Raw(text, f"raw/spine/{known.name}.txt")})
    return replace(Tale(plan).facts(), observed=observed)


@pytest.mark.parametrize(
    ("found", "outcome", "observed"),
    [
        (IS_IS, Outcome.PASS, "up: leaf1, leaf2"),
        ({**IS_IS, "eth3": ("leaf2", "Initializing")}, Outcome.FAIL, "leaf2 initializing"),
        ({"eth2": ("leaf1", "Up")}, Outcome.FAIL, "leaf2 absent"),
    ],
    ids=["all", "half", "none"],
)
def test_isis_has_every_neighbor_of_the_plan(
    found: dict[str, tuple[str, str]], outcome: Outcome, observed: str
) -> None:
    judgement = concluded("control-plane.underlay", "spine", told(isis(), ISIS_NEIGHBORS, adjacencies(found)))
    assert (judgement.outcome, judgement.observed) == (outcome, observed)


@pytest.mark.parametrize(
    ("state", "outcome", "observed"),
    [("Established", Outcome.PASS, "up: leaf1, leaf2"), ("Connect", Outcome.FAIL, "leaf2 connect")],
)
def test_ebgp_has_every_session_of_the_plan(state: str, outcome: Outcome, observed: str) -> None:
    bgp = ebgp().node("spine").bgp
    assert bgp is not None
    states = {peer.key: state if peer.name == "leaf2" else "Established" for peer in bgp.neighbors}
    judgement = concluded("control-plane.underlay", "spine", told(ebgp(), BGP_PEERS, peers(states)))
    assert (judgement.outcome, judgement.observed) == (outcome, observed)


def key(plan: LabPlan, switch: str, peer: str) -> str:
    return next(
        key for key, name in subjects.underlay_neighbors(plan, plan.node(switch)).items() if name == peer
    )


def sessions(spine: str, leaf: str) -> Tale:
    """A session between two switches, as each of them tells it; the other one of the spine stands."""
    plan = ebgp()
    tale = Tale(plan).adjacent("spine", key(plan, "spine", "leaf2"), "established")
    tale.adjacent("spine", key(plan, "spine", "leaf1"), spine)
    return tale.adjacent("leaf1", key(plan, "leaf1", "spine"), leaf)


@pytest.mark.parametrize(
    ("spine", "leaf", "at"),
    [
        pytest.param("active", "idle (admin)", ("leaf1",), id="the other end"),
        pytest.param("idle (admin)", "active", ("spine",), id="its own end"),
        pytest.param("active", "connect", ("spine", "leaf1"), id="nobody"),
    ],
)
def test_a_session_that_somebody_shut_down_is_blamed_on_that_end(
    spine: str, leaf: str, at: tuple[str, ...]
) -> None:
    found = concluded("control-plane.underlay", "spine", sessions(spine, leaf).facts())
    assert (found.outcome, found.observed, set(found.at)) == (Outcome.FAIL, f"leaf1 {spine}", set(at))
    assert concluded("control-plane.underlay", "leaf1", sessions(spine, leaf).facts()).at in (at, at[::-1])


@pytest.mark.parametrize("name", ["acquire", "renew", "rebind", "release"])
def test_it_is_looked_at_in_every_playbook_in_which_nobody_breaks_anything(name: str) -> None:
    _, spec = playbook.read(name)
    assert all("control-plane.underlay" in step.checks for step in spec.steps)


@pytest.mark.parametrize(("plan", "switches"), [(isis, 3), (ebgp, 3), (flagship, 0)])
def test_each_switch_of_such_an_underlay_is_a_subject(plan: Callable[[], LabPlan], switches: int) -> None:
    assert len(list(subjects.underlay_switches(plan()))) == switches
