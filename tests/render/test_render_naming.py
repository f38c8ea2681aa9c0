"""Names that a tool does not take are others there, unique, and told in the lab folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from labgen.devices import registry
from labgen.ground import naming
from labgen.plan.build import build
from labgen.render import clabernetes, containerlab, netlab
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


WORDS = """\
name: "on"
switches: ["no", "null"]
links: [["no", "null"]]
overlay: {data: vxlan, control: evpn, asn: 65000}
vrfs: {mgmt: {transit_vni: true}, "off": {}}
segments:
  "true":
    vrf: mgmt
    gateway: anycast
    attach: {"no": ["0x1F", "y"], "null": ["yes"]}
    relay: &far {servers: ["false"], source: loopback, options: [link-selection, server-id-override]}
  "n": {vrf: "off", attach: {"no": [c]}, relay: *far}
servers: {"false": "null"}
"""


def words(value: object) -> Iterator[object]:
    """Every key, and every value that is no key's, of what a YAML 1.1 reader gets."""
    if isinstance(value, dict):
        yield from value
        yield from (each for own in value.values() for each in words(own))
    elif isinstance(value, list):
        yield from (each for own in value for each in words(own))


def test_names_that_yaml_reads_as_something_else_are_in_quotes(tmp_path: Path) -> None:
    file = tmp_path / "on.yml"
    file.write_text(WORDS)
    plan = build(load(str(file)))
    known = {
        artifact.path: artifact.text for artifact in (*netlab.artifacts(plan), *containerlab.artifacts(plan))
    }
    known["c9s.yml"] = clabernetes.manifest(plan)
    known["relay.yml"] = next(
        each.text for each in registry.files(plan)["no"] if each.path.endswith("relay.yml")
    )
    for path in ("topology.yml", "clab.yml", "c9s.yml", "relay.yml"):
        documents = list(yaml.safe_load_all(known[path]))
        assert documents
        assert all(isinstance(word, str) for word in words(documents) if not isinstance(word, int)), path
        assert not any(isinstance(word, bool) for word in words(documents)), path
    assert yaml.safe_load(known["clab.yml"])["name"] == "on"
    assert set(yaml.safe_load(known["clab.yml"])["topology"]["nodes"]) == {node.name for node in plan.nodes}
    netlab_reserves = yaml.safe_load(known["topology.yml"])["defaults.vrf.attributes.reserved"]
    assert "mgmt" not in netlab_reserves
    assert "default" in netlab_reserves


def test_netlab_is_told_of_its_reserved_vrfs_where_one_is_used_alone() -> None:
    text = next(a.text for a in netlab.artifacts(build(load("vrf-relay"))) if a.path == "topology.yml")
    assert "reserved" not in text


def test_a_lab_whose_names_all_tools_take_has_no_table(tmp_path: Path) -> None:
    assert "names.txt" not in {artifact.path for artifact in netlab.artifacts(build(load("vrf-relay")))}
