"""clab.yml: what containerlab's schema does not check is checked here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from labgen.ground import resources
from labgen.ground.labplan import LabPlan
from labgen.plan.build import build
from labgen.render import clabernetes, containerlab, folder
from labgen.spec import load

SCENARIOS = sorted(path.stem for path in resources.topologies().glob("*.yml"))


@pytest.fixture(params=SCENARIOS)
def plan(request: pytest.FixtureRequest) -> LabPlan:
    return build(load.load(request.param))


def topology(plan: LabPlan) -> Any:
    texts = {artifact.path: artifact.text for artifact in containerlab.artifacts(plan)}
    return yaml.safe_load(texts["clab.yml"])


def test_links_have_two_ends_and_every_end_exists_once(plan: LabPlan) -> None:
    found = topology(plan)["topology"]
    ends = [end for link in found["links"] for end in link["endpoints"]]
    assert all(len(link["endpoints"]) == 2 for link in found["links"])
    assert len(ends) == len(set(ends))
    assert {end.split(":")[0] for end in ends} <= set(found["nodes"])
    wanted = {f"{node.name}:{port.linux}" for node in plan.nodes for port in node.interfaces if port.index}
    assert wanted <= set(ends)


def test_every_node_names_an_image_and_its_management_address(plan: LabPlan) -> None:
    nodes = topology(plan)["topology"]["nodes"]
    for node in plan.nodes:
        assert nodes[node.name]["image"]
        assert nodes[node.name]["mgmt-ipv4"] == str(node.mgmt.ip)


def test_open_nodes_run_unprivileged_and_say_when_they_are_ready(plan: LabPlan) -> None:
    nodes = topology(plan)["topology"]["nodes"]
    for node in plan.nodes:
        assert nodes[node.name]["privileged"] is False
        assert "healthcheck" not in nodes[node.name], (
            "an engine makes it for ever, which slow machines cannot bear"
        )
    assert containerlab.ready_tests(plan) == {node.name: "test -e /run/labgen-ready" for node in plan.nodes}


@pytest.mark.slow
def test_every_bind_and_startup_config_is_a_file_of_the_lab_folder(plan: LabPlan, tmp_path: Path) -> None:
    folder.write(plan, tmp_path / "lab")
    for node in topology(plan)["topology"]["nodes"].values():
        sources = [bind.split(":")[0] for bind in node.get("binds", [])]
        sources += [node["startup-config"]] if "startup-config" in node else []
        for source in sources:
            assert (tmp_path / "lab" / source).is_file(), source


def test_clients_alone_can_set_their_ports_up_by_sysctl(plan: LabPlan, tmp_path: Path) -> None:
    """dhcpcd does, and gave up on a port where the engine mounts sysctls read-only."""
    folder.write(plan, tmp_path / "lab")
    scripts = {node.name: (tmp_path / "lab" / "clab" / f"{node.name}.sh").read_text() for node in plan.nodes}
    writable = {name for name, text in scripts.items() if "remount,rw /proc/sys" in text}
    assert writable == {node.name for node in plan.nodes if node.client}
    assert writable < set(scripts)


def test_scripts_are_executable(plan: LabPlan) -> None:
    modes = {artifact.path: artifact.mode for artifact in containerlab.artifacts(plan)}
    assert all(mode & 0o100 for path, mode in modes.items() if path.endswith(".sh"))


@pytest.mark.slow
@pytest.mark.parametrize("api", ["clabernetes.containerlab.dev/v1alpha1", "c9s.run/v1alpha1"])
def test_clabernetes_topology_carries_every_file_its_nodes_bind(plan: LabPlan, api: str) -> None:
    documents = list(yaml.safe_load_all(clabernetes.manifest(plan, api)))
    maps = {found["metadata"]["name"]: found["data"] for found in documents if found["kind"] == "ConfigMap"}
    custom = documents[-1]
    assert (custom["apiVersion"], custom["kind"]) == (api, "Topology")
    inner = yaml.safe_load(custom["spec"]["definition"]["containerlab"])
    for name, node in inner["topology"]["nodes"].items():
        mounted = {
            file["filePath"]: maps[file["configMapName"]][file["configMapPath"]]
            for file in custom["spec"]["deployment"]["filesFromConfigMap"].get(name, [])
        }
        assert {bind.split(":")[0] for bind in node.get("binds", [])} <= set(mounted)


@pytest.mark.slow
def test_clabernetes_files_are_the_lab_folders(plan: LabPlan, tmp_path: Path) -> None:
    folder.write(plan, tmp_path / "lab")
    documents = list(yaml.safe_load_all(clabernetes.manifest(plan)))
    maps = {found["metadata"]["name"]: found["data"] for found in documents if found["kind"] == "ConfigMap"}
    for files in documents[-1]["spec"]["deployment"]["filesFromConfigMap"].values():
        for file in files:
            text = maps[file["configMapName"]][file["configMapPath"]]
            assert text.rstrip("\n") == (tmp_path / "lab" / file["filePath"]).read_text().rstrip("\n")
