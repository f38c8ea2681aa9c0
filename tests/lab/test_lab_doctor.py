"""`labgen doctor` tells what is there, what is missing, and the one command that installs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from labgen.lab import doctor
from labgen.lab.doctor import Item, Report, examine

pytest_plugins = ["lab_fixtures"]


@pytest.mark.lab
@pytest.mark.usefixtures("can_run_labs")
def test_examination_covers_rights_kernel_programs_devices_and_tools() -> None:
    report = examine()
    assert {item.area for item in report.items} == {"rights", "kernel", "program", "device", "tool"}
    assert {"vrf", "vxlan", "bridge", "macvlan", "vlan", "netem", "dummy", "overlayfs"} <= {
        item.name for item in report.items if item.area == "kernel"
    }
    assert report.embedded


@pytest.mark.lab
@pytest.mark.usefixtures("can_run_labs")
def test_kernel_is_asked_not_guessed() -> None:
    """The kernel's answer for one kind of device must not depend on another's."""
    states = {item.name: item.state for item in examine().items if item.area == "kernel"}
    config = Path("/proc/config.gz")
    if not config.exists():
        pytest.skip("this kernel does not show its configuration")
    text = subprocess.run(["zcat", str(config)], capture_output=True, text=True, check=True).stdout
    for name, option in {
        "vrf": "CONFIG_NET_VRF",
        "dummy": "CONFIG_DUMMY",
        "netem": "CONFIG_NET_SCH_NETEM",
    }.items():
        if f"# {option} is not set" in text:
            assert states[name] == "optional"


def missing(name: str, *packages: str) -> Item:
    return Item("program", name, "missing", packages=packages)


def test_missing_packages_are_installed_by_one_command() -> None:
    report = Report((missing("dropbear", "dropbear-bin"), missing("vtysh", "frr"), missing("zebra", "frr")))
    assert report.install.endswith("apt-get install -y dropbear-bin frr")
    assert not report.embedded


def test_nothing_missing_needs_no_command() -> None:
    report = Report((Item("program", "unshare", "ok"), Item("kernel", "vrf", "optional")))
    assert report.install == ""
    assert report.embedded


def test_missing_device_does_not_keep_others_from_running() -> None:
    assert Report((Item("device", "dnsmasq", "missing", packages=("dnsmasq",)),)).embedded


@pytest.mark.slow
@pytest.mark.parametrize("form", ["table", "json"])
def test_command_reports_in_both_forms(form: str) -> None:
    command = [sys.executable, "-c", "from labgen.cli.main import main; main()", "doctor", "--format", form]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (0, 3), done.stderr
    if form == "json":
        assert json.loads(done.stdout)["schema"] == "labgen/doctor/1"
    else:
        assert "the embedded lab" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "state", "said"),
    [
        ("case $1 in --version) echo Docker version 28;; *) echo 28.2;; esac", "ok", "Docker version 28"),
        (
            "case $1 in --version) echo Docker version 28;; *) echo no daemon >&2; exit 1;; esac",
            "optional",
            "no daemon",
        ),
    ],
    ids=["an engine that answers", "a client alone"],
)
def test_a_docker_without_its_engine_runs_no_lab(
    answer: str, state: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "docker"
    program.write_text(f"#!/bin/sh\n{answer}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (found,) = [item for item in doctor._tools() if item.name == "docker"]
    assert found.state == state
    assert said in found.detail
