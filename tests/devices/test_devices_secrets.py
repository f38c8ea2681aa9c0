"""A password that the user gives is used, and is then nowhere: not in a file, a log, an error or the list of processes."""

from __future__ import annotations

import logging
from pathlib import Path

import devices_recorded
import pytest
from devices_recorded import Device, Rack, RecordedLab

from labgen.collect.session import Output, Session
from labgen.devices.base import Probe
from labgen.lab import credentials
from labgen.lab.provider import SshAccess
from labgen.plan.build import build
from labgen.render import folder
from labgen.spec import load

SECRET = "correct-horse-battery-staple"
SHOW = "show interfaces"


class Guarded(RecordedLab):
    """Whose devices are entered with what the user says."""

    def ssh_access(self, node: str) -> SshAccess:
        user, password = credentials.login(node, ("admin", "admin"))
        return SshAccess(user, node, 22, "", self.rack.host_key(), password=password)


class Processes:
    """Answers with a text, and looks at the list of processes while the session stands."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self) -> str:
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = file.read_bytes().decode(errors="replace")
            except OSError:
                continue
            self.seen.append(words)
        return "Vlan1 is up, line protocol is up\n"


def asked(tmp_path: Path, answer: Processes, accepted: str, monkeypatch: pytest.MonkeyPatch) -> Output:
    """What a device says that accepts one password, in a lab whose folder was written meanwhile."""
    monkeypatch.setattr(
        devices_recorded._Password, "validate_password", lambda self, user, password: password == accepted
    )
    plan = build(load.load("evpn-redundant-server", {"switch": "eos", "server": "csr", "client": "iosv"}))
    folder.write(plan, tmp_path / "lab")
    rack = Rack({"srv1": Device("srv1", {SHOW: answer})})
    try:
        with Session(Guarded(plan, tmp_path / "session", rack)) as running:
            (output,) = running.collect({"srv1": [Probe("interfaces", SHOW)]})
            return output
    finally:
        rack.close()


def held(tmp_path: Path) -> list[Path]:
    return [file for file in tmp_path.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()]


def test_a_password_opens_the_session_and_is_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("LABGEN_PASSWORD", SECRET)
    (tmp_path / "session").mkdir()
    processes = Processes()
    output = asked(tmp_path, processes, SECRET, monkeypatch)
    assert (output.error, output.text) == ("", "Vlan1 is up, line protocol is up\n")
    assert any("pytest" in words for words in processes.seen), "the list of processes was not seen"
    assert not [words for words in processes.seen if SECRET in words]
    assert held(tmp_path) == []
    assert SECRET not in caplog.text


def test_a_password_that_is_wrong_is_not_told_by_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("LABGEN_PASSWORD", SECRET)
    (tmp_path / "session").mkdir()
    output = asked(tmp_path, Processes(), "another", monkeypatch)
    assert "srv1" in output.error or "denied" in output.error.lower()
    assert SECRET not in output.error + caplog.text
    assert held(tmp_path) == []
