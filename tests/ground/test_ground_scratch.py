"""Folders of commands: gone with them, also where they were killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from labgen.ground.scratch import scratch

HOLDS = """
import sys, time
from labgen.ground.scratch import scratch
with scratch("thing") as folder:
    (folder / "kept").write_text("x")
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_is_gone_after_its_command(temporary: Path) -> None:
    with scratch("thing") as folder:
        assert folder.parent == temporary
        assert folder.stat().st_mode & 0o077 == 0
    assert list(temporary.iterdir()) == []


def test_what_a_killed_command_left_goes_with_the_next_one(temporary: Path) -> None:
    held = subprocess.Popen(
        [sys.executable, "-c", HOLDS],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    assert held.stdout is not None
    left = Path(held.stdout.readline().strip())
    with scratch("thing"):
        assert (left / "kept").exists(), "a folder in use was taken away"
    held.send_signal(signal.SIGKILL)
    held.wait()
    held.stdout.close()
    assert left.exists()
    with scratch("other"):
        assert left.exists(), "a folder of another purpose was taken away"
    with scratch("thing"):
        assert not left.exists()


@pytest.mark.parametrize("seconds, stays", [(0, True), (3600, False)])
def test_a_folder_without_a_lock_has_its_time(temporary: Path, seconds: int, stays: bool) -> None:
    fresh = temporary / "labgen-thing-fresh"
    fresh.mkdir()
    then = time.time() - seconds
    os.utime(fresh, (then, then))
    with scratch("thing"):
        assert fresh.exists() is stays


def test_a_link_is_not_followed(temporary: Path) -> None:
    target = temporary / "precious"
    target.mkdir()
    (target / ".in-use").touch()
    (temporary / "labgen-thing-link").symlink_to(target)
    with scratch("thing"):
        pass
    assert (target / ".in-use").exists()
