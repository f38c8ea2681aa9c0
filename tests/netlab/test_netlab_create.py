"""netlab accepts what labgen emits, keeps the address plan, and renders labgen's DHCP sections."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from netlab_runner import Netlab, Node, programs, version

from labgen.devices import registry
from labgen.ground import resources
from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.ground.vocabulary import Role
from labgen.plan.build import build
from labgen.render import folder, netlab
from labgen.spec import load

pytestmark = pytest.mark.netlab

SCENARIOS = sorted(path.stem for path in resources.topologies().glob("*.yml"))
COMBINATIONS = {"open": {}, "arista-cisco": {"switch": "eos", "server": "csr", "client": "iosv"}}
VENDORS = sorted(name for name, device in registry.everything().items() if not device.facts.embedded)
FABRICS = (
    "arubacx", "cat8000v", "dellos10", "eos", "iol", "nxos", "sonic", "srlinux", "vjunos-router", "vjunos-switch", "vptx",
)  # fmt: skip


def possible(scenario: str, devices: dict[str, str]) -> bool:
    """Whether these devices can do it; that the others are refused with a remedy is tested where devices are."""
    try:
        build(load.load(scenario, devices))
    except SpecError:
        return False
    return True


KEPT = {("open", scenario) for scenario in ("relay", "evpn-redundant-server", "leaf-spine")}
CASES = [
    pytest.param(
        scenario, devices, id=f"{scenario}-{name}", marks=() if (name, scenario) in KEPT else pytest.mark.deep
    )
    for scenario in SCENARIOS
    for name, devices in COMBINATIONS.items()
    if possible(scenario, devices)
]


def program_id(path: str | None) -> str:
    return str(path or "no netlab").strip("/").replace("/", "-")


@pytest.fixture(scope="session", params=programs() or [None], ids=program_id)
def program(request: pytest.FixtureRequest) -> str:
    if request.param is None:
        pytest.skip("networklab is not installed: put netlab on PATH, or name it in LABGEN_NETLAB")
    return str(request.param)


def test_every_scenario_can_be_had_with_open_devices() -> None:
    assert all(possible(scenario, {}) for scenario in SCENARIOS)


@pytest.mark.parametrize(("scenario", "devices"), CASES)
def test_netlab_builds_the_lab_labgen_planned(
    scenario: str, devices: dict[str, str], program: str, tmp_path: Path
) -> None:
    plan = build(load.load(scenario, devices))
    lab = written(plan, program, tmp_path)
    theirs = (lab.folder / "clab.yml").read_text()
    found = lab.create()
    assert (lab.folder / "clab.yml").read_text() == theirs, "netlab overwrote containerlab's topology"
    assert set(found) == {node.name for node in plan.nodes}
    rendered = lab.rendered()
    for node in plan.nodes:
        assert_ports(node, found[node.name])
        assert_section(plan, node, rendered)


@pytest.mark.deep
def test_netlab_at_hand_does_what_its_program_does(program: str, tmp_path: Path) -> None:
    plan = build(load.load("relay"))
    folder.write(plan, tmp_path / "lab")
    told = []
    for itself in (True, False):
        lab = Netlab(program, tmp_path / "lab", itself)
        told.append((lab.create(), lab.rendered()))
    assert told[0] == told[1]
    for itself in (True, False):
        with pytest.raises(AssertionError, match="no-such-command"):
            Netlab(program, tmp_path / "lab", itself).run("no-such-command")


def written(plan: LabPlan, program: str, tmp_path: Path) -> Netlab:
    folder.write(plan, tmp_path / "lab")
    return Netlab(program, tmp_path / "lab")


@dataclass(frozen=True)
class Built:
    """A lab of many vendors, and what netlab made of it."""

    plan: LabPlan
    nodes: dict[str, Node]
    rendered: dict[str, str]


@pytest.fixture(scope="module")
def routed(program: str, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A relay, a server and a client of every vendor, each vendor in a corner of its own."""
    spec: dict[str, Any] = {
        "name": "vendors",
        "switches": [],
        "links": [],
        "servers": {},
        "segments": {},
        "nodes": {},
    }
    for number, name in enumerate(name for name in VENDORS if not unable(name, program)):
        relay, server, client = f"r{number}", f"s{number}", f"c{number}"
        spec["switches"].append(relay)
        spec["links"].append(f"{relay}-{server}")
        spec["servers"][server] = {}
        intent = {"servers": [server], "options": ["circuit-id"]}
        spec["segments"][f"u{number}"] = {"attach": {relay: [client]}, "relay": intent}
        own = {Role.SWITCH: relay, Role.SERVER: server, Role.CLIENT: client}
        roles = registry.get(name).facts.roles
        spec["nodes"] |= {node: {"device": name} for role, node in own.items() if role in roles}
    return built(spec, program, tmp_path_factory.mktemp("routed"))


@pytest.fixture(scope="module")
def fabric(program: str, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """One EVPN fabric with a leaf of every vendor that can be one."""
    able = [name for name in FABRICS if not unable(name, program)]
    switches = [f"sw{number}" for number in range(len(able))]
    options = ["link-selection", "server-id-override"]
    relay = {"servers": ["srv"], "server_vrf": "default", "source": "loopback", "options": options}
    attach = {switch: [f"c{number}"] for number, switch in enumerate(switches)}
    spec = {
        "name": "fabric",
        "switches": switches,
        "links": [f"sw0-{switch}" for switch in switches[1:]],
        "overlay": {"data": "vxlan", "control": "evpn", "asn": 65000},
        "vrfs": {"client": {"transit_vni": 12000}},
        "segments": {"cv1": {"vrf": "client", "vni": 11000, "attach": attach, "relay": relay}},
        "servers": {"srv": "sw0"},
        "nodes": {switch: {"device": name} for switch, name in zip(switches, able, strict=True)},
    }
    return built(spec, program, tmp_path_factory.mktemp("fabric"))


def built(spec: dict[str, Any], program: str, tmp_path: Path) -> Built:
    (tmp_path / "spec.yml").write_text(yaml.safe_dump(spec, sort_keys=False))
    plan = build(load.load(str(tmp_path / "spec.yml")))
    lab = written(plan, program, tmp_path)
    return Built(plan, lab.create(), lab.rendered())


def unable(name: str, program: str) -> str:
    """Why this netlab, or this machine, cannot build a vendor's lab; empty where it can."""
    if name == "vyos" and not Path("/lib/modules").is_dir():
        return "netlab binds /lib/modules into VyOS containers, and there is none"
    if name == "sonic" and version(program) < (26, 10):
        return "this netlab does not run SONiC in containers"
    return ""


@pytest.mark.parametrize("vendor", VENDORS)
def test_netlab_accepts_every_vendor(vendor: str, program: str, routed: Built) -> None:
    reason = unable(vendor, program)
    if reason:
        pytest.skip(reason)
    assert_vendor(vendor, routed)


@pytest.mark.deep
@pytest.mark.parametrize("vendor", FABRICS)
def test_netlab_accepts_every_leaf_of_an_evpn_fabric(vendor: str, program: str, fabric: Built) -> None:
    reason = unable(vendor, program)
    if reason:
        pytest.skip(reason)
    assert_vendor(vendor, fabric)


def assert_vendor(vendor: str, lab: Built) -> None:
    nodes = [node for node in lab.plan.nodes if node.device == vendor]
    assert nodes
    for node in nodes:
        assert_ports(node, lab.nodes[node.name])
        assert_section(lab.plan, node, lab.rendered)


def assert_ports(node: NodePlan, theirs: Node) -> None:
    assert theirs.loopback == (str(node.loopback) if node.loopback else None)
    assert theirs.mgmt == str(node.mgmt.ip)
    made = registry.get(node.device).facts.fabric.netlab_vlan
    assert theirs.ports == {
        port.name: str(port.address) if port.address else None
        for port in node.interfaces
        if made or port.kind != "svi"
    }


def assert_section(plan: LabPlan, node: NodePlan, rendered: dict[str, str]) -> None:
    """netlab would deploy exactly what labgen has to say about a relay, server or client."""
    if not (node.relays or node.server or node.client):
        return
    files = tuple(registry.get(node.device).artifacts(plan, node))
    text = netlab.netlab_node(plan, node, files).config
    mine = [found for name, found in rendered.items() if name.startswith(f"{node.name}.labgen")]
    assert text, f"labgen has nothing to say about {node.name}"
    assert [_bare(found) for found in mine] == [_bare(text)]


def _bare(text: str) -> list[str]:
    """Lines without what netlab wraps around a script."""
    wrapper = ("#!/usr/bin/FastCli", "configure terminal", "end")
    return [line.strip() for line in text.splitlines() if line.strip() and line.strip() not in wrapper]
