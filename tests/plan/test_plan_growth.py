"""A fabric twice as large takes twice the work: nothing looks through all segments or nodes for each of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from ipaddress import IPv4Network
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labgen.ground.labplan import LabPlan, SegmentPlan
from labgen.plan.build import build
from labgen.plan.preflight.space import overlaps
from labgen.render import folder
from labgen.spec.load import LoadedSpec, load

RELAY = "{servers: [s1, s2], server_vrf: default, source: loopback, options: [link-selection, server-id-override]}"


def fabric(leaves: int, folder: Path) -> LoadedSpec:
    """One spine, a segment with a client on each leaf, two servers."""
    names = [f"l{number}" for number in range(leaves)]
    segments = "\n".join(
        f"  v{number}: {{vrf: client, gateway: anycast, prefix: 172.16.{number}.0/24, attach: {{{leaf}: [c{leaf}]}}, relay: {RELAY}}}"
        for number, leaf in enumerate(names)
    )
    file = folder / f"{leaves}.yml"
    file.write_text(
        f"name: fabric\nswitches: [sp, {', '.join(names)}]\nlinks: [{', '.join(f'{leaf}-sp' for leaf in names)}]\n"
        "overlay: {control: evpn, asn: 65000, route_reflectors: [sp]}\nvrfs: {client: {transit_vni: true}}\n"
        f"servers: {{s1: l0, s2: l1}}\nsegments:\n{segments}\n"
    )
    return load(str(file))


def calls(work: Callable[[], object]) -> int:
    """Python functions called."""
    count = 0

    def seen(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.slow
def test_planning_and_rendering_grow_with_the_fabric_and_no_faster(tmp_path: Path) -> None:
    def whole(loaded: LoadedSpec) -> LabPlan:
        plan = build(loaded)
        folder.artifacts(plan)
        return plan

    small, large = fabric(40, tmp_path), fabric(80, tmp_path)
    whole(small)  # what is compiled or imported once is no part of the growth
    assert calls(lambda: whole(large)) < 2.05 * calls(lambda: whole(small))


@pytest.mark.parametrize("scenario", ["relay", "leaf-spine", "overlapping-vrfs"])
def test_a_plan_takes_some_hundred_steps_for_each_node(scenario: str) -> None:
    """Nothing is listed of which one is wanted, such as all networks of four addresses between VRFs."""
    loaded = load(scenario)
    nodes = len(build(loaded).nodes)
    assert 100 * nodes < calls(lambda: build(loaded)) < 2500 * nodes


SEGMENTS = st.lists(
    st.builds(
        lambda vrf, address, length: (vrf, IPv4Network((address << 24, length), strict=False)),
        st.sampled_from(["red", "blue"]),
        st.integers(10, 13),
        st.integers(5, 10),
    ),
    max_size=8,
)


@given(SEGMENTS)
def test_every_overlap_in_a_vrf_is_found_in_the_order_of_the_spec(
    prefixes: list[tuple[str, IPv4Network]],
) -> None:
    segments = [
        SegmentPlan(
            name=f"v{n}",
            vrf=vrf,
            prefix=prefix,
            gateway=None,
            anycast=False,
            switches=(),
            clients=(),
            servers=(),
        )
        for n, (vrf, prefix) in enumerate(prefixes)
    ]
    expected = [
        (later.name, earlier.name)
        for earlier, later in combinations(segments, 2)
        if earlier.vrf == later.vrf and earlier.prefix.overlaps(later.prefix)
    ]
    found = [(later.name, earlier.name) for later, earlier in overlaps(segments)]
    assert found == sorted(expected)


def crowded(clients: int, folder: Path) -> LabPlan:
    """One segment with many clients on one switch."""
    file = folder / f"crowd-{clients}.yml"
    file.write_text(
        "name: crowd\nswitches: [sw1, sw2]\nlinks: [sw1-sw2]\nservers: {srv: sw2}\nsegments:\n  users:\n    prefix: 172.16.0.0/16\n"
        f"    attach: {{sw1: [{', '.join(f'c{number}' for number in range(clients))}]}}\n    relay: {{servers: [srv]}}\n"
    )
    return build(load(str(file)))


def test_a_crowded_segment_grows_with_its_clients_not_with_their_pairs(tmp_path: Path) -> None:
    half, whole = (len(crowded(number, tmp_path).to_json()) for number in (200, 400))
    assert whole < 2.2 * half


def test_clients_of_a_crowded_segment_know_its_switch_and_the_switch_all_of_them(tmp_path: Path) -> None:
    plan = crowded(100, tmp_path)
    assert [each.node for each in plan.node("c7").interfaces[0].neighbors] == ["sw1"]
    (lan,) = [port for port in plan.node("sw1").interfaces if port.segment == "users"]
    assert len(lan.neighbors) == 100
    assert "101 in all" in lan.description
    assert [switch.name for switch, _ in plan.relays_for("c7")] == ["sw1"]


def test_clients_of_an_ordinary_segment_know_each_other(tmp_path: Path) -> None:
    plan = crowded(3, tmp_path)
    assert {each.node for each in plan.node("c1").interfaces[0].neighbors} == {"c0", "c2", "sw1"}
