"""Two verifications of one lab: the second is told who holds it, and nothing is disturbed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from labgen.ground.errors import LabHeldError
from labgen.verify.claim import claimed

LABGEN = (sys.executable, "-c", "from labgen.cli.main import main; main()")
HOLD = "import sys, time; from pathlib import Path; from labgen.verify.claim import claimed\n"
HOLD += "with claimed(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"


def holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_second_is_told_who_holds_the_lab(tmp_path: Path) -> None:
    first = holder(tmp_path)
    try:
        with pytest.raises(LabHeldError) as refused, claimed(tmp_path):
            pass
    finally:
        end(first)
    assert f"process {first.pid} " in str(refused.value) and refused.value.exit_code == 3


def test_lab_is_free_when_the_first_has_ended_however_it_ended(tmp_path: Path) -> None:
    first = holder(tmp_path)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    with claimed(tmp_path):
        pass
    with claimed(tmp_path):
        pass


def test_other_labs_are_not_held(tmp_path: Path) -> None:
    first = holder(tmp_path / "one")
    try:
        with claimed(tmp_path / "two"):
            pass
    finally:
        end(first)


def test_link_in_place_of_the_lock_is_not_written_through(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs/verify.lock").symlink_to(victim)
    with pytest.raises(OSError), claimed(tmp_path):
        pass
    assert victim.read_text() == "mine"


@pytest.mark.lab
def test_second_verify_of_a_running_lab_says_who_holds_it(tmp_path: Path) -> None:
    folder = str(tmp_path / "lab")
    run = [*LABGEN, "up", "relay", "-o", folder]
    assert subprocess.run(run, capture_output=True, timeout=120, check=False).returncode == 0
    first = holder(tmp_path / "lab")
    try:
        second = subprocess.run(
            [*LABGEN, "verify", folder], capture_output=True, text=True, timeout=120, check=False
        )
        assert second.returncode == 3, second.stdout
        assert f"process {first.pid} " in second.stderr and "Traceback" not in second.stderr
        assert not list((tmp_path / "lab/runs").glob("2*")), "nothing was begun"
    finally:
        end(first)
        subprocess.run([*LABGEN, "down", folder], capture_output=True, timeout=60, check=False)
