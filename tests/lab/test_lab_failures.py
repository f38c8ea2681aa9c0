"""A lab that does not come up says which node, which daemon, and its last words."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from lab_folders import ROUTED, make_folder, no_daemons, plan_of, sleeper

from labgen.devices.base import Daemon, Ready
from labgen.ground.errors import InputError, LabStartError
from labgen.ground.labplan import LabPlan, NodePlan
from labgen.lab.embedded.client import EmbeddedLab
from labgen.lab.embedded.provider import EmbeddedProvider, device_daemons

pytest_plugins = ["lab_fixtures"]


def only_on_sw1(*daemons: Daemon) -> EmbeddedProvider:
    def choose(plan: LabPlan, node: NodePlan) -> tuple[Daemon, ...]:
        return daemons if node.name == "sw1" else ()

    return EmbeddedProvider(choose)


def start(folder: Path, *daemons: Daemon) -> EmbeddedLab:
    return only_on_sw1(*daemons).up(folder, lambda stage: None, detach=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(ROUTED, tmp_path)


NEVER = Ready("exists", "/run/never")
DEAD = sleeper(name="weakling", argv=("sh", "-c", "echo the disk is full; exit 9"), ready=NEVER)
ABSENT = sleeper(name="absent", argv=("/usr/sbin/no-such-daemon",), ready=NEVER)
UNREADY = sleeper(name="mute", argv=("false",), ready=Ready("exit"), log="/var/log/mute.log")


@pytest.mark.lab
@pytest.mark.usefixtures("can_run_labs")
@pytest.mark.parametrize(
    ("daemon", "words"),
    [
        pytest.param(DEAD, ["sw1: weakling", "status 9", "the disk is full"], id="dies"),
        pytest.param(ABSENT, ["sw1: absent", "cannot run /usr/sbin/no-such-daemon"], id="not installed"),
        pytest.param(UNREADY, ["sw1: mute", "status 1", "its log is empty"], id="one-shot fails"),
    ],
)
def test_daemon_that_fails_is_named_with_its_last_words(
    folder: Path, daemon: Daemon, words: list[str]
) -> None:
    with pytest.raises(LabStartError) as caught:
        start(folder, sleeper(), daemon)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.lab
@pytest.mark.usefixtures("can_run_labs")
def test_stages_start_one_after_the_other(folder: Path) -> None:
    first = sleeper(
        name="first",
        argv=("sh", "-c", "sleep 0.2; touch /run/first; exec sleep 1000"),
        ready=Ready("exists", "/run/first"),
    )
    second = sleeper(name="second", argv=("test", "-e", "/run/first"), ready=Ready("exit"), stage=1)
    lab = start(folder, second, first)
    try:
        node = next(node for node in lab.status().nodes if node.name == "sw1")
        states = {daemon.name: (daemon.state, daemon.exit_code) for daemon in node.daemons}
        assert states["first"] == ("running", None)
        assert states["second"] == ("exited", 0)
    finally:
        lab.down()


@pytest.mark.lab
@pytest.mark.usefixtures("can_run_labs")
def test_readiness_by_log_looks_only_at_this_run(folder: Path) -> None:
    script = "sleep 0.1; echo now serving >> /var/log/it.log; exec sleep 1000"
    daemon = sleeper(
        name="it", argv=("sh", "-c", script), ready=Ready("log", "/var/log/it.log", "^now serving$")
    )
    lab = start(folder, daemon)
    try:
        lab.control("sw1", "it", "restart")
        log = lab.execute("sw1", ["cat", "/var/log/it.log"]).stdout
        assert log == b"now serving\n" * 2
    finally:
        lab.down()


@pytest.mark.lab
@pytest.mark.usefixtures("can_run_labs")
def test_lab_can_be_started_again_after_a_failure(folder: Path) -> None:
    with pytest.raises(LabStartError):
        start(folder, DEAD)
    start(folder, sleeper()).down()


def test_folder_without_a_plan_says_how_to_build_one(tmp_path: Path, can_run_labs: None) -> None:
    with pytest.raises(InputError, match="labgen build"):
        EmbeddedProvider(no_daemons).up(tmp_path, lambda stage: None)


@pytest.mark.lab
@pytest.mark.usefixtures("can_run_labs")
@pytest.mark.skipif(os.geteuid() != 0, reason="chroot needs root")
def test_chroot_is_refused(folder: Path) -> None:
    program = f"""
import os
import subprocess
import sys
from pathlib import Path
from labgen.lab.embedded.provider import EmbeddedProvider
os.chroot("/mnt"); os.chdir("/")
EmbeddedProvider(lambda plan, node: ()).up(Path({str(folder)!r}), print, detach=False)
"""
    script = 'mount --rbind / /mnt && exec "$@"'
    command = [
        "unshare",
        "-m",
        "--propagation",
        "private",
        "sh",
        "-c",
        script,
        "sh",
        sys.executable,
        "-c",
        program,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert "inside a chroot" in done.stderr


def test_device_that_needs_an_image_is_refused(tmp_path: Path) -> None:
    plan = plan_of(ROUTED.replace("switch: frr", "switch: eos"), tmp_path)
    with pytest.raises(LabStartError, match="--device switch="):
        device_daemons(plan, plan.node("sw1"))


@pytest.mark.lab
@pytest.mark.usefixtures("can_run_labs")
def test_refused_start_leaves_no_descriptors_open(tmp_path: Path) -> None:
    def count() -> int:
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208

    before = count()
    with pytest.raises(InputError):
        EmbeddedProvider(no_daemons).up(tmp_path, lambda stage: None)
    assert count() == before


@pytest.mark.lab
@pytest.mark.usefixtures("can_run_labs")
@pytest.mark.parametrize(
    "number, told",
    [("KILL", "first ended with status -9 while the lab came up"), ("STOP", "first is stopped (SIGSTOP")],
)
def test_a_daemon_hit_while_others_start_ends_the_start(folder: Path, number: str, told: str) -> None:
    """The second one never serves; nobody waits for it when the first is dead or stands still."""
    first = sleeper(
        name="first",
        argv=("sh", "-c", f"echo last words; touch /run/first; sleep 0.3; kill -{number} $$; sleep 1000"),
        ready=Ready("exists", "/run/first"),
    )
    second = sleeper(name="second", ready=Ready("exists", "/run/never"))
    with pytest.raises(LabStartError) as caught:
        start(folder, first, second)
    assert "sw1: " + told in str(caught.value)
    assert "second" not in str(caught.value)
    assert ("last words" in str(caught.value)) is (number == "KILL")
