"""Names that a tool does not take are others there, unique, and told in the lab folder."""

from __future__ import annotations

from pathlib import Path

from labgen.ground import naming
from labgen.plan.build import build
from labgen.render import netlab
from labgen.spec.load import load

SPEC = """\
name: long
switches: [frankfurt-datacenter1-leaf-01a, frankfurt-datacenter1-leaf-01b, 3750-core]
links: [frankfurt-datacenter1-leaf-01a-3750-core, frankfurt-datacenter1-leaf-01b-3750-core]
overlay: {control: static}
segments:
  users-of-the-second-floor:
    gateway: anycast
    attach: {frankfurt-datacenter1-leaf-01a: [pc-1], frankfurt-datacenter1-leaf-01b: [pc-2]}
    relay: {servers: [dhcp-1]}
servers: {dhcp-1: 3750-core}
"""


def test_names_that_are_allowed_stay_and_the_others_are_short_and_unique() -> None:
    found = naming.shortened(["leaf-1", "9k", "a" * 20, "a" * 21, "a" * 22], naming.NETLAB_NODE)
    assert "leaf-1" not in found
    assert found["9k"] == "n9k"
    assert len(set(found.values())) == 4
    assert all(naming.NETLAB_NODE.fullmatch(short) for short in found.values())


def test_netlabs_topology_has_the_short_names_and_the_lab_folder_tells_which(tmp_path: Path) -> None:
    file = tmp_path / "long.yml"
    file.write_text(SPEC)
    plan = build(load(str(file)))
    files = {artifact.path: artifact.text for artifact in netlab.artifacts(plan)}
    names = naming.for_netlab(plan)
    assert set(names) == {
        "frankfurt-datacenter1-leaf-01a",
        "frankfurt-datacenter1-leaf-01b",
        "3750-core",
        "users-of-the-second-floor",
    }
    assert all(
        f"{name}" not in files["topology.yml"].replace("description", "")
        for name in list(names)[:3]
        if len(name) > 16
    )
    assert all(short in files["topology.yml"] for short in names.values())
    assert all(f"{name}  " in files["names.txt"] or f"{name} " in files["names.txt"] for name in names)
    assert f"netlab/labgen/{names['3750-core']}.cfg" in files


def test_a_lab_whose_names_all_tools_take_has_no_table(tmp_path: Path) -> None:
    assert "names.txt" not in {artifact.path for artifact in netlab.artifacts(build(load("vrf-relay")))}
