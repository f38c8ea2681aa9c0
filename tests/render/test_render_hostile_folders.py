"""A lab folder may be anybody's: nothing outside it is written, removed or shown because of what it holds."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labgen.ground import resources
from labgen.ground.errors import InputError, UsageError
from labgen.ground.labplan import LabPlan
from labgen.ground.plancheck import faults
from labgen.ground.planfile import read_plan
from labgen.lab.embedded.compile import compile_plan
from labgen.lab.embedded.keys import make_keys
from labgen.plan.build import build
from labgen.render import folder
from labgen.spec.load import load

SOMEBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of another user")


@pytest.fixture(scope="module")
def plan() -> LabPlan:
    return build(load("relay"))


@pytest.fixture
def lab(plan: LabPlan, tmp_path: Path) -> Path:
    folder.write(plan, tmp_path / "lab")
    return tmp_path / "lab"


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    file = tmp_path / "precious"
    file.write_text("keep me")
    return file


def list_in_manifest(lab: Path, path: str) -> None:
    file = lab / "manifest.json"
    data = json.loads(file.read_text())
    data["files"][path] = "0" * 64
    file.write_text(json.dumps(data))


@pytest.mark.parametrize("force", [False, True], ids=["plain", "forced"])
@pytest.mark.parametrize("shape", ["../precious", "{outside}/precious", "config/../../precious", ".", ""])
def test_a_manifest_that_names_a_place_outside_is_refused(
    plan: LabPlan, lab: Path, precious: Path, shape: str, force: bool
) -> None:
    list_in_manifest(lab, shape.format(outside=precious.parent))
    with pytest.raises(UsageError, match="not in the lab folder"):
        folder.write(plan, lab, force=force)
    assert precious.read_text() == "keep me"


def test_a_manifest_that_leads_outside_by_a_link_is_refused(plan: LabPlan, lab: Path, precious: Path) -> None:
    (lab / "way").symlink_to(precious.parent)
    list_in_manifest(lab, "way/precious")
    with pytest.raises(UsageError, match="leads out of the lab folder"):
        folder.write(plan, lab, force=True)
    assert precious.read_text() == "keep me"


def test_a_folder_that_a_manifest_names_as_a_file_is_left_where_it_is(plan: LabPlan, lab: Path) -> None:
    list_in_manifest(lab, "config/srv")
    (lab / "config/srv/own").write_text("keep me")
    assert folder.write(plan, lab, force=True)
    assert (lab / "config/srv/own").read_text() == "keep me"


def test_a_link_in_the_place_of_a_file_is_an_edit_and_is_replaced_not_followed(
    plan: LabPlan, lab: Path, precious: Path
) -> None:
    (lab / "addresses.txt").unlink()
    (lab / "addresses.txt").symlink_to(precious)
    with pytest.raises(UsageError, match=r"edited since the last build: addresses\.txt"):
        folder.write(plan, lab)
    folder.write(plan, lab, force=True)
    assert precious.read_text() == "keep me"
    assert "relay" in (lab / "addresses.txt").read_text()
    assert not (lab / "addresses.txt").is_symlink()


def test_a_link_in_the_place_of_a_folder_is_refused(plan: LabPlan, lab: Path, tmp_path: Path) -> None:
    (lab / "inventory").rename(tmp_path / "elsewhere")
    (lab / "inventory").symlink_to(tmp_path / "elsewhere")
    before = {file.name: file.read_bytes() for file in (tmp_path / "elsewhere").iterdir()}
    with pytest.raises(UsageError, match=r"leads out of the lab folder|is a link"):
        folder.write(plan, lab, force=True)
    assert {file.name: file.read_bytes() for file in (tmp_path / "elsewhere").iterdir()} == before


def test_a_healthy_folder_is_built_again_without_a_word(plan: LabPlan, lab: Path) -> None:
    before = {file: file.read_bytes() for file in lab.rglob("*") if file.is_file()}
    folder.write(plan, lab)
    assert {file: file.read_bytes() for file in lab.rglob("*") if file.is_file()} == before


def edited(lab: Path, old: str, new: str) -> None:
    file = lab / "plan.json"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('"name": "srv"', '"name": "../../../../tmp/srv"', id="a node that is a path"),
        pytest.param('"name": "srv"', '"name": ".."', id="a node that is the folder above"),
        pytest.param('"name": "srv"', '"name": "-rf"', id="a node that is an option"),
        pytest.param('"name": "srv"', '"name": "a b"', id="a node of two words"),
        pytest.param('"linux": "eth1"', '"linux": "../eth1"', id="an interface that is a path"),
        pytest.param('"linux": "eth1"', '"linux": "eth1 up; reboot"', id="an interface that is a command"),
        pytest.param('"vrf": "default"', '"vrf": "../../x"', id="a VRF that is a path"),
        pytest.param('"summary": "', '"summary": "\\u001b[2J', id="an escape sequence"),
        pytest.param('"name": "relay"', '"name": "/etc"', id="a lab that is a path"),
    ],
)
def test_a_plan_with_names_no_spec_could_have_is_not_taken(lab: Path, old: str, new: str) -> None:
    read_plan(lab)
    edited(lab, old, new)
    with pytest.raises(InputError, match="cannot be read"):
        read_plan(lab)


def test_a_plan_that_nests_without_end_is_not_taken(lab: Path) -> None:
    (lab / "plan.json").write_text("[" * 200_000)
    with pytest.raises(InputError, match="cannot be read"):
        read_plan(lab)


def test_a_configuration_that_is_a_link_is_not_carried_into_a_node(
    plan: LabPlan, lab: Path, precious: Path
) -> None:
    keys = make_keys()
    compile_plan(plan, lab, lambda plan, node: (), keys)
    (lab / "config/srv/etc/secret").symlink_to(precious)
    with pytest.raises(UsageError, match="secret is a link"):
        compile_plan(plan, lab, lambda plan, node: (), keys)


@as_root
def test_a_folder_of_another_user_is_not_run(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_UID", raising=False)
    os.chown(lab / "plan.json", SOMEBODY, SOMEBODY)
    with pytest.raises(UsageError, match=f"belongs to another user \\(uid {SOMEBODY}\\)"):
        read_plan(lab)
    os.chown(lab, SOMEBODY, SOMEBODY)
    with pytest.raises(UsageError, match="make it yours"):
        read_plan(lab)


@as_root
def test_the_folder_of_who_called_sudo_is_run(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in (lab, lab / "plan.json"):
        os.chown(place, SOMEBODY, SOMEBODY)
    monkeypatch.setenv("SUDO_UID", str(SOMEBODY))
    assert read_plan(lab).name == "relay"
    monkeypatch.setenv("SUDO_UID", "1234")
    with pytest.raises(UsageError, match="belongs to another user"):
        read_plan(lab)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data.update(nodes=[]), "it has no nodes"),
        (lambda data: data["nodes"].append(data["nodes"][0]), "is there twice"),
        (lambda data: data["segments"].append(data["segments"][0]), "is there twice"),
        (lambda data: data["nodes"].pop(0), "which is no"),
        (lambda data: data.update(segments=[]), "which is not there"),
        (lambda data: data["links"][0]["endpoints"][0].update(linux="eth77"), "eth77, which is not there"),
        (lambda data: data.update(name=5), "name: "),
        (lambda data: data.update(nodes=None), "nodes: "),
    ],
)
def test_a_plan_whose_parts_do_not_fit_is_refused_with_the_reason(
    change: Callable[[dict[str, Any]], object], said: str, tmp_path: Path
) -> None:
    data = json.loads(build(load("relay")).to_json())
    change(data)
    (tmp_path / "plan.json").write_text(json.dumps(data))
    with pytest.raises(InputError) as info:
        read_plan(tmp_path)
    assert f"{tmp_path / 'plan.json'} cannot be read: " in str(info.value)
    assert said in str(info.value)


@pytest.mark.parametrize("name", sorted(resources.scenario_files()))
def test_every_scenario_has_a_plan_that_fits(name: str) -> None:
    assert list(faults(build(load(name)))) == []


def test_a_pipe_in_the_place_of_a_plan_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "plan.json")
    with pytest.raises(InputError, match="no ordinary file"):
        read_plan(tmp_path)


def test_a_pipe_in_the_place_of_an_artifact_is_an_edit_and_replaced_by_force(
    plan: LabPlan, lab: Path
) -> None:
    (lab / "addresses.txt").unlink()
    os.mkfifo(lab / "addresses.txt")
    with pytest.raises(UsageError, match=r"edited since the last build: addresses\.txt"):
        folder.write(plan, lab)
    folder.write(plan, lab, force=True)
    assert (lab / "addresses.txt").read_text().startswith("  Interface")
