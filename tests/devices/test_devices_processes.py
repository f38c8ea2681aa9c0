"""What a Linux node says of its daemons: they run, they ended, or they are there and do not move."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from labgen.devices.linux import kernel
from labgen.devices.observed import Raw
from labgen.plan.build import build
from labgen.spec.load import load


def told(text: str) -> dict[str, tuple[bool, bool]]:
    node = build(load("relay")).node("relay")
    found = kernel.observe(node, {"daemons": Raw(text, "raw/relay/daemons.txt", 0.0)})
    assert found.problems == ()
    return {process.name: (process.running, process.frozen) for process in found.processes}


def test_states_are_read() -> None:
    assert told("running zebra\nstopped bgpd\nfrozen labgen-relay\n") == {
        "zebra": (True, False),
        "bgpd": (False, False),
        "labgen-relay": (True, True),
    }


def test_of_two_pid_files_the_one_that_tells_more_counts() -> None:
    assert told("stopped zebra\nrunning zebra\n") == {"zebra": (True, False)}
    assert told("frozen zebra\nrunning zebra\n") == {"zebra": (True, True)}


@pytest.mark.parametrize(
    ("sent", "state"), [(None, "running"), (signal.SIGSTOP, "frozen"), (signal.SIGKILL, "stopped")]
)
def test_the_question_tells_real_processes_apart(
    sent: signal.Signals | None, state: str, tmp_path: Path
) -> None:
    process = subprocess.Popen(["sleep", "60"])
    try:
        (tmp_path / "sleeper.pid").write_text(f"{process.pid}\n")
        if sent is not None:
            os.kill(process.pid, sent)
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WSTOPPED)
        script = kernel.DAEMONS.text.replace("/run/labgen/*.pid /run/frr/*.pid", f"{tmp_path}/*.pid")
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
        assert done.stdout == f"{state} sleeper\n"
    finally:
        process.kill()
        process.wait()
