"""netlab accepts what labgen emits, keeps the address plan, and renders labgen's DHCP sections."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from netlab_runner import Netlab, programs

from labgen import resources
from labgen.errors import SpecError
from labgen.plan.build import build
from labgen.plan.model import LabPlan
from labgen.render import folder, netlab
from labgen.spec import load

pytestmark = pytest.mark.netlab

SCENARIOS = sorted(path.stem for path in resources.topologies().glob("*.yml"))
COMBINATIONS = [
    pytest.param({}, id="open"),
]


@pytest.fixture(
    params=programs() or [None], ids=lambda program: str(program or "no-netlab").replace("/", "_")
)
def program(request: pytest.FixtureRequest) -> str:
    if request.param is None:
        pytest.skip("networklab is not installed: put netlab on PATH, or name it in LABGEN_NETLAB")
    return str(request.param)


def planned(scenario: str, devices: dict[str, str]) -> LabPlan:
    try:
        return build(load.load(scenario, devices))
    except SpecError as error:
        pytest.skip(f"these devices cannot do it: {error}")


@pytest.fixture(params=SCENARIOS)
def scenario(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=COMBINATIONS)
def plan(request: pytest.FixtureRequest, scenario: str) -> LabPlan:
    return planned(scenario, request.param)


@pytest.fixture
def lab(plan: LabPlan, program: str, tmp_path: Path) -> Netlab:
    folder.write(plan, tmp_path / "lab")
    return Netlab(program, tmp_path / "lab")


def test_netlab_accepts_the_topology_and_keeps_the_address_plan(plan: LabPlan, lab: Netlab) -> None:
    found = lab.nodes()
    assert {name: node.id for name, node in found.items()} == {node.name: node.id for node in plan.nodes}
    for node in plan.nodes:
        theirs = found[node.name]
        assert theirs.loopback == (str(node.loopback) if node.loopback else None)
        assert theirs.mgmt == str(node.mgmt.ip)
        assert theirs.ports == {
            port.name: str(port.address) if port.address else None for port in node.interfaces
        }


def test_netlab_leaves_containerlab_files_alone(plan: LabPlan, lab: Netlab) -> None:
    before = (lab.folder / "clab.yml").read_text()
    lab.run("create")
    assert (lab.folder / "clab.yml").read_text() == before


def test_rendered_configurations_hold_labgens_sections(plan: LabPlan, lab: Netlab) -> None:
    lab.run("create")
    lab.run("initial", "-o", "rendered")
    rendered = list((lab.folder / "rendered").iterdir())
    for node, text in wanted_sections(plan):
        mine = [file.read_text() for file in rendered if file.name.startswith(f"{node}.labgen")]
        assert [found.strip() for found in mine] == [text.strip()]


def wanted_sections(plan: LabPlan) -> Iterator[tuple[str, str]]:
    for node in plan.nodes:
        text = netlab.netlab_node(plan, node).config
        if node.relays or node.server or node.client:
            assert text, f"labgen has nothing to say for {node.name}"
            yield node.name, text
