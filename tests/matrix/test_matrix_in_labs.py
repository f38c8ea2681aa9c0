"""`labgen matrix` on real labs, as a user types it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from labgen.lab.embedded import names

LABGEN = Path(sys.executable).with_name("labgen")
GONE_SECONDS = 10.0

pytestmark = pytest.mark.lab


def start(*args: str, cwd: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "NO_COLOR": "1"}
    return subprocess.Popen(
        [LABGEN, "matrix", *args], cwd=cwd, stdout=-1, stderr=-1, text=True, env=environment
    )


def labs(folder: Path) -> list[str]:
    """Running labs of a matrix folder, by their control sockets."""
    return [lab.name for lab in folder.iterdir() if names.running(names.of_folder(lab))]


def test_servers_that_differ_are_told_apart(tmp_path: Path) -> None:
    """dnsmasq grants no lease below two minutes: with a minute asked for it must fail, and Kea must not."""
    options = ["--server", "kea,dnsmasq", "--set", "segments.user.pool.lease=60s", "--format", "json"]
    process = start("relay", *options, "-o", "m", cwd=tmp_path)
    out, err = process.communicate(timeout=90)
    assert process.returncode == 1, err
    data = json.loads(out)
    assert data == json.loads((tmp_path / "m/matrix.json").read_text())
    good, bad = data["cells"]
    assert (good["server"], good["outcome"], good["passed"]) == ("kea", "pass", good["planned"])
    assert (bad["server"], bad["outcome"]) == ("dnsmasq", "fail")
    assert [each["check"] for each in bad["unpassed"]] == ["lease.options"]
    for cell in data["cells"]:
        assert (tmp_path / "m" / cell["run"] / "report.html").is_file()
    assert labs(tmp_path / "m") == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_whatever_ends_it_no_lab_remains(tmp_path: Path, number: signal.Signals, code: int) -> None:
    process = start("relay", "--server", "kea,dnsmasq,isc-dhcpd", "-v", "-o", "m", cwd=tmp_path)
    assert process.stderr is not None
    for line in process.stderr:
        if "verifying" in line:
            break
    assert labs(tmp_path / "m")
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == code
    deadline = time.monotonic() + GONE_SECONDS
    while labs(tmp_path / "m") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert labs(tmp_path / "m") == []
    if number is signal.SIGINT:
        data = json.loads((tmp_path / "m/matrix.json").read_text())
        assert data["interrupted"]
        assert data["cells"][-1]["reason"] == "not run: interrupted"
