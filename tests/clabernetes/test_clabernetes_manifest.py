"""c9s.yml: what clabernetes' schemas and Kubernetes demand of it, and what is said before a cluster refuses it.

The facts are those of the CRDs of clabernetes 0.6 and 0.8; both API servers took every scenario when that was tried by hand.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from labgen.ground import resources
from labgen.ground.labplan import LabPlan
from labgen.plan.build import build
from labgen.render import clabernetes, containerlab
from labgen.spec import load

SCENARIOS = sorted(path.stem for path in resources.topologies().glob("*.yml"))
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


@pytest.fixture(scope="module", params=SCENARIOS)
def documents(request: pytest.FixtureRequest) -> list[Any]:
    plan = build(load.load(request.param))
    assert clabernetes.problems(plan) == ()
    return list(yaml.safe_load_all(clabernetes.manifest(plan)))


@pytest.mark.slow
def test_the_topology_says_only_what_every_release_knows(documents: list[Any]) -> None:
    spec = documents[-1]["spec"]
    assert set(spec) <= {"definition", "deployment", "expose"}
    assert set(spec["definition"]) == {"containerlab"}
    assert set(spec["deployment"]) == {"filesFromConfigMap"}
    assert spec["expose"] == {"exposeType": "None", "disableAutoExpose": True}
    for files in spec["deployment"]["filesFromConfigMap"].values():
        for file in files:
            assert set(file) == {"filePath", "configMapName", "configMapPath", "mode"}
            assert file["mode"] in ("read", "execute")


def test_names_and_keys_are_ones_kubernetes_takes(documents: list[Any]) -> None:
    for document in documents:
        assert LABEL.fullmatch(document["metadata"]["name"])
        assert all(re.fullmatch(r"[-._a-zA-Z0-9]{1,253}", key) for key in document.get("data", {}))
    nodes = yaml.safe_load(documents[-1]["spec"]["definition"]["containerlab"])["topology"]["nodes"]
    assert all(LABEL.fullmatch(name) for name in nodes)
    assert set(documents[-1]["spec"]["deployment"]["filesFromConfigMap"]) <= set(nodes)


def test_every_mounted_file_makes_a_volume_of_its_own(documents: list[Any]) -> None:
    """Release 0.6 names a volume by map and key, lower case, and a `z` in the place of a last character that is no letter."""
    for files in documents[-1]["spec"]["deployment"]["filesFromConfigMap"].values():
        names = [f"{file['configMapName']}-{file['configMapPath']}".lower() for file in files]
        volumes = [re.sub(r"[^a-z]$", "z", re.sub(r"[^a-z0-9-]", "-", name)) for name in names]
        assert len(set(volumes)) == len(volumes)
        paths = [file["filePath"] for file in files]
        assert len(set(paths)) == len(paths)


def named(lab: str) -> LabPlan:
    return build(load.load("relay", {}, [f"name={lab}"]))


@pytest.mark.parametrize(
    ("lab", "told"),
    [
        pytest.param("7layers", r"`7layers` has to start with a letter", id="digit"),
        pytest.param("a" * 63, r"together \d+ characters too long: shorten `a{63}`", id="long"),
    ],
)
def test_names_a_cluster_would_refuse_are_told(lab: str, told: str) -> None:
    found = clabernetes.problems(named(lab))
    assert len(found) == 1
    assert re.search(told, found[0])


@pytest.mark.parametrize(
    ("client", "told"),
    [
        pytest.param("srv_", "srv and srv_ are both called `srv` there: rename one", id="underscore"),
        pytest.param(
            "host_", "`host` is no name for a node: it means something else at the end of a link", id="host"
        ),
    ],
)
def test_names_of_nodes_that_cannot_be_are_told(tmp_path: Path, client: str, told: str) -> None:
    spec = (resources.topologies() / "relay.yml").read_text().replace("user", client)
    (tmp_path / "names.yml").write_text(spec)
    assert clabernetes.problems(build(load.load(str(tmp_path / "names.yml")))) == (told,)


def test_a_name_that_just_fits_is_no_problem() -> None:
    longest = 63 - len("-relay-vx")
    assert clabernetes.problems(named("a" * longest)) == ()
    assert clabernetes.problems(named("a" * (longest + 1))) != ()


def test_files_too_large_for_a_config_map_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clabernetes, "CONFIG_MAP", 1000)
    assert any("and a ConfigMap holds 1000" in text for text in clabernetes.problems(named("lab")))


def test_a_topology_too_large_for_etcd_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clabernetes, "OBJECT", 1000)
    (found,) = clabernetes.problems(named("lab"))
    assert "build a lab of fewer nodes" in found


def test_what_a_cluster_would_refuse_stands_in_the_file() -> None:
    text = clabernetes.manifest(named("7layers"))
    assert "# Kubernetes will refuse this: the lab's name `7layers`" in text
    assert list(yaml.safe_load_all(text))[-1]["kind"] == "Topology"


@pytest.mark.parametrize(
    ("lab", "kept"),
    [pytest.param("plain", True, id="taken-as-it-is"), pytest.param("Not_plain", False, id="renamed")],
)
def test_a_topology_that_is_there_is_held_only_where_its_names_are_taken(lab: str, kept: bool) -> None:
    plan = named(lab)
    clab = containerlab.topology(plan, containerlab.containers(plan)) + "# as it is\n"
    found = clabernetes.manifest(plan, clab=clab)
    assert ("# as it is" in found) is kept
    assert found.replace("      # as it is\n", "") == clabernetes.manifest(plan)


def test_files_are_blocks_whose_empty_lines_stay_empty() -> None:
    file = clabernetes.MapFile("k", "p", "a\n\n  b\n   \n\n\nc\n", "read")
    assert file.block == "    a\n\n      b\n       \n\n\n    c\n"
    assert yaml.safe_load(f"k: |\n{file.block}") == {"k": file.text}
