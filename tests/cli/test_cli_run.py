"""`labgen run` and `labgen verify` on a real lab, as a user types them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from labgen.lab.embedded import socket_names
from labgen.schemas.published import document

LABGEN = Path(sys.executable).with_name("labgen")

pytestmark = pytest.mark.lab


def labgen(*args: str, cwd: Path, timeout: float = 90) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run(
        [LABGEN, *args], cwd=cwd, capture_output=True, text=True, env=environment, timeout=timeout
    )


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the flagship was run, its verdict on standard output; the run passed."""
    place = tmp_path_factory.mktemp("ran")
    done = labgen(
        "run", "evpn-redundant-server", "--playbook", "acquire", "--format", "json", "-o", "lab", cwd=place
    )
    assert done.returncode == 0, done.stderr
    (place / "stdout").write_text(done.stdout)
    return place


def test_run_of_the_flagship_passes_and_leaves_no_lab(ran: Path) -> None:
    verdict = json.loads((ran / "stdout").read_text())
    assert verdict["schema"] == "labgen/verdict/1"
    Draft202012Validator(document("verdict")).validate(verdict)
    assert verdict["verdict"] == "pass"
    assert verdict["planned"] == verdict["ran"] == len(verdict["checks"]) >= 25
    assert {check["outcome"] for check in verdict["checks"]} == {"pass"}
    acquired = [e for e in verdict["exchanges"] if e["kind"] == "acquire" and e["outcome"] == "bound"]
    assert len({e["client"]["mac"] for e in acquired}) == 2
    for exchange in acquired:
        assert {"sw1", "sw2", "srv1", "srv2"} <= {message["node"] for message in exchange["messages"]}
        assert {"client", "relay", "server"} <= {message["role"] for message in exchange["messages"]}
    assert labgen("status", "lab", cwd=ran).returncode == 3


def test_every_proof_of_a_run_can_be_looked_up(ran: Path) -> None:
    verdict = json.loads((ran / "stdout").read_text())
    folder = ran / verdict["folder"]
    proofs = [proof for check in verdict["checks"] for proof in check["evidence"]]
    assert proofs
    for proof in proofs:
        assert (folder / proof["file"]).is_file(), proof
    assert {"verdict.json", "junit.xml", "report.html", "raw", "captures"} <= {
        file.name for file in folder.iterdir()
    }
    assert {proof["witness"] for proof in proofs} >= {"client", "server", "wire", "control-plane"}


def test_an_interrupted_run_ends_its_lab_and_says_130(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [LABGEN, "run", "relay", "-o", "lab"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "verifying" in line:
            break
    assert socket_names.running(socket_names.of_folder(tmp_path / "lab"))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    deadline = time.monotonic() + 10
    while socket_names.running(socket_names.of_folder(tmp_path / "lab")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not socket_names.running(socket_names.of_folder(tmp_path / "lab"))


def test_verify_without_a_lab_is_an_infrastructure_error(tmp_path: Path) -> None:
    assert labgen("build", "relay", "-o", "lab", cwd=tmp_path).returncode == 0
    done = labgen("verify", "lab", cwd=tmp_path)
    assert done.returncode == 3
    assert "labgen up lab" in done.stderr
