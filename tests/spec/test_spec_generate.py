"""Specs that have their fabric generated."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from labgen.ground.errors import SpecError
from labgen.spec.load import load
from labgen.spec.model import Spec

SHORT = "name: f\ngenerate: {leaf_spine: {leaves: 3, spines: 1, servers: 1}}\n"


def written(folder: Path, text: str) -> str:
    file = folder / "f.yml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_two_lines_are_a_spec(tmp_path: Path) -> None:
    spec = load(written(tmp_path, SHORT)).spec
    assert spec.switches == ("l1", "l2", "l3", "s1")
    assert spec.link_ends == (("l1", "s1"), ("l2", "s1"), ("l3", "s1"))
    assert spec.servers["srv1"].attach == ("l1",)
    assert spec.segments["cv1"].attach == {"l1": ("c1",), "l2": ("c2",), "l3": ("c3",)}


def test_own_keys_go_on_top_of_generated_ones_at_any_depth(tmp_path: Path) -> None:
    own = "segments: {cv1: {relay: {options: [circuit-id, link-selection]}}}\n"
    segment = load(written(tmp_path, SHORT + own)).spec.segments["cv1"]
    (group,) = segment.relay
    assert group.options == ("circuit-id", "link-selection")
    assert group.servers == ("srv1",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(
            "name: f\ngenerate: {leaf_spine: {leafs: 3}}\n", "unknown key `leafs`", id="unknown key"
        ),
        pytest.param("name: f\ngenerate: {leaf_spine: {}}\n", "`leaves` is missing", id="nothing said"),
        pytest.param(
            "name: f\ngenerate: {leaf_spine: {leaves: 1}}\n",
            "1 is no number of leaves: it goes from 2 to 1000",
            id="too few",
        ),
        pytest.param("name: f\ngenerate: {ring: {}}\n", "unknown key `ring`", id="unknown fabric"),
    ],
)
def test_what_is_wrong_in_it_is_found_on_its_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        load(written(tmp_path, text))
    problem = next(problem for problem in caught.value.problems if words in problem.reason)
    assert problem.line == 2


def test_without_generate_what_a_lab_needs_is_still_demanded(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="`switches` is missing"):
        load(written(tmp_path, "name: f\n"))


@pytest.mark.parametrize(
    ("data", "valid"),
    [
        pytest.param({"name": "f", "generate": {"leaf_spine": {"leaves": 3}}}, True, id="generated"),
        pytest.param(
            {"name": "f", "switches": ["a"], "segments": {"u": {"attach": {"a": ["c"]}}}, "servers": {}},
            True,
            id="written out",
        ),
        pytest.param({"name": "f", "switches": ["a"]}, False, id="neither"),
    ],
)
def test_the_json_schema_knows_both_forms(data: dict[str, object], valid: bool) -> None:
    assert Draft202012Validator(Spec.model_json_schema()).is_valid(data) is valid


@pytest.mark.parametrize("underlay", ["ebgp", "ebgp-unnumbered", "{protocol: ebgp, unnumbered: true}"])
def test_evpn_of_a_generated_fabric_runs_in_the_sessions_of_an_ebgp_underlay(
    tmp_path: Path, underlay: str
) -> None:
    overlay = load(written(tmp_path, f"{SHORT}underlay: {underlay}\n")).spec.overlay
    assert overlay is not None
    assert (overlay.control, overlay.asn, overlay.route_reflectors) == ("evpn", None, ())
    by_ospf = load(written(tmp_path, f"{SHORT}underlay: ospf\n")).spec.overlay
    assert by_ospf is not None
    assert (by_ospf.asn, by_ospf.route_reflectors) == (65000, ("s1",))
