"""Processes of a running lab that stop or die: what they were to answer is told as missing, by name, and nothing else is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from lab_folders import FLAGSHIP, ROUTED, make_folder, no_daemons
from lab_host import eventually

from labgen.cli.main import cli
from labgen.collect.session import Output, Session
from labgen.devices import readers
from labgen.devices.base import Probe
from labgen.ground.errors import LabNotUpError, LabStuckError, NodeUnreachableError
from labgen.lab.embedded.client import EmbeddedLab
from labgen.lab.embedded.provider import EmbeddedProvider

pytest_plugins = ["lab_fixtures"]
pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("can_run_labs")]


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def process(lab: EmbeddedLab, node: str, daemon: str) -> int:
    """A daemon's process as this machine numbers it."""
    inside = lab.execute(node, ["cat", f"/run/labgen/{daemon}.pid"]).stdout.strip()
    space = lab.execute(node, ["readlink", "/proc/self/ns/pid"]).stdout.decode().strip()
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            ids = next(line for line in status.read_text().splitlines() if line.startswith("NSpid:")).split()
            if ids[-1].encode() == inside and os.readlink(status.parent / "ns/pid") == space:  # noqa: PTH115
                return int(status.parent.name)
        except OSError:
            continue
    raise AssertionError(f"{daemon} does not run on {node}")


def collected(lab: EmbeddedLab, *nodes: str) -> dict[str, list[Output]]:
    with Session(lab) as session:
        probes = {name: readers.get(lab.plan.node(name).device).probes(lab.plan.node(name)) for name in nodes}
        found: dict[str, list[Output]] = {}
        for output in session.collect(probes):
            found.setdefault(output.node, []).append(output)
        return found


def test_a_healthy_node_answers_everything(flagship: EmbeddedLab) -> None:
    found = collected(flagship, "srv1", "srv2")
    assert not [output.error for each in found.values() for output in each if output.error]


def test_a_server_that_hangs_costs_its_own_answers_only(flagship: EmbeddedLab) -> None:
    with stopped(process(flagship, "srv1", "kea-dhcp4")):
        found = collected(flagship, "srv1", "srv2")
    hung = [output for output in found["srv1"] if output.error]
    assert {output.probe.name for output in hung} == {"lease4-get-all"}
    assert all("does not react" in output.error and output.text == "" for output in hung)
    assert [output.probe.name for output in found["srv1"] if "ip" in output.probe.name and output.text]
    assert not [output for output in found["srv2"] if output.error]


def test_a_node_whose_ssh_server_hangs_is_told_with_the_reason(
    flagship: EmbeddedLab, capfd: pytest.CaptureFixture[str]
) -> None:
    with stopped(process(flagship, "srv1", "dropbear")):
        found = collected(flagship, "srv1", "srv2")
    assert all(
        "dropbear is stopped (SIGSTOP" in output.error and output.text == "" for output in found["srv1"]
    )
    assert not [output for output in found["srv2"] if output.error]
    out, err = capfd.readouterr()
    assert "Traceback" not in out + err


def _capture(lab: EmbeddedLab) -> int:
    supervisor = lab.status().pid
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    (found,) = [
        int(pid) for pid in children if Path(f"/proc/{pid}/comm").read_text().strip() == "labgen-capture"
    ]
    return found


def test_captures_that_hang_are_no_captures(flagship: EmbeddedLab, tmp_path: Path) -> None:
    with (
        stopped(_capture(flagship)),
        pytest.raises(NodeUnreachableError, match=r"capture process.*it is stopped"),
    ):
        flagship.save_captures(tmp_path)
    assert flagship.status().lab == FLAGSHIP
    assert flagship.save_captures(tmp_path), "captures did not go on"


def test_status_tells_who_stands_still(flagship: EmbeddedLab) -> None:
    assert flagship.broken() == ()
    with stopped(process(flagship, "srv1", "kea-dhcp4")):
        (told,) = flagship.broken()
        shown = CliRunner().invoke(cli, ["status", str(flagship.folder)])
    assert str(told) == "kea-dhcp4 of srv1 is stopped (SIGSTOP)"
    assert "kea-dhcp4 (frozen, SIGSTOP)" in " ".join(shown.output.split())
    assert flagship.broken() == ()


def test_a_lab_that_is_killed_answers_at_once_that_it_is_gone(tmp_path: Path) -> None:
    """Its sockets cannot tell any more: the namespaces they went through are gone."""
    folder = make_folder(ROUTED, tmp_path)
    lab = EmbeddedProvider(no_daemons).up(folder, lambda stage: None)
    assert not lab.ended()
    with Session(lab) as session:
        assert session.connect(["srv"]) == {}
        os.kill(lab.status().pid, signal.SIGKILL)
        probe = Probe("hang", "sleep 300", "command")
        (output,) = session.collect({"srv": [probe]})
    assert output.error and output.text == ""
    assert eventually(lab.ended)


def test_a_supervisor_that_hangs_is_a_lab_that_runs(tmp_path: Path) -> None:
    folder = make_folder(ROUTED, tmp_path)
    lab = EmbeddedProvider(no_daemons).up(folder, lambda stage: None)
    pid = lab.status().pid
    try:
        with stopped(pid):
            with pytest.raises(LabStuckError, match=rf"process {pid}\).*is stopped") as info:
                EmbeddedProvider().find(folder)
            assert "no lab" not in str(info.value)
            told = CliRunner().invoke(cli, ["status"])
            assert (told.exit_code, str(folder) in told.output) == (0, True)
            assert f"kill -CONT {pid}" in told.output
        assert EmbeddedProvider().find(folder).status().pid == pid
    finally:
        EmbeddedProvider().end(folder)
    with pytest.raises(LabNotUpError):
        EmbeddedProvider().find(folder)


def test_too_few_open_files_is_a_sentence_with_its_remedy(tmp_path: Path) -> None:
    folder = make_folder(ROUTED, tmp_path)
    script = "import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16)); from labgen.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "up", str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert "ulimit -n" in done.stderr
    with pytest.raises(LabNotUpError):
        EmbeddedProvider().find(folder)


def test_asking_nobody_says_nothing(flagship: EmbeddedLab, capfd: pytest.CaptureFixture[str]) -> None:
    """Nornir prints a warning of its own where a task has no hosts."""
    with Session(flagship) as session:
        assert session.collect({}) == ()
        assert session.act({}, 1.0) == ()
    out, err = capfd.readouterr()
    assert out + err == ""
