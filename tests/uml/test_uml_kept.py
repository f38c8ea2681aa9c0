"""A lab that `labgen up --kernel uml` leaves in a kernel of its own: judged, looked into and ended from outside, and nothing of it left
where the command that starts it is killed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from uml_guest import needs_kernel, takes_minutes

from labgen.lab.deadline import Deadline

pytestmark = [pytest.mark.uml, needs_kernel, takes_minutes]
MAIN = (sys.executable, "-c", "from labgen.cli.main import main; main()")


@dataclass(frozen=True, slots=True)
class Machine:
    """This machine for a test: `state` is where labgen remembers what runs, `lab` a lab folder, `exchanges` where exchanges are."""

    state: Path
    lab: Path
    exchanges: Path

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "XDG_RUNTIME_DIR": str(self.state), "TMPDIR": str(self.exchanges)}

    def labgen(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            (*MAIN, *arguments), env=self.environment, cwd=self.lab.parent, capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    @property
    def left(self) -> list[str]:
        """What is left of kernels: exchanges, what is remembered, and the processes that hold them."""
        known = [
            path.name for path in (*self.exchanges.glob("labgen-uml-*"), *self.state.glob("labgen/kernel-*"))
        ]
        return known + [name for name in held(self.exchanges) if name]


def held(exchanges: Path) -> Iterator[str]:
    """Processes that have an exchange of this machine in their command line."""
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = place.read_bytes()
        except OSError:
            continue
        if os.fsencode(exchanges / "labgen-uml-") in words:
            yield place.parent.name


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    base = tmp_path_factory.mktemp("kept")
    for name in ("state", "exchanges"):
        (base / name).mkdir(mode=0o700)
    return Machine(base / "state", base / "lab", base / "exchanges")


@pytest.fixture(scope="module")
def up(machine: Machine) -> Iterator[Machine]:
    """With `vrf-relay` running in a kernel that stays."""
    done = machine.labgen("up", "vrf-relay", "-o", str(machine.lab), "--kernel", "uml")
    assert done.returncode == 0, done.stderr
    assert "VRFs by kernel" in done.stderr.splitlines()[-2]
    yield machine
    machine.labgen("down", str(machine.lab))


@pytest.mark.xdist_group("kept")
def test_the_lab_is_listed_with_its_daemons_and_the_kernels_vrfs(up: Machine) -> None:
    (lab,) = json.loads(up.labgen("status", str(up.lab), "--format", "json").stdout)["labs"]
    assert (lab["provider"], lab["vrf_backend"], lab["folder"]) == ("uml", "kernel", str(up.lab))
    running = {
        node["name"]: {d["name"] for d in node["daemons"] if d["state"] == "running"} for node in lab["nodes"]
    }
    assert "labgen-relay" in running["relay"]
    assert "kea-dhcp4" in running["srv"]


@pytest.mark.xdist_group("kept")
def test_a_command_runs_in_a_node_with_its_streams_and_its_status(up: Machine) -> None:
    done = up.labgen(
        "exec",
        "--lab",
        str(up.lab),
        "relay",
        "--",
        "sh",
        "-c",
        "ip -br link show type vrf; echo heard >&2; exit 7",
    )
    assert done.stdout.split()[0] == "client"
    assert (done.stderr, done.returncode) == ("heard\n", 7)


@pytest.mark.xdist_group("kept")
def test_the_lab_is_judged_from_outside_and_its_evidence_is_in_the_lab_folder(up: Machine) -> None:
    done = up.labgen("verify", str(up.lab), "--format", "json")
    assert done.returncode == 0, done.stderr
    verdict = json.loads(done.stdout)
    assert (verdict["verdict"], verdict["ran"]) == ("pass", verdict["planned"])
    (run,) = up.lab.glob("runs/*-acquire")
    assert json.loads((run / "verdict.json").read_text())["verdict"] == "pass"
    assert (run / "captures").is_dir()


@pytest.mark.xdist_group("kept")
def test_a_command_that_is_interrupted_is_ended_inside(up: Machine) -> None:
    asking = subprocess.Popen(
        (*MAIN, "exec", "--lab", str(up.lab), "srv", "--", "sleep", "4711"),
        env=up.environment,
        stdin=subprocess.DEVNULL,
    )
    sleeping = ("exec", "--lab", str(up.lab), "srv", "--", "sh", "-c", "ps ax | grep -c '[s]leep 4711'")
    deadline = Deadline.patient(120)
    while up.labgen(*sleeping).stdout.strip() == "0":
        assert not deadline.over, "it never began"
    asking.send_signal(signal.SIGINT)
    assert asking.wait() == 130
    while up.labgen(*sleeping).stdout.strip() != "0":
        assert not deadline.over, "it goes on"


DATAGRAMS = """import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
    for number in range(5):
        sender.sendto(b"datagram %d" % number, ("10.0.0.1", 4711))
"""


@pytest.mark.xdist_group("kept")
def test_a_capture_that_is_interrupted_has_all_that_came(up: Machine, tmp_path: Path) -> None:
    """Nothing else ends one."""
    file = tmp_path / "srv.pcap"
    asking = subprocess.Popen(
        (*MAIN, "capture", "--lab", str(up.lab), "srv", "-w", str(file)),
        env=up.environment,
        stdin=subprocess.DEVNULL,
    )
    deadline = Deadline.patient(120)
    while not file.exists() or not file.stat().st_size:
        assert not deadline.over, "it never began"
        time.sleep(0.05)
    said = up.labgen("exec", "--lab", str(up.lab), "relay", "--", sys.executable, "-c", DATAGRAMS)
    assert said.returncode == 0, said.stderr
    asking.send_signal(signal.SIGINT)
    assert asking.wait() == 130
    seen = file.read_bytes()
    assert [number for number in range(5) if b"datagram %d" % number in seen] == [0, 1, 2, 3, 4]


@pytest.mark.xdist_group("kept")
def test_what_cannot_reach_into_the_kernel_is_refused_with_what_can(up: Machine) -> None:
    done = up.labgen("connect", "--lab", str(up.lab), "srv")
    assert done.returncode == 2
    assert "labgen exec srv -- COMMAND" in done.stderr


@pytest.mark.xdist_group("kept")
def test_a_second_start_is_refused_and_down_leaves_nothing(up: Machine) -> None:
    second = up.labgen("up", str(up.lab), "--kernel", "uml")
    assert (second.returncode, "already runs" in second.stderr) == (3, True)
    done = up.labgen("down", str(up.lab))
    assert done.returncode == 0, done.stderr
    assert up.left == []
    assert up.labgen("verify", str(up.lab)).returncode == 3


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_start_that_is_killed_leaves_nothing(number: signal.Signals, tmp_path: Path) -> None:
    for name in ("state", "exchanges"):
        (tmp_path / name).mkdir(mode=0o700)
    machine = Machine(tmp_path / "state", tmp_path / "lab", tmp_path / "exchanges")
    starting = subprocess.Popen(
        (*MAIN, "up", "relay", "-o", str(machine.lab), "--kernel", "uml"),
        env=machine.environment,
        stderr=subprocess.PIPE,
    )
    assert starting.stderr is not None
    with starting.stderr:
        for line in starting.stderr:
            if b"namespaces" in line:
                break
        starting.send_signal(number)
        starting.stderr.read()
    starting.wait()
    deadline = Deadline.patient(60)
    while machine.left and not deadline.over:
        time.sleep(0.1)
    assert machine.left == []
