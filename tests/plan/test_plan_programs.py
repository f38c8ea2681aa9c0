"""Programs of one's own: what a node runs, and what cannot be one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from labgen.devices import registry
from labgen.ground.errors import SpecError
from labgen.ground.labplan import LabPlan
from labgen.matrix import axes
from labgen.plan.build import build
from labgen.spec.load import load

SPEC = """\
name: own-program
switches: [leaf-1]
segments:
  users: {prefix: 10.1.1.0/24, attach: {leaf-1: [ups-7]}, relay: {servers: [srv1]}}
servers: {srv1: leaf-1}
nodes: %s
"""


def plan(nodes: str, tmp_path: Path, **devices: str) -> LabPlan:
    client = tmp_path / "my-client"
    client.write_text("#!/bin/sh\nexec sleep 1000\n")
    client.chmod(0o755)
    (tmp_path / "data.txt").write_text("no program\n")
    file = tmp_path / "own.yml"
    file.write_text(SPEC % nodes)
    return build(load(str(file), devices))


def test_the_command_gets_its_interface_and_files_beside_the_spec_by_path(tmp_path: Path) -> None:
    built = plan('{ups-7: {program: {command: "sh my-client {interface}", ready: bound}}}', tmp_path)
    node = built.node("ups-7")
    assert node.program is not None
    assert node.program.argv == ("sh", str(tmp_path / "my-client"), "eth1")
    (daemon,) = registry.get(node.device).daemons(built, node)
    assert (daemon.argv, daemon.autostart) == (node.program.argv, False)


def test_a_relay_is_told_its_interfaces_giaddr_and_servers(tmp_path: Path) -> None:
    built = plan('{leaf-1: {program: {command: "./my-client {interfaces} {giaddr} {servers}"}}}', tmp_path)
    program = built.node("leaf-1").program
    assert program is not None
    assert program.argv[1:] == ("eth2", "10.1.1.2", "10.0.0.1")
    names = [daemon.name for daemon in registry.get("program").daemons(built, built.node("leaf-1"))]
    assert names[-1] == "program" and "ospfd" in names and "labgen-relay" not in names


def test_a_server_has_its_configuration_and_no_other_daemon_serves(tmp_path: Path) -> None:
    built = plan('{srv1: {program: {command: "./my-client {config}", config: "a: 1\\nb: 2\\n"}}}', tmp_path)
    node = built.node("srv1")
    device = registry.get(node.device)
    texts = {each.path: each.text for each in device.artifacts(built, node)}
    assert texts["config/srv1/etc/labgen/program.conf"] == "a: 1\nb: 2\n"
    assert LabPlan.from_json(built.to_json()).node("srv1").program == node.program
    assert not any("kea" in daemon.name for daemon in device.daemons(built, node))


def test_a_path_in_a_devices_place_is_a_program(tmp_path: Path) -> None:
    built = plan("{}", tmp_path, client="./my-client")
    program = built.node("ups-7").program
    assert program is not None
    assert program.argv == (str(tmp_path / "my-client"), "eth1")
    assert built.node("srv1").program is None


def test_without_programs_a_plan_says_nothing_of_them(tmp_path: Path) -> None:
    assert '"program"' not in plan("{}", tmp_path).to_json()


def test_a_matrix_offers_no_program_that_was_not_named() -> None:
    assert "program" not in (*axes.choices("client"), *axes.choices("relay"), *axes.choices("server"))


def test_a_program_is_found_where_daemons_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ordinary user's PATH on Debian lacks the folders of daemons, which labs search all the same."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert shutil.which("ldconfig") is None
    node = plan("{ups-7: {program: {command: ldconfig -p}}}", tmp_path).node("ups-7")
    assert node.program is not None
    assert node.program.argv == ("ldconfig", "-p")


@pytest.mark.parametrize(
    ("nodes", "told"),
    [
        ("{ups-7: {program: {command: ./your-client}}}", "there is no program ./your-client"),
        ("{ups-7: {program: {command: nothing-of-that-name}}}", "there is no program `nothing-of-that-name`"),
        ("{ups-7: {program: {command: ./data.txt}}}", "say `chmod +x ./data.txt`"),
        ('{ups-7: {program: {command: "python3 my_client.py"}}}', "there is no file my_client.py"),
        ('{ups-7: {program: {command: "sh my-client {iface}"}}}', "did you mean `{interface}`?"),
        ("{ups-7: {program: {command: 'sh \"my-client'}}}", "close the quotes"),
        ("{ups-7: {program: {command: sh, ready: '['}}}", "is no regular expression"),
        ("{ups-7: {program: {command: sh, log: client.log}}}", "`client.log` is no place of a log"),
        ("{ups-7: {program: {command: sh, config: no.conf}}}", "there is no text file no.conf"),
        ("{ups-7: {program: {comand: sh}}}", "did you mean `command`?"),
        ("{ups-7: {program: {ready: bound}}}", "`command` is missing"),
        ("{ups-7: {program: []}}", "the command is empty"),
        ("{ups-7: {program: 7}}", "`7` is no command"),
        ("{ups-7: {program: {command: sh}, device: udhcpc}}", "both a device and a program"),
        ("{ups-7: {device: program}}", "`program` is a device only where it is said which"),
    ],
)
def test_what_cannot_be_a_program_is_refused(tmp_path: Path, nodes: str, told: str) -> None:
    with pytest.raises(SpecError) as caught:
        plan(nodes, tmp_path)
    assert told in str(caught.value)
