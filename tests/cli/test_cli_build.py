"""The command line without a lab."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from command_line import labgen

from labgen.ground import resources

LABGEN = Path(sys.executable).with_name("labgen")


def program(*args: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """labgen in a process of its own, where that matters."""
    environment = {**os.environ, "NO_COLOR": "1", **env}
    return subprocess.run(
        [LABGEN, *args], cwd=cwd, capture_output=True, text=True, env=environment, timeout=60
    )


@pytest.mark.slow
def test_build_writes_the_lab_folder(tmp_path: Path) -> None:
    done = program("build", "evpn-redundant-server", "-o", "lab", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    names = {
        "plan.json",
        "addresses.txt",
        "topology.yml",
        "clab.yml",
        "c9s.yml",
        "topology.svg",
        "topology.mmd",
        "topology.dot",
    }
    assert names <= {file.name for file in (tmp_path / "lab").iterdir()}
    assert {"hosts.yml", "groups.yml", "defaults.yml"} == {
        file.name for file in (tmp_path / "lab/inventory").iterdir()
    }
    assert (tmp_path / "lab/config/sw1/etc/frr/frr.conf").is_file()


@pytest.mark.slow
def test_build_is_reproducible_to_the_byte(tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert program("build", "evpn-redundant-server", "-o", name, cwd=tmp_path).returncode == 0
    one, two = (
        {f.relative_to(tmp_path / n): f.read_bytes() for f in (tmp_path / n).rglob("*") if f.is_file()}
        for n in ("one", "two")
    )
    assert one == two


MODULES = """
import json, sys
from labgen.cli.main import cli
try:
    cli.main(sys.argv[1:])
except SystemExit:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("args", "unwanted"),
    [
        pytest.param(["--help"], {"yaml", "pydantic", "jinja2", "labgen.plan", "labgen.devices"}, id="help"),
        pytest.param(
            ["build", "evpn-redundant-server", "-o", "lab"],
            {
                "rich",
                "nornir",
                "netmiko",
                "pyroute2",
                "labgen.dhcp",
                "labgen.collect",
                "labgen.verify",
            }
            | {"labgen.lab", "labgen.devices.observed", "labgen.devices.eos"},
            id="build",
        ),
    ],
)
def test_a_command_imports_nothing_it_does_not_need(
    tmp_path: Path, args: list[str], unwanted: set[str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MODULES, *args], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    loaded = set(json.loads(done.stderr.splitlines()[-1]))
    assert "labgen.cli.main" in loaded
    assert not unwanted & loaded


def test_edited_files_are_not_overwritten_unless_forced(tmp_path: Path) -> None:
    assert labgen("build", "relay", "-o", "lab", cwd=tmp_path).returncode == 0
    edited = tmp_path / "lab/config/relay/etc/frr/frr.conf"
    edited.write_text("mine\n")
    refused = labgen("build", "relay", "-o", "lab", cwd=tmp_path)
    assert refused.returncode == 2
    assert "config/relay/etc/frr/frr.conf" in refused.stderr
    assert edited.read_text() == "mine\n"
    assert labgen("build", "relay", "-o", "lab", "--force", cwd=tmp_path).returncode == 0
    assert edited.read_text() != "mine\n"


def test_a_folder_that_is_no_lab_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/chapter.txt").write_text("precious")
    done = labgen("build", "relay", "-o", "thesis", cwd=tmp_path)
    assert done.returncode == 2
    assert "no lab folder" in done.stderr
    assert [file.name for file in (tmp_path / "thesis").iterdir()] == ["chapter.txt"]


def test_runs_survive_a_rebuild(tmp_path: Path) -> None:
    assert labgen("build", "relay", "-o", "lab", cwd=tmp_path).returncode == 0
    kept = tmp_path / "lab/runs/one/verdict.json"
    kept.parent.mkdir(parents=True)
    kept.write_text("{}")
    assert labgen("build", "relay", "-o", "lab", "--device", "server=kea-plain", cwd=tmp_path).returncode == 0
    assert kept.read_text() == "{}"


def test_vendor_devices_name_the_interfaces(tmp_path: Path) -> None:
    options = ["--device", "switch=eos", "--device", "server=csr", "--device", "client=iosv"]
    assert labgen("build", "evpn-redundant-server", *options, "-o", "lab", cwd=tmp_path).returncode == 0
    table = (tmp_path / "lab/addresses.txt").read_text()
    for name in ("Ethernet4", "Vlan1000", "GigabitEthernet2", "GigabitEthernet0/1"):
        assert f"  {name} " in table


@pytest.mark.parametrize(
    ("args", "code", "expected"),
    [
        pytest.param(["build", "nope"], 2, "no scenario named `nope`", id="unknown scenario"),
        pytest.param(["biuld"], 2, "did you mean `labgen build`", id="misspelt command"),
        pytest.param(["build", "relay", "--set", "x"], 2, "expected dotted.path=value", id="bad setting"),
        pytest.param(["build", "relay", "--device", "eos"], 2, "expected ROLE=DEVICE", id="bad device"),
        pytest.param(
            ["build", "relay", "--device", "switch=eso"], 2, "unknown device `eso`", id="unknown device"
        ),
        pytest.param(
            ["matrix", "relay", "--server", "kae"], 2, "choose from: dnsmasq, ", id="unknown server"
        ),
        pytest.param(["matrix", "relay", "--playbook", "rnew"], 2, "no playbook", id="unknown playbook"),
        pytest.param(["verify", "nowhere"], 3, "no lab runs", id="lab not up"),
    ],
)
def test_wrong_use_is_explained(tmp_path: Path, args: list[str], code: int, expected: str) -> None:
    done = labgen(*args, cwd=tmp_path)
    assert done.returncode == code
    assert expected in done.stderr
    assert "Traceback" not in done.stderr


def test_bad_spec_names_file_line_and_text(tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text("name: x\nswitches: [sw1]\nsegmnets: {}\n")
    done = labgen("build", "bad.yml", cwd=tmp_path)
    assert done.returncode == 2
    assert "bad.yml:3:1: unknown key `segmnets`" in done.stderr
    assert "segmnets: {}" in done.stderr
    assert "did you mean `segments`?" in done.stderr


def test_schema_accepts_every_scenario_and_refuses_unknown_keys(tmp_path: Path) -> None:
    schema = json.loads(labgen("schema", cwd=tmp_path).stdout)
    validator = jsonschema.Draft202012Validator(schema)
    for file in resources.topologies().glob("*.yml"):
        validator.validate(yaml.safe_load(file.read_text()))
    with pytest.raises(jsonschema.ValidationError, match="typo"):
        validator.validate({"name": "x", "switches": [], "segments": {}, "servers": {}, "typo": 1})


def test_scenarios_lists_the_flagship(tmp_path: Path) -> None:
    assert "evpn-redundant-server" in labgen("scenarios", cwd=tmp_path).stdout
    rows = json.loads(labgen("scenarios", "--format", "json", cwd=tmp_path).stdout)
    assert {"evpn-redundant-server", "relay"} <= {row["name"] for row in rows}


@pytest.mark.parametrize("form", ["mermaid", "dot", "svg"])
def test_graph_draws_every_node(tmp_path: Path, form: str) -> None:
    drawn = labgen("graph", "evpn-redundant-server", "--format", form, cwd=tmp_path).stdout
    for name in ("srv1", "srv2", "sw1", "sw2", "sw3", "cl_a", "cl_b"):
        assert name in drawn


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script_is_printed(tmp_path: Path, shell: str) -> None:
    assert "_LABGEN_COMPLETE" in labgen("completion", shell, cwd=tmp_path).stdout


def test_completion_offers_scenarios(tmp_path: Path) -> None:
    done = program(cwd=tmp_path, _LABGEN_COMPLETE="bash_complete", COMP_LINE="labgen run evpn-red")
    assert "evpn-redundant-server" in done.stdout


def test_every_command_has_help_with_an_example(tmp_path: Path) -> None:
    for name in ("build", "up", "verify", "run", "graph", "schema", "scenarios"):
        shown = labgen(name, "--help", cwd=tmp_path).stdout
        assert "Example" in shown, name


UNFIT = """\
name: unfit
switches: [sw]
segments: {a: {attach: {sw: [pc]}, relay: {servers: [s]}}}
servers: {s: sw}
playbooks: [acquire, server-failure]
"""


def test_a_playbook_that_the_lab_is_nothing_for_is_told_with_its_line_before_anything_starts(
    tmp_path: Path,
) -> None:
    file = tmp_path / "unfit.yml"
    file.write_text(UNFIT)
    built = labgen("build", str(file), "-o", str(tmp_path / "lab"))
    assert built.returncode == 0
    told = (
        "unfit.yml:5:22: `server-failure` needs two servers on one relayed segment; unfit has no such segment"
    )
    assert told in built.stderr
    assert "leave `server-failure` out, or change the lab" in built.stderr
    run = labgen("run", str(file), "-o", str(tmp_path / "lab"))
    assert run.returncode == 2
    assert told in run.stderr
    assert "starting" not in run.stderr
    file.write_text(UNFIT.replace(", server-failure", ", renew"))
    assert "needs" not in labgen("build", str(file), "-o", str(tmp_path / "fit")).stderr
