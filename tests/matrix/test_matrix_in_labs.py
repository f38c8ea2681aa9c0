"""`labgen matrix` on real labs, as a user types it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from own_client import CLIENT

from labgen.lab.embedded import socket_names

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
    return [lab.name for lab in folder.iterdir() if socket_names.running(socket_names.of_folder(lab))]


def told(scenario: str, *options: str, code: int, cwd: Path) -> list[dict[str, Any]]:
    """The cells of a matrix of Kea and dnsmasq, which ends with this exit code."""
    process = start(scenario, "--server", "kea,dnsmasq", *options, "--format", "json", "-o", "m", cwd=cwd)
    out, err = process.communicate(timeout=90)
    assert process.returncode == code, err
    data = json.loads(out)
    assert data == json.loads((cwd / "m/matrix.json").read_text())
    cells: list[dict[str, Any]] = data["cells"]
    assert [each["server"] for each in cells] == ["kea", "dnsmasq"]
    return cells


def test_servers_that_differ_are_told_apart(tmp_path: Path) -> None:
    """Two dnsmasq refuse each other's leases where relays override the server's identifier; two Kea do not."""
    good, bad = told("evpn-redundant-server", code=1, cwd=tmp_path)
    assert (good["outcome"], good["passed"], good["unpassed"]) == ("pass", good["planned"], [])
    assert bad["outcome"] == "fail"
    assert [each["code"] for each in bad["warnings"]] == ["server-naks-foreign"]
    unpassed = {each["check"] for each in bad["unpassed"]}
    assert unpassed == {"server.loser-silent", "client.no-nak"}
    for cell in (good, bad):
        assert (tmp_path / "m" / cell["run"] / "report.html").is_file()
    assert labs(tmp_path / "m") == []


@pytest.mark.deep
def test_a_lease_shorter_than_a_server_grants_is_told_and_is_no_failure(tmp_path: Path) -> None:
    """dnsmasq makes two minutes of one: known before, so its cell says it and passes; Kea's has nothing to say."""
    kea, dnsmasq = told("relay", "--set", "segments.user.pool.lease=60s", code=0, cwd=tmp_path)
    assert (kea["outcome"], kea["warnings"]) == ("pass", [])
    assert (dnsmasq["outcome"], dnsmasq["passed"]) == ("pass", dnsmasq["planned"])
    assert [(each["code"], "120 s" in each["message"]) for each in dnsmasq["warnings"]] == [
        ("lease-floor", True)
    ]


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), pytest.param(signal.SIGKILL, -signal.SIGKILL, marks=pytest.mark.deep)],
)
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


@pytest.mark.deep
def test_a_program_of_ones_own_is_tried_beside_a_device(tmp_path: Path) -> None:
    """One that takes leases passes as dhclient does; one that never says REQUEST fails."""
    for name, text in (
        ("mine", CLIENT),
        ("half", CLIENT.replace("ack = ask(3,", "time.sleep(1000) or ask(3,")),
    ):
        (tmp_path / name).write_text(f"#!{sys.executable}\n{text}")
        (tmp_path / name).chmod(0o755)
    options = ("--client", "./mine,./half,dhclient", "--server", "kea", "--format", "json", "-o", "m")
    process = start("relay", *options, cwd=tmp_path)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 1, err
    outcomes = {each["client"]: each["outcome"] for each in json.loads(out)["cells"]}
    assert outcomes == {"./mine": "pass", "./half": "fail", "dhclient": "pass"}
