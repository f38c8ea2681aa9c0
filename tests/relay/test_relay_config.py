"""Reading the configuration: what is wrong is told with its place and a way out."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from labgen.ground.errors import SpecError
from labgen.relay.config import RelayConfig, load_config, parse_config

GOOD = """\
name: sw1
dialect: eos
vrfs:
  client: {netns: /run/netns/client}
interfaces:
  - name: vlan1000
    vrf: client
    servers:
      - {address: 10.0.0.2}
"""


def test_defaults_are_filled_in() -> None:
    config = parse_config(GOOD)
    assert (config.hop_limit, config.log, config.drop_privileges) == (16, "-", True)
    assert config.interfaces[0].servers[0].vrf == "default"


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("    vrf: client", "    vfr: client", 7, ["interfaces.0.vfr", "Did you mean `vrf`?"]),
        ("dialect: eos", "dialect: ios-xr", 2, ["no dialect is called 'ios-xr'", "aoscx"]),
        ("10.0.0.2", "10.0.0.256", 9, ["interfaces.0.servers.0.address", "10.0.0.256"]),
        ("    vrf: client", "    vrf: red", 7, ["no VRF is called 'red'", "default, client"]),
        ("{netns: /run/netns/client}", "{netns: /x, device: y}", 4, ["not by both"]),
        ("- {address: 10.0.0.2}", "[]", 8, ["at least 1 item"]),
        ("name: sw1\n", "", 1, ["name", "Add `name`"]),
        ("    vrf: client", "    vrf: client\n    hop_limit: 255", 8, ["hop_limit", "254"]),
        (
            "- {address: 10.0.0.2}",
            "- {address: 10.0.0.2}\n      - {address: 10.0.0.2}",
            10,
            ["10.0.0.2 is listed twice"],
        ),
    ],
    ids=["typo", "dialect", "address", "vrf", "two-places", "no-server", "no-name", "hop-limit", "twice"],
)
def test_mistake_is_told_with_file_line_and_remedy(
    tmp_path: Path, old: str, new: str, line: int, words: list[str]
) -> None:
    path = tmp_path / "relay.yml"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_config(path)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == (path, line)
    assert all(word in str(problem) for word in words), str(problem)


@pytest.mark.parametrize("text", ["a: [", "a: b: c", "\t- x"], ids=["open", "colons", "tab"])
def test_broken_yaml_is_told_with_its_line(text: str) -> None:
    with pytest.raises(SpecError, match="not YAML") as caught:
        parse_config("name: x\n" + text)
    assert caught.value.problems[0].line is not None


@pytest.mark.parametrize("text", ["", "- a", "3"], ids=["empty", "list", "number"])
def test_file_that_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(SpecError):
        parse_config(text)


def test_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="cannot read it"):
        load_config(tmp_path / "none.yml")


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        parse_config(GOOD.replace("10.0.0.2", "x").replace("    vrf: client", "    vrf: client\n    foo: 1"))
    assert len(caught.value.problems) == 2


def test_vrf_without_a_place_is_the_device_of_its_name_when_there_is_no_such_namespace(
    tmp_path: Path,
) -> None:
    path = tmp_path / "relay.yml"
    path.write_text(
        GOOD.replace("{netns: /run/netns/client}", "{}").replace("client", "no-such-vrf"), "utf-8"
    )
    vrf = load_config(path).vrfs["no-such-vrf"]
    assert (vrf.netns, vrf.device) == (None, "no-such-vrf")


def test_schema_accepts_what_the_reader_accepts() -> None:
    schema = json.loads(json.dumps(RelayConfig.model_json_schema()))
    jsonschema.validate(yaml.safe_load(GOOD), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(GOOD + "foo: 1\n"), schema)
