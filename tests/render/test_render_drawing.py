"""Drawings: no link behind a box, clients at the bottom, the same octets each time, also of large fabrics."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from labgen.ground import resources
from labgen.ground.labplan import LabPlan
from labgen.ground.vocabulary import Role
from labgen.plan.build import build
from labgen.render import graph
from labgen.render.layout import Layout, Point, layout
from labgen.spec.load import load

SCENARIOS = sorted(file.stem for file in resources.topologies().glob("*.yml"))
SIZES = graph.SIZES


def fabric(tmp_path: Path, leaves: int, clients: int) -> LabPlan:
    """Spines, leaves and clients; one server at a spine, one at a leaf."""
    names = [f"l{n}" for n in range(1, leaves + 1)]
    links = ", ".join(f"{leaf}-sp{n}" for leaf in names for n in (1, 2))
    attach = ", ".join(f"{leaf}: [{', '.join(f'{leaf}c{n}' for n in range(clients))}]" for leaf in names)
    spec = tmp_path / "fabric.yml"
    spec.write_text(
        "name: fabric\ndevices: {switch: frr, server: kea, client: dhclient}\n"
        f"switches: [sp1, sp2, {', '.join(names)}]\nlinks: [{links}]\nunderlay: ospf\n"
        "overlay: {data: vxlan, control: evpn, asn: 65000}\n"
        f"segments:\n  users:\n    prefix: 172.16.0.0/16\n    attach: {{{attach}}}\n"
        "    relay: {servers: [srv1, srv2], source: loopback, options: [link-selection]}\n"
        "servers: {srv1: sp1, srv2: l2}\n"
    )
    return build(load(str(spec)))


def boxes(text: str) -> list[tuple[float, float, float, float]]:
    found = re.findall(r'<rect x="([\d.-]+)" y="([\d.-]+)" width="([\d.]+)" height="([\d.]+)"', text)
    return [(float(x), float(y), float(x) + float(w), float(y) + float(h)) for x, y, w, h in found]


def routes(text: str) -> list[list[Point]]:
    return [
        [(float(x), float(y)) for x, y in (point.split(",") for point in found.split())]
        for found in re.findall(r'<polyline [^>]*points="([^"]+)"', text)
    ]


def crosses(a: Point, b: Point, box: tuple[float, float, float, float]) -> bool:
    """Whether a stretch of a link goes through the inside of a box (Liang and Barsky's clipping)."""
    left, top, right, bottom = box[0] + 1, box[1] + 1, box[2] - 1, box[3] - 1
    enter, leave = 0.0, 1.0
    dx, dy = b[0] - a[0], b[1] - a[1]
    for step, room in ((-dx, a[0] - left), (dx, right - a[0]), (-dy, a[1] - top), (dy, bottom - a[1])):
        if step == 0:
            if room < 0:
                return False
            continue
        at = room / step
        enter, leave = (max(enter, at), leave) if step < 0 else (enter, min(leave, at))
    return enter < leave


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_link_is_behind_a_box(scenario: str) -> None:
    plan = build(load(scenario))
    text = graph.svg(plan)
    assert len(boxes(text)) == len(plan.nodes)
    hidden = [
        (a, b)
        for route in routes(text)
        for a, b in pairwise(route)
        for box in boxes(text)
        if crosses(a, b, box)
    ]
    assert hidden == []


@pytest.mark.parametrize(("leaves", "clients"), [(10, 1), (24, 3), (60, 2)])
def test_no_link_is_behind_a_box_in_a_large_fabric(tmp_path: Path, leaves: int, clients: int) -> None:
    text = graph.svg(fabric(tmp_path, leaves, clients))
    assert not any(
        crosses(a, b, box) for route in routes(text) for a, b in pairwise(route) for box in boxes(text)
    )


def test_crossing_is_seen_where_there_is_one() -> None:
    assert crosses((0, 5), (20, 5), (5, 0, 15, 10))
    assert not crosses((0, 5), (4, 5), (5, 0, 15, 10))
    assert not crosses((0, 20), (20, 20), (5, 0, 15, 10))


def test_clients_of_a_large_fabric_are_drawn_together(tmp_path: Path) -> None:
    plan = fabric(tmp_path, 24, 3)
    text = graph.svg(plan)
    assert text.count("3 clients in users") == 24
    assert "<title>l7c0 l7c1 l7c2</title>" in text
    assert len(boxes(text)) == 2 + 2 + 24 + 24


@pytest.mark.slow
def test_same_plan_gives_the_same_drawing_in_every_process() -> None:
    program = (
        "from labgen.plan.build import build; from labgen.render import graph; from labgen.spec.load import load;"
        "print(graph.svg(build(load('leaf-spine'))))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True,
            text=True, check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }  # fmt: skip
    assert len(texts) == 1


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_clients_end_every_edge_of_the_texts(scenario: str) -> None:
    """Mermaid and Graphviz put what an edge ends at below what it begins at."""
    plan = build(load(scenario))
    edges = re.findall(r"^    (\S+) ---\|[^|]*\| (\S+)$", graph.mermaid(plan), re.MULTILINE)
    assert len(edges) >= len(plan.links)
    for above, below in edges:
        assert plan.node(above).role is not Role.CLIENT
        assert plan.node(below).role is not Role.SERVER
    assert re.search(r"rank=max; .*\"" + plan.role(Role.CLIENT)[0].name, graph.dot(plan))


def placed(layers: dict[str, int], *links: tuple[str, str]) -> Layout:
    return layout(layers, links, SIZES)


def test_layers_go_down_from_servers_to_clients() -> None:
    found = placed({"srv": 0, "sw": 2, "cl": 3}, ("sw", "srv"), ("cl", "sw"))
    assert found.spots["srv"][1] < found.spots["sw"][1] < found.spots["cl"][1]


def test_link_that_skips_a_layer_goes_around_what_is_there() -> None:
    found = placed({"srv": 0, "sw1": 1, "sw2": 2}, ("srv", "sw1"), ("sw1", "sw2"), ("srv", "sw2"))
    assert len(found.routes["srv", "sw2"]) > 2


def test_node_without_a_link_is_drawn() -> None:
    assert set(placed({"a": 0, "b": 1, "alone": 1}, ("a", "b")).spots) == {"a", "b", "alone"}


def test_graph_without_links_is_drawn() -> None:
    assert len(set(placed({"a": 0, "b": 0}).spots.values())) == 2
